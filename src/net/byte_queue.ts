/**
 * Bytes that wait in order, kept as the chunks in which they came.
 *
 * @module
 */

import { Fifo } from "./fifo.ts";

/** Bytes in order. It keeps the chunks it is given: they must not change afterwards. */
export class ByteQueue {
  readonly #chunks = new Fifo<Uint8Array>();
  /** Bytes of the first chunk that were taken already. */
  #taken = 0;
  #sizeBytes = 0;

  /** How many bytes wait. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Adds a chunk at the end. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#sizeBytes += bytes.length;
  }

  /** Moves as many bytes as there are, and as fit, to the start of `into`, and returns their count. */
  read(into: Uint8Array): number {
    let filled = 0;
    while (filled < into.length && this.#sizeBytes > 0) {
      const bytes = this.take(into.length - filled);
      into.set(bytes, filled);
      filled += bytes.length;
    }
    return filled;
  }

  /** Takes at most `limitBytes`, fewer where the first chunk ends. Nothing is copied. */
  take(limitBytes: number): Uint8Array {
    const first = this.#chunks.first;
    if (first === undefined || limitBytes <= 0) return new Uint8Array();
    const bytes = first.subarray(this.#taken, this.#taken + limitBytes);
    this.#taken += bytes.length;
    this.#sizeBytes -= bytes.length;
    if (this.#taken === first.length) {
      this.#chunks.shift();
      this.#taken = 0;
    }
    return bytes;
  }

  /** Forgets all bytes. */
  clear(): void {
    this.#chunks.clear();
    this.#taken = 0;
    this.#sizeBytes = 0;
  }
}
