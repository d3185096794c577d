/**
 * The times of a case: documented seconds, on a clock that may run at another pace.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import { type CaseRecord, Mismatch } from "./record.ts";

/** Options of {@link Tempo}. */
export interface TempoOptions {
  /** Time. */
  readonly clock: Clock;
  /** Milliseconds that a documented second lasts. */
  readonly secondMs: number;
  /** Milliseconds by which a documented time may be missed. */
  readonly slackMs: number;
  /** Milliseconds to wait for what has no documented time. */
  readonly deadlineMs: number;
}

/** Knows when the last thing happened, and when the next one may. */
export class Tempo {
  readonly #options: TempoOptions;
  #markMs: number;
  #withinMs: number | undefined;
  #notBeforeMs: number | undefined;

  /** Begins now. */
  constructor(options: TempoOptions) {
    this.#options = options;
    this.#markMs = options.clock.now();
  }

  /** Notes that something happens now. */
  mark(): void {
    this.#markMs = this.#options.clock.now();
  }

  /** The next thing comes at most so many seconds after the last one. */
  within(seconds: number): void {
    this.#withinMs = this.latestMs(seconds);
  }

  /** The next thing comes at least so many seconds after the last one. */
  notBefore(seconds: number): void {
    const { secondMs, slackMs } = this.#options;
    this.#notBeforeMs = Math.max(0, seconds * secondMs - slackMs);
  }

  /** Milliseconds of a documented time that is to pass. */
  durationMs(seconds: number): number {
    return seconds * this.#options.secondMs;
  }

  /** Milliseconds of a documented time at its latest. */
  latestMs(seconds: number): number {
    return this.durationMs(seconds) + this.#options.slackMs;
  }

  /** How long to wait for the next thing, in milliseconds. */
  limitMs(): number {
    const { clock, deadlineMs } = this.#options;
    if (this.#withinMs === undefined) return deadlineMs;
    return Math.max(0, this.#markMs + this.#withinMs - clock.now());
  }

  /**
   * Notes when something came.
   *
   * @throws {Mismatch} if that was too early.
   */
  came(atMs: number, record: CaseRecord): void {
    const afterMs = Math.round(atMs - this.#markMs);
    const notBeforeMs = this.#notBeforeMs;
    this.#markMs = atMs;
    this.#withinMs = this.#notBeforeMs = undefined;
    if (notBeforeMs === undefined || afterMs >= notBeforeMs) return;
    record.came(`! after ${(afterMs / this.#options.secondMs).toFixed(1)}s`);
    throw new Mismatch("it came too early");
  }
}
