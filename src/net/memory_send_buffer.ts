/**
 * The sending half of a simulated stream's end.
 *
 * @module
 */

import { ByteQueue } from "./byte_queue.ts";
import type { Pipe } from "./memory_pipe.ts";
import type { MemoryLimits } from "./memory_wire.ts";

/**
 * Bytes that a program has written and that are not yet at the other machine.
 *
 * Limits: it holds `sendBufferBytes`, and sends no more than the other side has room for, `receiveBufferBytes` at first.
 */
export class SendBuffer {
  /** Bytes taken over so far. */
  takenBytes = 0;
  readonly #sizeBytes: number;
  readonly #out: Pipe;
  readonly #unsent = new ByteQueue();
  #unacknowledgedBytes = 0;
  /** Bytes that the other side has room for. */
  #windowBytes: number;
  #end: "open" | "asked" | "sent" = "open";

  /** Creates an empty buffer that sends into `out`. */
  constructor(out: Pipe, { sendBufferBytes, receiveBufferBytes }: MemoryLimits) {
    this.#out = out;
    this.#sizeBytes = sendBufferBytes;
    this.#windowBytes = receiveBufferBytes;
  }

  /** Bytes in it: unsent, or sent and not acknowledged. */
  get heldBytes(): number {
    return this.#unsent.sizeBytes + this.#unacknowledgedBytes;
  }

  /** Bytes that it has room for. */
  get roomBytes(): number {
    return this.#sizeBytes - this.heldBytes;
  }

  /** Whether its end was asked for. */
  get isEnded(): boolean {
    return this.#end !== "open";
  }

  /** Copies as much of `bytes` as there is room for, from `offset` on, sends what it can, and returns the count. */
  take(bytes: Uint8Array, offset: number): number {
    // Not `slice`: that of a Node buffer does not copy.
    const part = new Uint8Array(bytes.subarray(offset, offset + this.roomBytes));
    this.#unsent.push(part);
    this.takenBytes += part.length;
    this.#transmit();
    return part.length;
  }

  /** Bytes have arrived, and the reader has read some. */
  acknowledged(arrivedBytes: number, readBytes: number): void {
    this.#unacknowledgedBytes -= arrivedBytes;
    this.#windowBytes += readBytes;
    this.#transmit();
  }

  /** Sends the end of the direction after what is in it. Idempotent. */
  end(): void {
    if (this.isEnded) return;
    this.#end = "asked";
    this.#transmit();
  }

  /** Forgets what is in it. */
  clear(): void {
    this.#unsent.clear();
    this.#unacknowledgedBytes = 0;
  }

  #transmit(): void {
    while (this.#windowBytes > 0 && this.#unsent.sizeBytes > 0) {
      const bytes = this.#unsent.take(Math.min(this.#windowBytes, this.#out.segmentBytes));
      this.#windowBytes -= bytes.length;
      this.#unacknowledgedBytes += bytes.length;
      this.#out.send({ kind: "data", bytes });
    }
    if (this.#end === "asked" && this.#unsent.sizeBytes === 0) {
      this.#end = "sent";
      this.#out.send({ kind: "fin" });
    }
  }
}
