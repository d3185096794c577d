/**
 * Promises that were broken in a simulated day.
 *
 * @module
 */

/** What is promised, whatever happens. */
export type Invariant =
  /** A finished download is byte for byte a version that existed meanwhile. */
  | "download is a version that existed"
  /** A lookup names live holders and what they registered last, and nobody else. */
  | "lookup tells what the index knows"
  /** The index changes a life by a registration, a report, or a list that is newer than what it knows. */
  | "index follows newer news only"
  /** The index takes a renewal of exactly what it has, and of nothing else. */
  | "a renewal is what was registered"
  /** Nobody is declared dead who was heard within the time-out. */
  | "no death without silence"
  /** A server that is gone is declared dead within 9 s of its last sign. */
  | "no late death"
  /** Deaths are reported in their order. */
  | "reports in order"
  /** A death is told until the index has acknowledged it. */
  | "no death untold"
  /** 30 s after the last fault live servers are routable with what they have, and dead ones are not. */
  | "healed within 30 s"
  /** A client that tries again succeeds if a holder lives. */
  | "retrying succeeds"
  /** Nobody crashes. */
  | "nobody crashes"
  /** Nothing grows past its limit. */
  | "limits hold"
  /** After a stop nothing is left. */
  | "nothing leaks"
  /** The same seed gives the same trace. */
  | "same seed, same trace";

/** A broken promise. */
export interface Violation {
  /** Which. */
  readonly invariant: Invariant;
  /** When, in virtual milliseconds since the start. */
  readonly atMs: number;
  /** What was seen. */
  readonly text: string;
}

/** Takes note of the first broken promise of a day: what comes after it is often its consequence. */
export class Violations {
  readonly #now: () => number;
  #first: Violation | undefined;

  /** Creates it; `now` tells the virtual time. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The first one; undefined while all is well. */
  get first(): Violation | undefined {
    return this.#first;
  }

  /** Notes one. */
  add(invariant: Invariant, text: string): void {
    this.#first ??= { invariant, atMs: this.#now(), text };
  }
}
