/**
 * What a simulated link does to what it carries.
 *
 * @module
 */

/** One direction between two machines. */
export interface LinkFaults {
  /** Milliseconds that everything takes. */
  readonly latencyMs: number;
  /** Milliseconds that everything takes besides, at most, evenly spread. Datagrams overtake each other by it. */
  readonly jitterMs: number;
  /**
   * Share of datagrams that are lost, 0 to 1. A lost part of a stream is sent again after {@link RESEND_MS}, and after
   * twice as long each time it is lost again, five times at most.
   */
  readonly lossRate: number;
  /** Share of datagrams that come twice, 0 to 1. */
  readonly duplicateRate: number;
  /** Share of datagrams that are held back for `reorderMs`, so that later ones overtake them, 0 to 1. */
  readonly reorderRate: number;
  /** Milliseconds for which a reordered datagram is held back. */
  readonly reorderMs: number;
  /** Bytes a second of streams and datagrams together; `Infinity` for no limit. */
  readonly bytesPerSecond: number;
}

/** How long a stream waits before it sends a lost part again, the first time: Linux's least time-out. */
export const RESEND_MS = 200;

/** The most times that one part of a stream is lost. */
export const MAX_RESENDS = 5;

/** Takes no time and loses nothing; reordering, once asked for, holds back for 20 ms. */
export const PERFECT_LINK: LinkFaults = {
  latencyMs: 0,
  jitterMs: 0,
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  reorderMs: 20,
  bytesPerSecond: Infinity,
};

/**
 * Returns `faults` with `change` applied.
 *
 * @throws {RangeError} if a rate is not 0 to 1, a duration is negative or not finite, or `bytesPerSecond` is not above 0.
 */
export function changeFaults(faults: LinkFaults, change: Partial<LinkFaults>): LinkFaults {
  const changed = { ...faults, ...change };
  const { latencyMs, jitterMs, reorderMs, lossRate, duplicateRate, reorderRate, bytesPerSecond } = changed;
  for (const [name, value] of Object.entries({ latencyMs, jitterMs, reorderMs })) {
    if (!(value >= 0 && value < Infinity)) {
      throw new RangeError(`Cannot set ${name}: expected 0 ms or more, got ${value}`);
    }
  }
  for (const [name, value] of Object.entries({ lossRate, duplicateRate, reorderRate })) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`Cannot set ${name}: expected 0 to 1, got ${value}`);
  }
  checkBytesPerSecond(bytesPerSecond);
  return changed;
}

/**
 * Checks a bandwidth.
 *
 * @throws {RangeError} if it is not above 0.
 */
export function checkBytesPerSecond(bytesPerSecond: number): void {
  if (!(bytesPerSecond > 0)) {
    throw new RangeError(`Cannot set bytesPerSecond: expected more than 0, got ${bytesPerSecond}`);
  }
}

/** A line that carries one thing after the other, each for as long as its bytes take. */
export class Throttle {
  #bytesPerSecond: number;
  #freeAtMs = 0;

  /** Creates an idle line. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Its bandwidth. */
  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** Changes the bandwidth, and forgets what was queued under the old one: its owner queues it again. */
  reset(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#freeAtMs = 0;
  }

  /** When `sizeBytes` that come at `atMs` have left, after all that came before. */
  leavesAtMs(atMs: number, sizeBytes: number): number {
    if (this.#bytesPerSecond === Infinity) return atMs;
    this.#freeAtMs = Math.max(atMs, this.#freeAtMs) + sizeBytes * 1_000 / this.#bytesPerSecond;
    return this.#freeAtMs;
  }
}
