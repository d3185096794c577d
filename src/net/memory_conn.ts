/**
 * One end of a simulated stream, with TCP's manners.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";
import { unreachable } from "../base/invariant.ts";
import { ByteQueue } from "./byte_queue.ts";
import type { Endpoint, Machine } from "./memory_machine.ts";
import type { Pipe, PipeEnd, Segment } from "./memory_pipe.ts";
import { SendBuffer } from "./memory_send_buffer.ts";
import type { MemoryLimits } from "./memory_wire.ts";
import type { Conn } from "./net.ts";
import { NetError, type NetErrorCode } from "./net_error.ts";

/** What {@link MemoryConn} is made of. */
export interface MemoryConnOptions {
  /** Where this end is. */
  readonly machine: Machine;
  /** The program that it belongs to. */
  readonly owner: object;
  /** This side. */
  readonly local: Address;
  /** The other side. */
  readonly remote: Address;
  /** The way to the other side. */
  readonly out: Pipe;
  /** Buffer sizes. */
  readonly limits: MemoryLimits;
  /** Called once: when the stream is open, or with a code when it cannot be. */
  readonly opened: (failure?: NetErrorCode) => void;
}

/**
 * One end of a stream.
 *
 * Limits: a write waits once `sendBufferBytes` are not yet at the other machine; no more than `receiveBufferBytes` are
 * on their way or unread, so that a reader who does not read lets its writer get rid of the sum of both.
 *
 * As on Linux: {@link MemoryConn.close} with bytes unread sends a reset, otherwise an end after what was written;
 * bytes for an end that was closed are answered with a reset; a reset end still gives what had arrived before.
 */
export class MemoryConn implements Conn, Endpoint, PipeEnd {
  /** What it is. */
  readonly kind = "conn";
  /** This side. */
  readonly local: Address;
  /** The other side. */
  readonly remote: Address;
  /** The program that it belongs to. */
  readonly owner: object;
  /** Bytes given by {@link MemoryConn.read} so far. */
  receivedBytes = 0;
  readonly #machine: Machine;
  readonly #receiveBufferBytes: number;
  readonly #out: Pipe;
  readonly #unsent: SendBuffer;
  readonly #unread = new ByteQueue();
  /** Bytes read that the other side does not know of. */
  #untoldBytes = 0;
  #opened: ((failure?: NetErrorCode) => void) | undefined;
  #isDialled = false;
  #isClosed = false;
  #isRemoteEnded = false;
  #failure: NetErrorCode | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** Creates an end that is not open yet. */
  constructor({ machine, owner, local, remote, out, limits, opened }: MemoryConnOptions) {
    this.#machine = machine;
    this.#receiveBufferBytes = limits.receiveBufferBytes;
    this.#out = out;
    this.#unsent = new SendBuffer(out, limits);
    this.#opened = opened;
    this.owner = owner;
    this.local = local;
    this.remote = remote;
    machine.endpoints.add(this);
  }

  /** Bytes that wait in it: written and not acknowledged, arrived and not read. */
  get bufferedBytes(): number {
    return this.#unread.sizeBytes + this.#unsent.heldBytes;
  }

  /** Bytes taken over from {@link MemoryConn.write} so far. */
  get sentBytes(): number {
    return this.#unsent.takenBytes;
  }

  /** The machine of the other side. */
  get peer(): Machine {
    return this.#out.destination;
  }

  /** Whether it is neither open nor broken yet. */
  get isOpening(): boolean {
    return this.#opened !== undefined;
  }

  /** Sends its first segment. */
  start(first: "syn" | "syn-ack"): void {
    this.#isDialled = first === "syn";
    if (this.#isDialled) this.#machine.dialPorts.add(this.local.port);
    this.#out.send({ kind: first });
  }

  /** Reads what is there; see {@link Conn.read}. What arrived before a reset is still given. */
  async read(into: Uint8Array): Promise<number | null> {
    if (this.#wakeReader !== undefined) throw new TypeError("Cannot read: another read is under way");
    for (;;) {
      if (this.#isClosed) throw this.#error("closed", "read from");
      if (this.#unread.sizeBytes > 0) return this.#take(into);
      if (this.#failure !== undefined) throw this.#error(this.#failure, "read from");
      if (this.#isRemoteEnded) return null;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  /** Writes all of `bytes`; see {@link Conn.write}. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#wakeWriter !== undefined) throw new TypeError("Cannot write: another write is under way");
    for (let offset = 0;;) {
      if (this.#isClosed || this.#unsent.isEnded) throw this.#error("closed", "write to");
      if (this.#failure !== undefined) throw this.#error(this.#failure, "write to");
      offset += this.#unsent.take(bytes, offset);
      if (offset === bytes.length) return;
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    }
  }

  /** Ends our direction after what was written; see {@link Conn.closeWrite}. */
  closeWrite(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  /** Ends both directions; see {@link Conn.close}. */
  close(): void {
    const isUnread = this.#unread.sizeBytes > 0;
    if (!this.#leave()) return;
    if (isUnread || this.isOpening) this.#breakOff();
    else this.#end();
  }

  /** The program is gone: the machine resets its streams, unless it is gone too. */
  crash(silently: boolean): void {
    if (!this.#leave()) return;
    if (silently) this.fail("closed");
    else this.#breakOff();
  }

  /** Breaks this end; the other one learns of it when it sends something here. */
  fail(code: NetErrorCode): void {
    if (this.#failure !== undefined) return;
    this.#out.clear();
    this.#break(code);
  }

  /** Breaks both ends at once, as something between them does that has had enough of the stream. */
  reset(): void {
    this.#out.receiver.fail("reset");
    this.fail("reset");
  }

  /** Takes what has arrived. */
  receive(segment: Segment): void {
    if (segment.kind === "rst") return this.fail("reset");
    if (this.#failure !== undefined) return this.#refuse(segment);
    switch (segment.kind) {
      case "syn":
        return;
      case "syn-ack":
        this.#settle();
        return this.#out.send({ kind: "established" });
      case "established":
        return this.#settle();
      case "data":
        return this.#arrive(segment.bytes);
      case "ack":
        return this.#acknowledged(segment.arrivedBytes, segment.readBytes);
      case "fin":
        this.#isRemoteEnded = true;
        return this.#wakeRead();
      default:
        return unreachable(segment);
    }
  }

  /** Answers what comes for an end that is gone. A bare acknowledgement asks for nothing. */
  #refuse(segment: Segment): void {
    if (segment.kind !== "ack" || segment.readBytes > 0) this.#out.send({ kind: "rst" });
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#isClosed) return this.#breakOff();
    this.#unread.push(bytes);
    this.#out.acknowledge(bytes.length);
    this.#wakeRead();
  }

  #acknowledged(arrivedBytes: number, readBytes: number): void {
    this.#unsent.acknowledged(arrivedBytes, readBytes);
    if (this.#unsent.roomBytes > 0) this.#wakeWrite();
  }

  /** Gives bytes to the reader, and tells the other side of the room once it is worth a segment. */
  #take(into: Uint8Array): number {
    const count = this.#unread.read(into);
    this.receivedBytes += count;
    this.#untoldBytes += count;
    const isHeard = this.#failure === undefined && !this.#isRemoteEnded;
    if (isHeard && this.#untoldBytes * 2 >= this.#receiveBufferBytes) {
      this.#out.send({ kind: "ack", arrivedBytes: 0, readBytes: this.#untoldBytes });
      this.#untoldBytes = 0;
    }
    return count;
  }

  #end(): void {
    if (this.#failure !== undefined) return;
    this.#unsent.end();
    this.#wakeWrite();
  }

  /** Ends the program's side of it. Returns false if nothing is left to tell the other side. */
  #leave(): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    this.#machine.endpoints.delete(this);
    if (this.#isDialled) this.#machine.dialPorts.delete(this.local.port);
    this.#unread.clear();
    this.#wakeRead();
    this.#wakeWrite();
    return this.#failure === undefined;
  }

  /** Ends at once, and says so behind what is on its way already. */
  #breakOff(): void {
    this.#out.send({ kind: "rst" });
    this.#break("closed");
  }

  #break(code: NetErrorCode): void {
    this.#failure = code;
    this.#unsent.clear();
    this.#settle(code);
    this.#wakeRead();
    this.#wakeWrite();
  }

  #settle(failure?: NetErrorCode): void {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.(failure);
  }

  #wakeRead(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }

  #wakeWrite(): void {
    const wake = this.#wakeWriter;
    this.#wakeWriter = undefined;
    wake?.();
  }

  #error(code: NetErrorCode, action: string): NetError {
    return new NetError(code, `${action} ${formatAddress(this.remote)}`);
  }
}
