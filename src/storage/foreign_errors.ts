/**
 * Tells what a caller's own code threw from what a storage engine did: the former comes through as it is.
 *
 * @module
 */

/** The errors of the code that one call was given. */
export class ForeignErrors {
  readonly #seen: unknown[] = [];

  /** Whether an error is one of them. */
  has(error: unknown): boolean {
    return this.#seen.includes(error);
  }

  /** Iterates over what a caller gave. */
  async *pieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* body;
    } catch (error) {
      this.#seen.push(error);
      throw error;
    }
  }

  /** Runs what a caller gave. */
  async run(run: () => void | Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#seen.push(error);
      throw error;
    }
  }
}
