/**
 * Until when each edge node may serve copies unasked, as far as a meta server can tell. It has no clock: the caller says
 * what time it is.
 *
 * A node counts its lease from the moment it sent a heartbeat; here it counts from when that was heard, which is later.
 * So a lease that is over here is over there.
 *
 * Source: PROTOCOL.md, "edge: leases".
 *
 * @module
 */

/** Options of {@link LeaseBook}. */
export interface LeaseOptions {
  /** How long a lease lasts, in milliseconds. */
  readonly leaseMs: number;
  /** How much faster than ours a node's clock may be seen to go, and its messages to age, in milliseconds. */
  readonly marginMs: number;
}

/** Leases by node. */
export class LeaseBook {
  readonly #lastsMs: number;
  readonly #beatsMs = new Map<number, number>();
  /** A time until which signs of life may have been missed. */
  #gapMs: number;

  /**
   * Begins at a time at which any node may just have got a lease, from somebody else.
   *
   * @throws {RangeError} if a duration is negative.
   */
  constructor({ leaseMs, marginMs }: LeaseOptions, nowMs: number) {
    if (!(leaseMs >= 0) || !(marginMs >= 0)) {
      throw new RangeError(`Cannot keep leases: expected durations of 0 or more, got ${leaseMs}, ${marginMs}`);
    }
    this.#lastsMs = leaseMs + marginMs;
    this.#gapMs = nowMs;
  }

  /** Notes a sign of life, with which a node may have got a lease. */
  beat(nodeId: number, nowMs: number): void {
    this.#beatsMs.set(nodeId, nowMs);
  }

  /** Notes that signs of life may have been missed until now. */
  gap(nowMs: number): void {
    this.#gapMs = nowMs;
    this.#beatsMs.clear();
  }

  /** When any lease that a node may have by now is over. */
  endMs(nodeId: number): number {
    return Math.max(this.#beatsMs.get(nodeId) ?? -Infinity, this.#gapMs) + this.#lastsMs;
  }
}
