/**
 * Something that takes time to make, made once for all who ask at about the same time.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** For how many times as long as it took to make is it given to others, too. */
const REUSE = 10;

/** A value that is made anew when it is asked for, but at most a tenth of the time goes into that, however many ask. */
export class Reused<T> {
  readonly #clock: Pick<Clock, "now">;
  readonly #make: () => T;
  #made: { readonly value: T; readonly untilMs: number } | undefined;

  /** Creates it. `make` gives the value as it is now. */
  constructor(clock: Pick<Clock, "now">, make: () => T) {
    this.#clock = clock;
    this.#make = make;
  }

  /** The value, from now or a moment ago. */
  get(): T {
    const beganMs = this.#clock.now();
    if (this.#made === undefined || beganMs >= this.#made.untilMs) {
      const value = this.#make();
      const endedMs = this.#clock.now();
      this.#made = { value, untilMs: endedMs + REUSE * (endedMs - beganMs) };
    }
    return this.#made.value;
  }

  /** Notes that something has changed that the next one who asks must see. */
  outdate(): void {
    this.#made = undefined;
  }
}
