/**
 * What the cases of the transport contract stand on: a bench that closes what they open, and patterns to send.
 *
 * Runs on Deno, Node and Bun: nothing here knows a runtime.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import type { AbortOptions } from "../src/base/abort.ts";
import type { Address } from "../src/base/address.ts";
import { seededRandom } from "../src/base/random.ts";
import type { Conn, Listener, ListenOptions, Net, Packet, PacketSocket } from "../src/net/net.ts";
import { NetError, type NetErrorCode } from "../src/net/net_error.ts";

/** One promise of a transport. */
export interface NetCase {
  /** What holds, to be read after a function's name: `dial() rejects with ...`. */
  readonly name: string;
  /** What the machine must have; without it the case cannot run. */
  readonly needs?: "ipv6";
  /** Checks it; what it opens through the bench is closed afterwards. */
  run(bench: NetBench): Promise<void>;
}

/** IPv4 loopback, where the cases run. */
export const LOOPBACK = "127.0.0.1";

/** More than any pair of socket buffers holds. */
export const FLOOD_BYTES = 64 * 1024 * 1024;

/** Opens things on a network and closes all of them at the end. */
export class NetBench {
  /** The network under test. */
  readonly net: Net;
  readonly #open: { close(): void }[] = [];

  /** Creates a bench on `net`. */
  constructor(net: Net) {
    this.net = net;
  }

  /** Listens at `host`, on any free port unless told. */
  async listen(host = LOOPBACK, port = 0, options: ListenOptions = {}): Promise<Listener> {
    return this.#own(await this.net.listen({ host, port }, options));
  }

  /** Dials. */
  async dial(to: Address, options: AbortOptions = {}): Promise<Conn> {
    return this.#own(await this.net.dial(to, options));
  }

  /** Takes the next stream that comes in. */
  async accept(listener: Listener): Promise<Conn> {
    return this.#own(await nextOf(listener));
  }

  /** Opens a datagram socket at `host`, on any free port unless told. */
  async bind(host = LOOPBACK, port = 0): Promise<PacketSocket> {
    return this.#own(await this.net.bind({ host, port }));
  }

  /** Opens a stream and returns both of its ends, the dialling one first. */
  async pair(host = LOOPBACK): Promise<[Conn, Conn]> {
    const listener = await this.listen(host);
    const ends = await Promise.all([this.dial(listener.address), this.accept(listener)]);
    listener.close();
    return ends;
  }

  /** Closes all that was opened. */
  close(): void {
    for (const each of this.#open.splice(0).reverse()) each.close();
  }

  #own<T extends { close(): void }>(opened: T): T {
    this.#open.push(opened);
    return opened;
  }
}

/** Takes the next item of an iteration, failing if it has ended. */
export async function nextOf<T>(items: AsyncIterable<T>): Promise<T> {
  const { done, value } = await items[Symbol.asyncIterator]().next();
  assert(done !== true, "the iteration has ended");
  return value;
}

/** Checks that an iteration has ended. */
export async function assertEnded(items: AsyncIterable<unknown>): Promise<void> {
  assertEquals((await items[Symbol.asyncIterator]().next()).done, true);
}

/** Takes the next datagram. */
export function receive(socket: PacketSocket): Promise<Packet> {
  return nextOf(socket);
}

/** Reads exactly `count` bytes. */
export async function readExactly(conn: Conn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let filled = 0; filled < count;) {
    const got = await conn.read(bytes.subarray(filled));
    assert(got !== null, `the stream ended after ${filled} of ${count} bytes`);
    assert(got > 0, "a read returned no byte");
    filled += got;
  }
  return bytes;
}

/** Checks that the other side has closed its direction. */
export async function assertAtEnd(conn: Conn): Promise<void> {
  assertEquals(await conn.read(new Uint8Array(16)), null);
}

/** What a promise rejects with; fails if it does not. */
export async function caught(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Cannot catch an error: got the value ${String(value)}`);
}

/** Checks that a promise rejects with a {@link NetError} of this code. */
export async function assertNetError(promise: Promise<unknown>, code: NetErrorCode): Promise<void> {
  const error = await caught(promise);
  assertInstanceOf(error, NetError);
  assertEquals(error.code, code, error.message);
  assert(error.message.startsWith("Cannot "), error.message);
}

/** Whether a promise has settled by now. Handles its rejection, so that a case may look later. */
export function watch(promise: Promise<unknown>): { readonly settled: boolean } {
  const state = { settled: false };
  const settle = (): void => {
    state.settled = true;
  };
  promise.then(settle, settle);
  return state;
}

/** A length that no buffer size divides, so that a shifted stream never looks right. */
const PATTERN = ((): Uint8Array => {
  const random = seededRandom(20);
  return Uint8Array.from({ length: 65_521 }, () => random.next() * 256);
})();

/** Makes `count` bytes of the pattern, beginning at `offset` of it. */
export function pattern(count: number, offset = 0): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const from = (offset + at) % PATTERN.length;
    const part = PATTERN.subarray(from, from + count - at);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Reads `count` bytes and checks that they are the pattern's, from `offset` on. */
export async function readPattern(conn: Conn, count: number, offset = 0): Promise<void> {
  const buffer = new Uint8Array(256 * 1024);
  for (let done = 0; done < count;) {
    const got = await conn.read(buffer.subarray(0, Math.min(buffer.length, count - done)));
    assert(got !== null, `the stream ended after ${done} of ${count} bytes`);
    for (let i = 0, at = (offset + done) % PATTERN.length; i < got; i++) {
      if (buffer[i] !== PATTERN[at]) throw new Error(`Cannot match the pattern: byte ${done + i} of ${count} differs`);
      if (++at === PATTERN.length) at = 0;
    }
    done += got;
  }
}

/** Sends one byte there and back, `count` times: time for everything else on the machine to move on. */
export async function roundTrips(ends: readonly [Conn, Conn], count: number): Promise<void> {
  const [here, there] = ends;
  const byte = new Uint8Array(1);
  for (let i = 0; i < count; i++) {
    await here.write(byte);
    await readExactly(there, 1);
    await there.write(byte);
    await readExactly(here, 1);
  }
}

/** Waits until `conn` sends no more because its reader does not read; returns its count of sent bytes. */
export async function sentWhenStuck(bench: NetBench, conn: Conn): Promise<number> {
  const ends = await bench.pair();
  for (let before = -1, quiet = 0; quiet < 3;) {
    await roundTrips(ends, 20);
    quiet = conn.sentBytes === before ? quiet + 1 : 0;
    before = conn.sentBytes;
  }
  return conn.sentBytes;
}
