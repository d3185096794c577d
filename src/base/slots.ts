/**
 * A bound on how many do the same at once; the others wait their turn.
 *
 * @module
 */

import { abortable, type AbortOptions } from "./abort.ts";

/** A number of slots. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** Creates `count` free ones. */
  constructor(count: number) {
    this.#free = count;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for a slot.
   *
   * @returns gives it back. Calling it twice is harmless.
   * @throws the signal's reason if it aborts first.
   */
  async take({ signal }: AbortOptions = {}): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else {
      let turn = (): void => {};
      const given = new Promise<void>((resolve) => turn = resolve);
      this.#waiting.push(turn);
      try {
        await abortable(given, signal);
      } catch (error) {
        const at = this.#waiting.indexOf(turn);
        if (at >= 0) this.#waiting.splice(at, 1);
        else this.#give();
        throw error;
      }
    }
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      this.#give();
    };
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
