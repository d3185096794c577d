/**
 * Many connections at once, and what they do to whom they are opened to.
 *
 * @module
 */

import type { Address } from "../../src/base/address.ts";
import type { Conn } from "../../src/net/net.ts";
import { connect } from "node:net";
import { bytesOf, NET, readAll, tell } from "./exchange.ts";

/** How many connections are dialled at once: a client's own haste must not be what fails. */
const DIALLED_AT_ONCE = 250;

/** Connections to one place, all open. */
export class Crowd implements AsyncDisposable {
  readonly #conns: readonly Conn[];

  private constructor(conns: readonly Conn[]) {
    this.#conns = conns;
  }

  /** Opens so many connections. */
  static async dial(to: Address, size: number): Promise<Crowd> {
    const conns: Conn[] = [];
    try {
      while (conns.length < size) {
        const count = Math.min(DIALLED_AT_ONCE, size - conns.length);
        conns.push(...await Promise.all(Array.from({ length: count }, () => NET.dial(to))));
      }
    } catch (error) {
      for (const conn of conns) conn.close();
      throw error;
    }
    return new Crowd(conns);
  }

  /** Everyone says the same, ends its direction, and reads to the end. */
  async ask(text: string): Promise<string[]> {
    return await Promise.all(
      this.#conns.map(async (conn) => (await Promise.all([readAll(conn), tell(conn, [text])]))[0]),
    );
  }

  /** Everyone says the same. Who is cut off while it speaks has said enough. */
  async say(text: string | Uint8Array): Promise<void> {
    const bytes = bytesOf(text);
    await this.sayEach(() => bytes);
  }

  /** Everyone says something else, by its number. */
  async sayEach(textOf: (at: number) => string | Uint8Array): Promise<void> {
    await Promise.all(this.#conns.map((conn, at) => conn.write(bytesOf(textOf(at))).catch(() => {})));
  }

  /** Everyone reads so much at least, or to the end. Returns how much all of them read together. */
  async read(leastBytes: number): Promise<number> {
    const read = await Promise.all(this.#conns.map(async (conn) => {
      const buffer = new Uint8Array(4_096);
      let total = 0;
      while (total < leastBytes) {
        const count = await conn.read(buffer).catch(() => null);
        if (count === null) break;
        total += count;
      }
      return total;
    }));
    return read.reduce((sum, count) => sum + count, 0);
  }

  /** Everyone ends its direction. */
  async endInput(): Promise<void> {
    await Promise.all(this.#conns.map((conn) => conn.closeWrite()));
  }

  /** Everyone reads to the end. */
  async drain(): Promise<string[]> {
    return await Promise.all(this.#conns.map(readAll));
  }

  /** Everyone vanishes. What was not read makes a reset of it. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const conn of this.#conns) conn.close();
    return Promise.resolve();
  }
}

/** Opens connections, says a few words on each, and breaks it off with a reset. */
export async function resetFlood(to: Address, count: number, text: string): Promise<void> {
  for (let done = 0; done < count; done += DIALLED_AT_ONCE) {
    await Promise.all(Array.from({ length: DIALLED_AT_ONCE }, () => {
      return new Promise<void>((resolve, reject) => {
        const socket = connect(to.port, to.host);
        socket.on("error", reject);
        socket.on("connect", () => socket.write(text, () => socket.resetAndDestroy()));
        socket.on("close", () => resolve());
      });
    }));
  }
}
