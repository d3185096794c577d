/**
 * A byte rate that is not exceeded: a token bucket without a clock.
 *
 * @module
 */

/** Bytes a second, with a tenth of a second's worth in one go. */
export class RateLimiter {
  readonly #bytesPerSecond: number;
  /** When the bytes taken so far will have been paid for. */
  #paidUntilMs = -Infinity;

  /**
   * Creates a limiter.
   *
   * @throws {RangeError} if the rate is not positive.
   */
  constructor(bytesPerSecond: number) {
    if (!(bytesPerSecond > 0)) throw new RangeError(`Cannot limit a rate to ${bytesPerSecond} bytes a second`);
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** The most bytes worth asking for at once. */
  get burstBytes(): number {
    return Math.max(1, Math.ceil(this.#bytesPerSecond / 10));
  }

  /** Notes that `bytes` went through, and returns how many milliseconds to wait before the next. */
  take(bytes: number, nowMs: number): number {
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs - 100) + bytes * 1000 / this.#bytesPerSecond;
    return Math.max(0, this.#paidUntilMs - nowMs);
  }
}
