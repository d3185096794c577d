/**
 * Reports that must arrive, in order, and that may become untrue while they wait.
 *
 * @module
 */

/** One server's death, to be told. */
export interface Report {
  /** Who died. */
  readonly id: string;
  /** When that was decided, in seconds since the Unix epoch. */
  readonly unixSeconds: number;
}

/** Deaths waiting to be acknowledged by one index. Holds at most one a server. */
export class ReportQueue {
  readonly #reports = new Map<string, Report>();

  /** How many wait. */
  get size(): number {
    return this.#reports.size;
  }

  /** Adds a report at the end. A server that waits already keeps its place. */
  add(report: Report): void {
    if (!this.#reports.has(report.id)) this.#reports.set(report.id, report);
  }

  /** Takes a server's report back because it is alive again. Returns whether one waited. */
  withdraw(id: string): boolean {
    return this.#reports.delete(id);
  }

  /** The next to send; it stays until it is acknowledged or withdrawn. */
  head(): Report | undefined {
    return this.#reports.values().next().value;
  }

  /** Drops a report that has arrived. A newer one of the same server stays. */
  acknowledge(report: Report): void {
    if (this.#reports.get(report.id) === report) this.#reports.delete(report.id);
  }

  /** Whether a server's report waits. */
  has(id: string): boolean {
    return this.#reports.has(id);
  }
}
