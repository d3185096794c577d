/**
 * A bounded queue between what pushes and what pulls: a runtime's events on one side, an async iteration on the other.
 *
 * @module
 */

import { Fifo } from "./fifo.ts";

/** Options of {@link Inbox}. */
export interface InboxOptions<T> {
  /** The most items that may wait. One more is not taken. */
  maxItems: number;
  /** The most that the waiting items may weigh together. Default: no limit. */
  maxWeight?: number;
  /** What an item weighs, such as its bytes. Default: 0. */
  weigh?: (item: T) => number;
}

interface Reader<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(failure: unknown): void;
}

/** Items as they come in. Leaving a loop over it does not end it: a later loop goes on. */
export class Inbox<T> implements AsyncIterable<T> {
  readonly #maxItems: number;
  readonly #maxWeight: number;
  readonly #weigh: (item: T) => number;
  readonly #items = new Fifo<T>();
  readonly #readers = new Fifo<Reader<T>>();
  #weight = 0;
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;

  /** Creates an empty inbox. */
  constructor(options: InboxOptions<T>) {
    this.#maxItems = options.maxItems;
    this.#maxWeight = options.maxWeight ?? Infinity;
    this.#weigh = options.weigh ?? ((): number => 0);
  }

  /** Hands an item to the reader, or lets it wait. Returns false if it cannot be taken: full, or ended. */
  push(item: T): boolean {
    if (this.#ended) return false;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: item });
      return true;
    }
    const weight = this.#weigh(item);
    if (this.#items.length >= this.#maxItems || this.#weight + weight > this.#maxWeight) return false;
    this.#items.push(item);
    this.#weight += weight;
    return true;
  }

  /** Ends the iteration quietly, and returns what was still waiting. Idempotent. */
  close(): T[] {
    this.#ended = true;
    this.#failure = undefined;
    for (const reader of this.#readers.drain()) reader.resolve({ done: true, value: undefined });
    return this.#items.drain();
  }

  /** Ends the iteration by throwing `reason` once, after what is still waiting. No-op after the end. */
  fail(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const [first, ...others] = this.#readers.drain();
    if (first === undefined) this.#failure = { reason };
    else first.reject(reason);
    for (const reader of others) reader.resolve({ done: true, value: undefined });
  }

  /** Iterates over the items. Two iterations at once share them out. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.#next() };
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift()!;
      this.#weight -= this.#weigh(value);
      return Promise.resolve({ done: false, value });
    }
    const failure = this.#failure;
    if (failure !== undefined) {
      this.#failure = undefined;
      return Promise.reject(failure.reason);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }
}
