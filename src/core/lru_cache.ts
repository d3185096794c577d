/**
 * Keys in the order of their last use: what was not used for the longest time leaves first.
 *
 * @module
 */

import { invariant } from "../base/invariant.ts";
import type { Cache } from "./cache.ts";

/** What decides which keys leave: {@link Cache} and {@link LruCache}. */
export type Eviction<K> = Pick<
  Cache<K>,
  "maxBytes" | "count" | "sizeBytes" | "has" | "use" | "hasRoom" | "add" | "evict" | "remove"
>;

/** Keys and sizes alone, as {@link Cache} has them, by another rule. */
export class LruCache<K> implements Eviction<K> {
  /** The most bytes that it holds. */
  readonly maxBytes: number;
  /** From the least to the most recently used. */
  readonly #sizes = new Map<K, number>();
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
    return this.#sizes.size;
  }

  /** The sizes of all keys together. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether it holds a key. */
  has(key: K): boolean {
    return this.#sizes.has(key);
  }

  /** Notes that a key is used. Returns whether it is here. */
  use(key: K): boolean {
    const sizeBytes = this.#sizes.get(key);
    if (sizeBytes === undefined) return false;
    this.#sizes.delete(key);
    this.#sizes.set(key, sizeBytes);
    return true;
  }

  /** Whether a new key of so many bytes fits without giving anything up. */
  hasRoom(sizeBytes: number): boolean {
    return this.#sizeBytes + sizeBytes <= this.maxBytes;
  }

  /** Adds a key that is not here and fits. */
  add(key: K, sizeBytes: number): void {
    invariant(!this.#sizes.has(key), "a key is added once");
    invariant(sizeBytes >= 0 && this.hasRoom(sizeBytes), "a cache stays within its bound");
    this.#sizes.set(key, sizeBytes);
    this.#sizeBytes += sizeBytes;
  }

  /** Gives up the key that was used least recently among those that `mayGo`; `undefined` if none may go. */
  evict(mayGo: (key: K) => boolean = () => true): K | undefined {
    for (const key of this.#sizes.keys()) {
      if (!mayGo(key)) continue;
      this.remove(key);
      return key;
    }
    return undefined;
  }

  /** Takes a key out. Returns whether it was here. */
  remove(key: K): boolean {
    const sizeBytes = this.#sizes.get(key);
    if (sizeBytes === undefined) return false;
    this.#sizes.delete(key);
    this.#sizeBytes -= sizeBytes;
    return true;
  }
}
