/**
 * Leases of which a meta server knows nothing, for it was started without what its predecessor knew: until they are over,
 * nodes that nobody has on record may serve their copies unasked. It has no clock: the caller says what time it is.
 *
 * Source: PROTOCOL.md, "edge: leases".
 *
 * @module
 */

/** How many files are remembered of which no node can have older bytes; with more, some are waited for in vain. */
const MAX_FIRST = 100_000;

/** What may be left of a predecessor's leases. */
export class EarlierLeases {
  readonly #endMs: number;
  readonly #first = new Set<string>();

  /**
   * Begins.
   *
   * @param endMs When all of them are over; `-Infinity` if there are none.
   */
  constructor(endMs: number) {
    this.#endMs = endMs;
  }

  /** Notes that the first bytes that a file ever had were published here: what nodes have of it is on record. */
  noteFirst(name: string, nowMs: number): void {
    if (nowMs < this.#endMs && this.#first.size < MAX_FIRST) this.#first.add(name);
  }

  /** When no node serves bytes of a file any more of which nobody knows. */
  endMs(name: string): number {
    return this.#first.has(name) ? -Infinity : this.#endMs;
  }
}
