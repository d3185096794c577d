/**
 * Hints that something changed: any number of them fold into one until somebody listens.
 *
 * @module
 */

/** Hints for one listener. */
export class Hints implements AsyncIterable<void> {
  #rung = false;
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** Gives a hint. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Ends the iteration, quietly. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Ends the iteration by throwing `error`. */
  fail(error: Error): void {
    this.#failure = error;
    this.end();
  }

  /** Iterates over the hints; one listener at a time. */
  async *[Symbol.asyncIterator](): AsyncGenerator<void, void, void> {
    for (;;) {
      if (!this.#rung && !this.#ended) await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return;
      this.#rung = false;
      yield;
    }
  }
}
