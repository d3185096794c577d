/**
 * What a cache keeps and what it gives up, by keys and sizes alone: the values are the caller's.
 *
 * Source: Zhang and others, "SIEVE is Simpler than LRU", NSDI 2024. Measured against LRU and S3-FIFO in
 * `tests/cache_policies_test.ts`.
 *
 * @module
 */

import { invariant } from "../base/invariant.ts";

/** One key, between an older and a newer one. */
interface Entry<K> {
  readonly key: K;
  readonly sizeBytes: number;
  older: Entry<K> | undefined;
  newer: Entry<K> | undefined;
  /** Whether it was used since the hand passed. */
  isUsed: boolean;
}

/**
 * Keys in the order in which they came, and a hand that goes from the oldest to the newest and round again. It takes out
 * the first that was not used since it last passed. What comes once and is never asked for again leaves before what is
 * used, so a pass over more files than fit does not flush those that are in demand.
 */
export class Cache<K> {
  /** The most bytes that it holds. */
  readonly maxBytes: number;
  readonly #entries = new Map<K, Entry<K>>();
  #oldest: Entry<K> | undefined;
  #newest: Entry<K> | undefined;
  /** The next to be looked at; undefined begins with the oldest. */
  #hand: Entry<K> | undefined;
  #sizeBytes = 0;

  /**
   * Creates an empty cache.
   *
   * @throws {RangeError} if `maxBytes` is negative or no number.
   */
  constructor(maxBytes: number) {
    if (!(maxBytes >= 0)) throw new RangeError(`Cannot keep ${maxBytes} bytes: expected 0 or more`);
    this.maxBytes = maxBytes;
  }

  /** How many keys it holds. */
  get count(): number {
    return this.#entries.size;
  }

  /** The sizes of all keys together. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether it holds a key. */
  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** Notes that a key is used. Returns whether it is here. */
  use(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    entry.isUsed = true;
    return true;
  }

  /** Whether a new key of so many bytes fits without giving anything up. */
  hasRoom(sizeBytes: number): boolean {
    return this.#sizeBytes + sizeBytes <= this.maxBytes;
  }

  /** Adds a key that is not here and fits; see {@link Cache.hasRoom} and {@link Cache.evict}. */
  add(key: K, sizeBytes: number): void {
    invariant(!this.#entries.has(key), "a key is added once");
    invariant(sizeBytes >= 0 && this.hasRoom(sizeBytes), "a cache stays within its bound");
    const entry: Entry<K> = { key, sizeBytes, older: this.#newest, newer: undefined, isUsed: false };
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    this.#entries.set(key, entry);
    this.#sizeBytes += sizeBytes;
  }

  /**
   * Gives up one key, the one that is least worth keeping among those that `mayGo`, and returns it; `undefined` if none
   * may go.
   */
  evict(mayGo: (key: K) => boolean = () => true): K | undefined {
    let entry = this.#hand ?? this.#oldest;
    // In the first round it may find all of them used, in the second none.
    for (let looks = 2 * this.#entries.size; looks > 0 && entry !== undefined; looks--) {
      if (!entry.isUsed && mayGo(entry.key)) {
        this.#hand = entry;
        this.remove(entry.key);
        return entry.key;
      }
      entry.isUsed = false;
      entry = entry.newer ?? this.#oldest;
    }
    return undefined;
  }

  /** Takes a key out. Returns whether it was here. */
  remove(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    const { older, newer } = entry;
    if (this.#hand === entry) this.#hand = newer;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    this.#entries.delete(key);
    this.#sizeBytes -= entry.sizeBytes;
    return true;
  }
}
