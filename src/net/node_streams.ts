/**
 * Streams on `node:net`: for Node and Bun, and under Deno's Node compatibility.
 *
 * Node pushes bytes and connections as they come; here they are pulled. At most one chunk (64 KiB) waits in a stream
 * past what was asked for, and one more inside Node; the rest stays with the operating system, so that the other side
 * feels a slow reader.
 *
 * @module
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import process from "node:process";
import { type AbortOptions, onAbort } from "../base/abort.ts";
import { type Address, formatAddress } from "../base/address.ts";
import { invariant } from "../base/invariant.ts";
import { ByteQueue } from "./byte_queue.ts";
import { Inbox } from "./inbox.ts";
import { unmapHost } from "./mapped_host.ts";
import type { Conn, Listener, ListenOptions } from "./net.ts";
import { NetError } from "./net_error.ts";
import { requireSharing } from "./port_sharing.ts";
import { codeOfError, toNetError } from "./system_error.ts";

/** Connections that may wait to be accepted: as many as Linux lets wait itself. One more is closed at once. */
export const MAX_WAITING_CONNS = 4_096;

/**
 * Node tells only when all of a write has reached the operating system, so a large one goes in pieces: `sentBytes`
 * grows by this much at a time. Smaller pieces cost throughput.
 */
const WRITE_PIECE_BYTES = 256 * 1024;

interface PendingRead {
  readonly into: Uint8Array;
  resolve(count: number | null): void;
  reject(error: NetError): void;
}

/** Opens a stream. See {@link Net.dial}. */
export async function dialNode(to: Address, { signal }: AbortOptions = {}): Promise<Conn> {
  signal?.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: to.host, port: to.port, allowHalfOpen: true });
    // Else bytes would be read ahead before anyone asks.
    socket.pause();
    const off = onAbort(signal, () => {
      reject(signal?.reason);
      socket.destroy();
    });
    const onError = (error: Error): void => {
      off();
      reject(toNetError(error, `dial ${formatAddress(to)}`));
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      off();
      socket.off("error", onError);
      if (signal?.aborted) return;
      resolve(new NodeConn(socket, addressesOf(socket) ?? { local: to, remote: to }));
    });
  });
}

/** Listens for streams. See {@link Net.listen}. */
export async function listenNode(at: Address, { sharing }: ListenOptions = {}): Promise<Listener> {
  if (sharing === undefined) return new NodeListener(await openServer(at, false));
  requireSharing(at, { system: process.platform, versions: process.versions });
  if (sharing === "found" && at.port !== 0) {
    // Among those who share, the system refuses nobody: whether somebody is there shows before.
    const probe = await openServer(at, false);
    await new Promise((resolve) => probe.close(resolve));
  }
  return new NodeListener(await openServer(at, true));
}

function openServer(at: Address, reusePort: boolean): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenError(error, at));
    server.once("error", onError);
    server.listen({ host: at.host, port: at.port, backlog: MAX_WAITING_CONNS, reusePort }, () => {
      server.off("error", onError);
      resolve(server);
    });
  });
}

/** Deno's Node compatibility says EINVAL where Node says EADDRNOTAVAIL. */
function listenError(error: Error, at: Address): NetError {
  const what = `listen at ${formatAddress(at)}`;
  const isInvalid = "code" in error && error.code === "EINVAL";
  return isInvalid ? new NetError("unavailable", what, { cause: error }) : toNetError(error, what);
}

/** Both addresses of a connected socket; undefined if it has broken already. */
function addressesOf(socket: Socket): { local: Address; remote: Address } | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || localPort === undefined) return undefined;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return {
    local: { host: unmapHost(localAddress), port: localPort },
    remote: { host: unmapHost(remoteAddress), port: remotePort },
  };
}

class NodeListener implements Listener {
  readonly address: Address;
  readonly #server: Server;
  readonly #inbox = new Inbox<Conn>({ maxItems: MAX_WAITING_CONNS });

  constructor(server: Server) {
    const address = server.address();
    invariant(address !== null && typeof address === "object", "a TCP server has an address and a port");
    this.address = { host: unmapHost(address.address), port: address.port };
    this.#server = server;
    server.on("connection", (socket: Socket) => this.#take(socket));
    server.on("error", (error: Error) => this.#onError(error));
  }

  [Symbol.asyncIterator](): AsyncIterator<Conn> {
    return this.#inbox[Symbol.asyncIterator]();
  }

  close(): void {
    for (const conn of this.#inbox.close()) conn.close();
    this.#server.close();
  }

  #take(socket: Socket): void {
    const addresses = addressesOf(socket);
    if (addresses === undefined) {
      // It was reset before we got to it. Nobody has seen it, so nobody need hear of it.
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    const conn = new NodeConn(socket, addresses);
    if (!this.#inbox.push(conn)) conn.close();
  }

  #onError(error: Error): void {
    // One connection that could not be taken; Node goes on listening.
    if (codeOfError(error) !== "other") return;
    this.#inbox.fail(toNetError(error, `accept at ${formatAddress(this.address)}`));
    this.#server.close();
  }
}

class NodeConn implements Conn {
  readonly local: Address;
  readonly remote: Address;
  readonly #socket: Socket;
  #sentBytes = 0;
  #receivedBytes = 0;
  /** What came in past what was asked for. */
  readonly #unread = new ByteQueue();
  #reading: PendingRead | undefined;
  #rejectWrite: ((error: NetError) => void) | undefined;
  #isPaused = true;
  #isAtEnd = false;
  #isWriteEnded = false;
  #isClosed = false;
  #failure: Error | undefined;

  constructor(socket: Socket, { local, remote }: { local: Address; remote: Address }) {
    this.#socket = socket;
    this.local = local;
    this.remote = remote;
    socket.setNoDelay(true);
    socket.pause();
    socket.on("data", (chunk: Uint8Array) => this.#onData(chunk));
    socket.on("end", () => this.#onEnd());
    socket.on("error", (error: Error) => this.#onFailure(error));
    socket.on("close", () => this.#onClose());
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  async read(into: Uint8Array): Promise<number | null> {
    invariant(this.#reading === undefined, "one read at a time");
    if (this.#isClosed) throw this.#closedError("read from");
    if (this.#unread.sizeBytes > 0) return this.#serve(into);
    if (this.#isAtEnd) return null;
    if (this.#failure !== undefined) throw this.#failedError("read from");
    return await new Promise((resolve, reject) => {
      this.#reading = { into, resolve, reject };
      if (!this.#isPaused) return;
      this.#isPaused = false;
      this.#socket.resume();
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    invariant(this.#rejectWrite === undefined, "one write at a time");
    if (bytes.length <= WRITE_PIECE_BYTES) return await this.#writePiece(bytes);
    for (let at = 0; at < bytes.length; at += WRITE_PIECE_BYTES) {
      await this.#writePiece(bytes.subarray(at, at + WRITE_PIECE_BYTES));
    }
  }

  async closeWrite(): Promise<void> {
    if (this.#isClosed || this.#isWriteEnded) return;
    this.#isWriteEnded = true;
    if (this.#failure !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.end(() => resolve());
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unread.clear();
    this.#settle((action) => this.#closedError(action));
    this.#socket.destroy();
  }

  #writePiece(piece: Uint8Array): Promise<void> {
    if (this.#isClosed || this.#isWriteEnded) return Promise.reject(this.#closedError("write to"));
    if (this.#failure !== undefined) return Promise.reject(this.#failedError("write to"));
    if (piece.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#rejectWrite = reject;
      this.#socket.write(piece, (error) => {
        if (error) return this.#onFailure(error);
        // Node calls this back without an error, too, for what close() made it drop.
        if (this.#rejectWrite !== reject) return;
        this.#rejectWrite = undefined;
        this.#sentBytes += piece.length;
        resolve();
      });
    });
  }

  #onData(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    this.#unread.push(chunk);
    const reading = this.#reading;
    this.#reading = undefined;
    reading?.resolve(this.#serve(reading.into));
    if (this.#unread.sizeBytes === 0) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  #serve(into: Uint8Array): number {
    const count = this.#unread.read(into);
    this.#receivedBytes += count;
    return count;
  }

  #onEnd(): void {
    this.#isAtEnd = true;
    this.#reading?.resolve(null);
    this.#reading = undefined;
  }

  #onFailure(error: Error): void {
    this.#failure ??= error;
    this.#settle((action) => this.#failedError(action));
  }

  #onClose(): void {
    if (this.#isAtEnd && this.#rejectWrite === undefined) return;
    // Bun can end a socket without saying why.
    this.#onFailure(new Error("the socket was closed"));
  }

  #settle(errorOf: (action: string) => NetError): void {
    this.#reading?.reject(errorOf("read from"));
    this.#reading = undefined;
    this.#rejectWrite?.(errorOf("write to"));
    this.#rejectWrite = undefined;
  }

  #closedError(action: string): NetError {
    return new NetError("closed", `${action} ${formatAddress(this.remote)}`);
  }

  #failedError(action: string): NetError {
    const what = `${action} ${formatAddress(this.remote)}`;
    const error = toNetError(this.#failure, what);
    // Whatever Node calls it, a stream that worked and now does not was broken off.
    return error.code === "other" ? new NetError("reset", what, { cause: this.#failure }) : error;
  }
}
