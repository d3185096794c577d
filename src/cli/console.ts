/**
 * Lines on standard error, with at most one line at the end that is rewritten in place.
 *
 * @module
 */

import type { Output } from "./io.ts";

const CLEAR = "\r\x1b[K";
/** How much may wait for a reader that is slow; what comes on top is dropped and counted. */
const MAX_PENDING_BYTES = 1_048_576;
const encoder = new TextEncoder();

/** Standard error as lines. Writes happen in order and in the background. */
export class Console {
  /** Where it writes. */
  readonly output: Output;
  #status = "";
  #written: Promise<void> = Promise.resolve();
  #pendingBytes = 0;
  #dropped = 0;

  /** Takes over an output. */
  constructor(output: Output) {
    this.output = output;
  }

  /** Writes a line, above the status line if there is one. Limit: a mebibyte waits for a slow reader, no more. */
  line(text: string): void {
    if (this.#pendingBytes > MAX_PENDING_BYTES) {
      this.#dropped++;
      return;
    }
    const lines = this.#dropped === 0 ? text : `(${this.#dropped} lines left out: they were read too slowly)\n${text}`;
    this.#dropped = 0;
    this.#write(this.#status === "" ? `${lines}\n` : `${CLEAR}${lines}\n${this.#status}`);
  }

  /** Replaces the status line; an empty one takes it away. For terminals only. */
  status(text: string): void {
    if (text === this.#status) return;
    this.#status = text;
    this.#write(CLEAR + text);
  }

  /** Resolves when all of it is written. */
  async flush(): Promise<void> {
    await this.#written;
  }

  #write(text: string): void {
    const bytes = encoder.encode(text);
    this.#pendingBytes += bytes.length;
    this.#written = this.#written.then(() => this.output.write(bytes)).catch(() => {
      // Where failures are told nobody listens; the exit code still tells.
    }).finally(() => {
      this.#pendingBytes -= bytes.length;
    });
  }
}
