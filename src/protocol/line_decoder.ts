/**
 * Bytes into lines, without doing any input itself.
 *
 * @module
 */

import { ProtocolError } from "./protocol_error.ts";

/** The longest line of the `cdn` protocol without its end, in bytes. */
export const MAX_LINE_BYTES = 8192;

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = new Uint8Array(0);
/** Whole lines leave nothing behind in it: one serves all. */
const text = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Cuts a stream of bytes into lines: push what came in, take lines until there is none.
 *
 * Shape: lines end with LF; one CR before it is dropped. Text is UTF-8; bytes that are not become U+FFFD.
 * Source: PROTOCOL.md, "Lines".
 *
 * @example
 * ```ts
 * import { LineDecoder } from "./line_decoder.ts";
 * const decoder = new LineDecoder();
 * decoder.push(new TextEncoder().encode("HELLO\r\nGET a"));
 * if (decoder.next() !== "HELLO" || decoder.next() !== undefined) throw new Error("unexpected");
 * ```
 */
export class LineDecoder {
  readonly #limitBytes: number;
  #pending: Uint8Array = EMPTY;
  /** How much of `#pending` is known to hold no LF. */
  #searched = 0;

  /** Creates a decoder that refuses lines over `limitBytes`, {@link MAX_LINE_BYTES} by default. */
  constructor(limitBytes: number = MAX_LINE_BYTES) {
    this.#limitBytes = limitBytes;
  }

  /** How many bytes wait for the end of their line, or for {@link LineDecoder.takeRest}. */
  get pendingBytes(): number {
    return this.#pending.length;
  }

  /** Adds bytes that came in, the first `count` of `bytes`. They are copied. */
  push(bytes: Uint8Array, count: number = bytes.length): void {
    if (count === 0) return;
    if (this.#pending.length === 0) {
      this.#pending = bytes.slice(0, count);
      return;
    }
    const joined = new Uint8Array(this.#pending.length + count);
    joined.set(this.#pending);
    joined.set(bytes.subarray(0, count), this.#pending.length);
    this.#pending = joined;
  }

  /**
   * Takes the next whole line, without its end; `undefined` when more bytes are needed.
   *
   * @throws {ProtocolError} `"LINE_TOO_LONG"` once a line is longer than the limit.
   */
  next(): string | undefined {
    const end = this.#pending.indexOf(LF, this.#searched);
    if (end < 0) {
      this.#searched = this.#pending.length;
      if (this.#searched > this.#limitBytes + 1) this.#refuse();
      return undefined;
    }
    const line = this.#pending.subarray(0, end);
    this.#pending = end + 1 === this.#pending.length ? EMPTY : this.#pending.subarray(end + 1);
    this.#searched = 0;
    return this.#decode(line);
  }

  /**
   * Takes what came after the last line as a line of its own: some peers end their input instead of the line.
   *
   * @throws {ProtocolError} `"LINE_TOO_LONG"` if it is longer than the limit.
   */
  finish(): string | undefined {
    const rest = this.takeRest();
    return rest.length === 0 ? undefined : this.#decode(rest);
  }

  /** Takes the bytes after the last line: the start of a body. */
  takeRest(): Uint8Array {
    const rest = this.#pending;
    this.#pending = EMPTY;
    this.#searched = 0;
    return rest;
  }

  #decode(line: Uint8Array): string {
    const bare = line.at(-1) === CR ? line.subarray(0, -1) : line;
    if (bare.length > this.#limitBytes) this.#refuse();
    return text.decode(bare);
  }

  #refuse(): never {
    throw new ProtocolError("LINE_TOO_LONG", `Cannot read a line: longer than ${this.#limitBytes} bytes`);
  }
}
