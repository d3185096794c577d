/**
 * For how long an edge node may serve its copies unasked, and which registration that belongs to.
 *
 * @module
 */

/** A node's standing with the meta servers. It has no clock: the caller says what time it is. */
export class Lease {
  #epoch = 0;
  #sentMs = -Infinity;
  #endMs = -Infinity;

  /** Counts registrations: what was on record under an earlier one need not be on record any more. */
  get epoch(): number {
    return this.#epoch;
  }

  /** When the heartbeat was sent that was answered last; `-Infinity` for none of this registration. */
  get sentMs(): number {
    return this.#sentMs;
  }

  /** Notes a registration, from which no heartbeat has been answered yet. */
  begin(): void {
    this.#epoch++;
    this.#sentMs = -Infinity;
    this.#endMs = -Infinity;
  }

  /**
   * Notes the answer to a heartbeat, when all that it called stale is dropped. One of an earlier registration is nothing.
   *
   * @param epoch The registration at the moment of sending.
   * @param sentMs When it was sent: the meta server may have counted from then on, whenever the answer came.
   */
  renew(epoch: number, sentMs: number, leaseMs: number): void {
    if (epoch !== this.#epoch || sentMs < this.#sentMs) return;
    this.#sentMs = sentMs;
    this.#endMs = sentMs + leaseMs;
  }

  /** Whether copies may be served unasked. */
  isValid(nowMs: number): boolean {
    return nowMs < this.#endMs;
  }
}
