/**
 * A first-in, first-out list that gives up its head in constant time.
 *
 * @module
 */

/** Below this many taken items, moving the rest to the front is not worth it. */
const MIN_COMPACT = 32;

/** Items in the order in which they came. It sets no limit: whoever fills it does. */
export class Fifo<T> {
  /** Taken items are blanked at once, so that they do not outlive their taker here. */
  #items: (T | undefined)[] = [];
  #head = 0;

  /** How many items wait. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The item that came first of those that wait. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** Adds an item at the end. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the first item. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.length === 0) {
      this.clear();
    } else if (this.#head >= MIN_COMPACT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes all items. */
  drain(): T[] {
    const items = [...this];
    this.clear();
    return items;
  }

  /** Forgets all items. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  /** Goes through the items, first to last. The list must not change meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let at = this.#head; at < this.#items.length; at++) yield this.#items[at] as T;
  }
}
