/**
 * Which of several holders to send a client to.
 *
 * @module
 */

interface LoadEstimate {
  /** The load that the server last reported. */
  reported: number;
  /** Clients sent there since that report, as far as it cannot include them. */
  routed: number;
  /** When a client was last sent there: a running number, for taking turns. */
  lastTurn: number;
}

/**
 * Least load first, equal ones in turn.
 *
 * Reports come now and then; between them each client that was sent to a server counts as one more there. A report that
 * differs from the last is fresh and takes the place of the count. One that does not differ may be old: the count then
 * fades by half, because downloads end, too.
 */
export class LeastLoad {
  readonly #estimates = new Map<string, LoadEstimate>();
  #turn = 0;

  /** Notes a server's load as the monitor lists it. */
  report(id: string, load: number): void {
    const estimate = this.#estimateOf(id);
    estimate.routed = load === estimate.reported ? Math.floor(estimate.routed / 2) : 0;
    estimate.reported = load;
  }

  /** Notes that nothing was reported of any server but those in `heard`: their counts fade, too. */
  fadeAllBut(heard: ReadonlySet<string>): void {
    for (const [id, estimate] of this.#estimates) {
      if (!heard.has(id)) estimate.routed = Math.floor(estimate.routed / 2);
    }
  }

  /** The load that a server is held to have now. */
  loadOf(id: string): number {
    const estimate = this.#estimates.get(id);
    return estimate === undefined ? 0 : estimate.reported + estimate.routed;
  }

  /** Orders candidates, best first. */
  order<T extends { readonly id: string }>(candidates: readonly T[]): T[] {
    return [...candidates].sort((a, b) => this.#compare(a.id, b.id));
  }

  /** Picks the best candidate and counts a client for it; `undefined` without candidates. */
  choose<T extends { readonly id: string }>(candidates: readonly T[]): T | undefined {
    let best = candidates[0];
    if (best === undefined) return undefined;
    for (const candidate of candidates) if (this.#compare(candidate.id, best.id) < 0) best = candidate;
    const estimate = this.#estimateOf(best.id);
    estimate.routed++;
    estimate.lastTurn = ++this.#turn;
    return best;
  }

  /** Drops a server. */
  forget(id: string): void {
    this.#estimates.delete(id);
  }

  #compare(a: string, b: string): number {
    return this.loadOf(a) - this.loadOf(b) || this.#turnOf(a) - this.#turnOf(b);
  }

  #turnOf(id: string): number {
    return this.#estimates.get(id)?.lastTurn ?? 0;
  }

  #estimateOf(id: string): LoadEstimate {
    let estimate = this.#estimates.get(id);
    if (estimate === undefined) {
      estimate = { reported: 0, routed: 0, lastTurn: 0 };
      this.#estimates.set(id, estimate);
    }
    return estimate;
  }
}
