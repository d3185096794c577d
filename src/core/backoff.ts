/**
 * How long to wait before trying again: exponential, with jitter, so that many who failed together do not come back
 * together.
 *
 * @module
 */

import type { Random } from "../base/random.ts";

/** Options of {@link Backoff}. */
export interface BackoffOptions {
  /** The wait after the first failure, before jitter. */
  firstMs: number;
  /** The longest wait. */
  maxMs: number;
}

/** Waits that double up to a bound. Each is drawn from the upper half of its step. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #failures = 0;

  /** Creates a back-off that has seen no failure. */
  constructor(random: Random, options: BackoffOptions) {
    this.#random = random;
    this.#options = options;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Notes a failure and returns how long to wait, in milliseconds. */
  next(): number {
    const { firstMs, maxMs } = this.#options;
    // After 30 doublings the bound holds anyway; a larger exponent would only overflow.
    const stepMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return stepMs / 2 + this.#random.next() * stepMs / 2;
  }

  /** Notes a success. */
  reset(): void {
    this.#failures = 0;
  }
}
