/**
 * Whether an answer is the one that was expected, as its bytes come in.
 *
 * @module
 */

/** What an answer must be. */
export interface Expectation {
  /** What comes before the body: nothing, a line, or lines up to an empty one. */
  readonly head: "none" | "line" | "http";
  /** How it must begin. */
  readonly begin: Uint8Array;
  /** How many bytes the body must have; negative: any. */
  readonly lengthBytes: number;
}

const HEAD_ENDS = { none: [], line: [0x0a], http: [0x0d, 0x0a, 0x0d, 0x0a] } as const;
const CR = 0x0d;
/** How much of the beginning a failure shows. */
const SHOWN = 48;

/** One answer. */
export class Answer {
  readonly #expected: Expectation;
  readonly #headEnd: readonly number[];
  readonly #begin: number[] = [];
  #headMark = 0;
  #bodyBytes = 0;
  #receivedBytes = 0;

  /** Creates one of which nothing has come yet. */
  constructor(expected: Expectation) {
    this.#expected = expected;
    this.#headEnd = HEAD_ENDS[expected.head];
  }

  /** Bytes so far. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Takes the next bytes. */
  take(bytes: Uint8Array): void {
    const missing = Math.max(SHOWN, this.#expected.begin.length) - this.#begin.length;
    if (missing > 0) this.#begin.push(...bytes.subarray(0, missing));
    this.#receivedBytes += bytes.length;
    this.#bodyBytes += bytes.length - this.#skipHead(bytes);
  }

  /** What is wrong with the answer now that it has ended; undefined if nothing is. */
  problem(): string | undefined {
    const { begin, lengthBytes } = this.#expected;
    if (begin.some((byte, at) => this.#begin[at] !== byte)) return this.#describe("the answer begins otherwise");
    if (this.#headMark < this.#headEnd.length) return this.#describe("no whole head");
    if (lengthBytes >= 0 && this.#bodyBytes !== lengthBytes) return this.#describe("another length");
    return undefined;
  }

  #skipHead(bytes: Uint8Array): number {
    let at = 0;
    for (; at < bytes.length && this.#headMark < this.#headEnd.length; at++) {
      if (bytes[at] === this.#headEnd[this.#headMark]) this.#headMark++;
      else this.#headMark = bytes[at] === CR && this.#headEnd[0] === CR ? 1 : 0;
    }
    return at;
  }

  #describe(what: string): string {
    const shown = String.fromCharCode(...this.#begin.slice(0, SHOWN)).replaceAll(/[^ -~]|["\\]/g, ".");
    return `${what} after ${this.#receivedBytes} bytes: ${shown}`;
  }
}
