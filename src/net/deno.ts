/**
 * The transport on Deno's own sockets.
 *
 * `Deno.Conn.readable` and `writable` are never used: ending either one closes both directions.
 *
 * @module
 */

import { abortable, type AbortOptions } from "../base/abort.ts";
import { type Address, formatAddress } from "../base/address.ts";
import { unmapHost } from "./mapped_host.ts";
import {
  type Conn,
  type Listener,
  type ListenOptions,
  MAX_DATAGRAM_BYTES,
  type Net,
  type Packet,
  type PacketSocket,
} from "./net.ts";
import { NetError } from "./net_error.ts";
import { requireSharing } from "./port_sharing.ts";
import { codeOfError, toNetError } from "./system_error.ts";

/** Connections that the operating system lets wait. Deno's default of 511 turns some of 2,000 at once away. */
const BACKLOG = 4_096;

/** Milliseconds before the next try when a connection could not be accepted for want of file descriptors. */
const EXHAUSTED_PAUSE_MS = 50;

/** Returns the machine's network, through Deno. */
export function denoNet(): Net {
  return { dial, listen, bind };
}

async function dial(to: Address, { signal }: AbortOptions = {}): Promise<Conn> {
  signal?.throwIfAborted();
  const dialling = Deno.connect({ hostname: to.host, port: to.port, ...(signal && { signal }) });
  try {
    return new DenoConn(await abortable(dialling, signal));
  } catch (error) {
    if (!signal?.aborted) throw toNetError(error, `dial ${formatAddress(to)}`);
    // It may have got through at the same moment.
    dialling.then((conn) => conn.close(), () => {});
    throw signal.reason;
  }
}

// deno-lint-ignore require-await -- a throw must become a rejection
async function listen(at: Address, { sharing }: ListenOptions = {}): Promise<Listener> {
  const options = { hostname: at.host, port: at.port, tcpBacklog: BACKLOG };
  try {
    if (sharing === undefined) return new DenoListener(Deno.listen(options));
    // Without the flag Deno does not throw but ends the program.
    requireSharing(at, { system: Deno.build.os, versions: Deno.version, isLocked: Deno.listenDatagram === undefined });
    // Among those who share, the system refuses nobody: whether somebody is there shows before.
    if (sharing === "found" && at.port !== 0) Deno.listen(options).close();
    return new DenoListener(Deno.listen({ ...options, reusePort: true }));
  } catch (error) {
    throw toNetError(error, `listen at ${formatAddress(at)}`);
  }
}

async function bind(at: Address): Promise<PacketSocket> {
  if (Deno.listenDatagram === undefined) return await bindWithoutFlag(at);
  try {
    return new DenoPacketSocket(Deno.listenDatagram({ transport: "udp", hostname: at.host, port: at.port }));
  } catch (error) {
    throw toNetError(error, `bind ${formatAddress(at)}`);
  }
}

/** `Deno.listenDatagram` is not there without the unstable flag `net`, as in a program that embeds us. */
async function bindWithoutFlag(at: Address): Promise<PacketSocket> {
  // node:dgram throws a refused permission where nobody can catch it.
  const { state } = await Deno.permissions.request({ name: "net", host: formatAddress(at) });
  if (state !== "granted") throw new NetError("denied", `bind ${formatAddress(at)}`);
  const { bindNode } = await import("./node_datagrams.ts");
  return await bindNode(at);
}

function toAddress(addr: Deno.Addr): Address {
  const { hostname, port } = addr as Deno.NetAddr;
  return { host: unmapHost(hostname), port };
}

class DenoConn implements Conn {
  readonly #conn: Deno.TcpConn;
  #local: Address | undefined;
  #remote: Address | undefined;
  #sentBytes = 0;
  #receivedBytes = 0;
  #isWriteEnded = false;
  #isClosed = false;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    try {
      conn.setNoDelay(true);
    } catch {
      // macOS refuses options on a stream that was reset already; reading or writing will tell.
    }
  }

  get local(): Address {
    return this.#local ??= toAddress(this.#conn.localAddr);
  }

  get remote(): Address {
    return this.#remote ??= toAddress(this.#conn.remoteAddr);
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  async read(into: Uint8Array): Promise<number | null> {
    try {
      const count = await this.#conn.read(into);
      if (count !== null) this.#receivedBytes += count;
      return count;
    } catch (error) {
      throw this.#errorOf(error, "read from");
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isWriteEnded) throw this.#errorOf(undefined, "write to");
    try {
      for (let at = 0; at < bytes.length;) {
        const count = await this.#conn.write(at === 0 ? bytes : bytes.subarray(at));
        this.#sentBytes += count;
        at += count;
      }
    } catch (error) {
      throw this.#errorOf(error, "write to");
    }
  }

  async closeWrite(): Promise<void> {
    if (this.#isClosed || this.#isWriteEnded) return;
    this.#isWriteEnded = true;
    try {
      await this.#conn.closeWrite();
    } catch {
      // Nothing can be sent any more, which is what was wanted; a read tells how the stream ended.
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isWriteEnded = true;
    this.#conn.close();
  }

  #errorOf(cause: unknown, action: string): NetError {
    const what = `${action} ${formatAddress(this.remote)}`;
    if (this.#isClosed || cause === undefined) return new NetError("closed", what, { cause });
    return toNetError(cause, what);
  }
}

class DenoListener implements Listener {
  readonly address: Address;
  readonly #listener: Deno.TcpListener;
  /** Ends a pause between two tries. */
  #wake: () => void = () => {};
  #isClosed = false;

  constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
    this.address = toAddress(listener.addr);
  }

  [Symbol.asyncIterator](): AsyncIterator<Conn> {
    return { next: () => this.#next() };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
    this.#wake();
  }

  async #next(): Promise<IteratorResult<Conn>> {
    while (!this.#isClosed) {
      try {
        return { done: false, value: new DenoConn(await this.#listener.accept()) };
      } catch (error) {
        if (this.#isClosed) break;
        await this.#recover(error);
      }
    }
    return { done: true, value: undefined };
  }

  /** Waits if it must before the next try. One connection that could not be taken must not end the listening. */
  async #recover(error: unknown): Promise<void> {
    const code = codeOfError(error);
    if (code === "other") throw toNetError(error, `accept at ${formatAddress(this.address)}`);
    if (code === "reset") return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, EXHAUSTED_PAUSE_MS);
      this.#wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

class DenoPacketSocket implements PacketSocket {
  readonly address: Address;
  readonly #socket: Deno.DatagramConn;
  readonly #buffer = new Uint8Array(MAX_DATAGRAM_BYTES);
  #isClosed = false;

  constructor(socket: Deno.DatagramConn) {
    this.#socket = socket;
    this.address = toAddress(socket.addr);
  }

  [Symbol.asyncIterator](): AsyncIterator<Packet> {
    return { next: () => this.#next() };
  }

  async send(bytes: Uint8Array, to: Address): Promise<void> {
    const what = `send to ${formatAddress(to)}`;
    if (this.#isClosed) throw new NetError("closed", what);
    if (bytes.length > MAX_DATAGRAM_BYTES) throw new NetError("too-large", what);
    try {
      await this.#socket.send(bytes, { transport: "udp", hostname: to.host, port: to.port });
    } catch (error) {
      if (this.#isClosed) throw new NetError("closed", what, { cause: error });
      // Windows passes on that an earlier datagram found nobody. Arrival is not promised.
      if (!isOfAnotherDatagram(error)) throw toNetError(error, what);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  async #next(): Promise<IteratorResult<Packet>> {
    while (!this.#isClosed) {
      try {
        const [bytes, from] = await this.#socket.receive(this.#buffer);
        return { done: false, value: { bytes: bytes.slice(), from: toAddress(from) } };
      } catch (error) {
        if (this.#isClosed) break;
        if (!isOfAnotherDatagram(error)) throw toNetError(error, `receive at ${formatAddress(this.address)}`);
      }
    }
    return { done: true, value: undefined };
  }
}

/** Whether an error only says that an earlier datagram found nobody. */
function isOfAnotherDatagram(error: unknown): boolean {
  const code = codeOfError(error);
  return code === "refused" || code === "reset";
}
