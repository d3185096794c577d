/**
 * Locks by name: of those who want the same thing one has it at a time, in the order in which they came.
 *
 * @module
 */

import { abortable, type AbortOptions } from "./abort.ts";

/** A lock for every key. Keys that nobody wants take no memory. */
export class KeyedLocks {
  /** By key: resolves when everybody who has come so far is done. */
  readonly #tails = new Map<string, Promise<void>>();

  /** How many keys are locked. */
  get count(): number {
    return this.#tails.size;
  }

  /**
   * Waits for its turn. Whoever gives up waiting delays nobody.
   *
   * @returns ends the turn. Calling it twice is harmless.
   * @throws the signal's reason if it aborts first.
   */
  async take(key: string, { signal }: AbortOptions = {}): Promise<() => void> {
    signal?.throwIfAborted();
    let resolve = (): void => {};
    const done = new Promise<void>((run) => resolve = run);
    const before = this.#tails.get(key);
    const tail = before === undefined ? done : before.then(() => done);
    this.#tails.set(key, tail);
    const free = (): void => {
      resolve();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
    if (before === undefined) return free;
    try {
      await abortable(before, signal);
    } catch (error) {
      before.then(free);
      throw error;
    }
    return free;
  }

  /** Runs `run` when its turn comes. */
  async run<T>(key: string, run: () => Promise<T>, options: AbortOptions = {}): Promise<T> {
    const free = await this.take(key, options);
    try {
      return await run();
    } finally {
      free();
    }
  }
}
