/**
 * What several processes count, added up as if it were one that counts.
 *
 * @module
 */

/** The most series of one process; what comes on top is left out. */
export const MAX_TALLIED = 1_000;

/** What a process says of one series. */
export interface Count {
  /** Whether it only grows while the process lives. */
  readonly kind: "counter" | "gauge";
  /** The number. */
  readonly value: number;
}

/** Sums over processes that come and go. */
export class Tally {
  readonly #counts = new Map<number, Map<string, Count>>();
  /** What the counters of those that are gone came to: a sum that only grows must not lose it. */
  readonly #retired = new Map<string, number>();

  /** Notes what one process says of a series: a counter since its start, or a gauge of this moment. */
  note(who: number, series: string, count: Count): void {
    let counts = this.#counts.get(who);
    if (counts === undefined) this.#counts.set(who, counts = new Map());
    if (counts.size < MAX_TALLIED || counts.has(series)) counts.set(series, count);
  }

  /** A process is gone: what it counted stays in the sums, what it had does not. */
  retire(who: number): void {
    for (const [series, { kind, value }] of this.#counts.get(who) ?? []) {
      if (kind === "counter") this.#retired.set(series, (this.#retired.get(series) ?? 0) + value);
    }
    this.#counts.delete(who);
  }

  /** The sum of every series. */
  sums(): Record<string, number> {
    const sums = Object.fromEntries(this.#retired);
    for (const counts of this.#counts.values()) {
      for (const [series, { value }] of counts) sums[series] = (sums[series] ?? 0) + value;
    }
    return sums;
  }

  /** The sum of one series. */
  sum(series: string): number {
    return this.sums()[series] ?? 0;
  }
}
