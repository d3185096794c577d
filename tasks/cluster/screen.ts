/**
 * Lines on an output, and on a terminal one more below them that is rewritten in place.
 *
 * @module
 */

import { type Clock, slept } from "../../src/base/clock.ts";
import type { Output } from "../../src/cli/io.ts";
import type { StatusLine } from "./status.ts";

/** How many lines wait while the output does not take any, as a terminal after Ctrl-S. */
const MAX_WAITING = 2_000;
/** Left free at the right: a terminal echoes `^C` there, which would break the line. */
const MARGIN = 4;
/** How long the last lines may take. */
const FINISH_MS = 3_000;
const NO_STATUS: StatusLine = { text: "", columns: 0 };
const encoder = new TextEncoder();

/** Options of {@link Screen}. */
export interface ScreenOptions {
  /** Whether to have a status line. Default: whether the output is a terminal. */
  hasStatus?: boolean;
}

/** An output as lines and a status line. Nothing waits for it: a slow reader loses the oldest lines. */
export class Screen {
  /** Whether there is a status line. */
  readonly hasStatus: boolean;
  /** Resolves when nobody reads the output any more. */
  readonly lost: Promise<void>;
  readonly #output: Output;
  #lose: () => void = () => {};
  #isLost = false;
  #waiting: string[] = [];
  #dropped = 0;
  #status = NO_STATUS;
  /** What is on the screen below the last line. */
  #shown = NO_STATUS;
  #writing: Promise<void> | undefined;

  /** Takes over an output. */
  constructor(output: Output, { hasStatus = output.isTerminal }: ScreenOptions = {}) {
    this.#output = output;
    this.hasStatus = hasStatus;
    this.lost = new Promise((resolve) => this.#lose = resolve);
  }

  /** How many columns a status line may have at this moment. */
  get statusColumns(): number {
    return Math.max(1, this.#output.columns - MARGIN);
  }

  /** Writes a line. */
  line(text: string): void {
    this.#waiting.push(text);
    if (this.#waiting.length > MAX_WAITING) this.#dropped += this.#waiting.splice(0, MAX_WAITING / 2).length;
    this.#begin();
  }

  /** Replaces the status line, if there is one. */
  status(line: StatusLine): void {
    if (!this.hasStatus) return;
    this.#status = line;
    this.#begin();
  }

  /** Takes the status line away, and resolves when all is written, or after `limitMs`: nobody may be reading. */
  async finish(clock: Clock, limitMs = FINISH_MS): Promise<void> {
    this.status(NO_STATUS);
    const waiting = new AbortController();
    const written = this.#writing?.then(() => waiting.abort());
    if (written !== undefined) await slept(clock, limitMs, waiting.signal);
  }

  #begin(): void {
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    // What is said in one go is written in one go.
    await Promise.resolve();
    while (!this.#isLost && (this.#waiting.length > 0 || this.#status.text !== this.#shown.text)) {
      const text = this.#compose();
      try {
        await this.#output.write(encoder.encode(text));
      } catch {
        // Closed, or a terminal that is gone: there is nobody left to tell.
        this.#isLost = true;
        this.#lose();
      }
    }
    // In the same breath as the last look at what waits: nothing can come in between and be forgotten.
    this.#writing = undefined;
  }

  #compose(): string {
    const lines = this.#waiting.map((line) => `${line}\n`).join("");
    const note = this.#dropped > 0 ? `(${this.#dropped} lines left out: the output was not read)\n` : "";
    const text = this.#clear() + note + lines + this.#status.text;
    this.#waiting = [];
    this.#dropped = 0;
    this.#shown = this.#status;
    return text;
  }

  /** Wipes the status line. A terminal that became narrower has broken it into several. */
  #clear(): string {
    if (this.#shown.columns === 0) return "";
    const above = Math.ceil(this.#shown.columns / Math.max(1, this.#output.columns)) - 1;
    return `${above > 0 ? `\x1b[${above}A` : ""}\r\x1b[J`;
  }
}
