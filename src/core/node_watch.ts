/**
 * Which edge nodes live: those whose heartbeats come, and existing ones that send none and answer when they are asked.
 * It has no clock: the caller says what time it is.
 *
 * @module
 */

import { type BeatOutcome, FailureDetector, type FailureDetectorOptions } from "./failure_detector.ts";

/** Options of {@link NodeWatch}. */
export interface NodeWatchOptions extends FailureDetectorOptions {
  /** How often a node that sends no heartbeats is asked, in milliseconds. */
  readonly askMs: number;
}

/** Every node that is known. */
export class NodeWatch {
  readonly #detector: FailureDetector;
  readonly #askMs: number;
  /** Nodes that ever sent a heartbeat: their silence says enough. */
  readonly #beating = new Set<number>();
  /** When each of the others is to be asked next. */
  readonly #nextMs = new Map<number, number>();

  /** Creates it without nodes. */
  constructor(options: NodeWatchOptions) {
    this.#detector = new FailureDetector(options);
    this.#askMs = options.askMs;
  }

  /** Begins to wait for a node that is known. It is taken for alive for the time-out; one known already is left alone. */
  expect(nodeId: number, nowMs: number): void {
    this.#detector.expect(String(nodeId), nowMs);
    // One of ours has had the time to send two heartbeats by then.
    if (!this.#beating.has(nodeId) && !this.#nextMs.has(nodeId)) this.#nextMs.set(nodeId, nowMs + this.#askMs);
  }

  /** Notes that a node registered: it lives. */
  register(nodeId: number, nowMs: number): BeatOutcome {
    this.expect(nodeId, nowMs);
    return this.#detector.beat(String(nodeId), nowMs);
  }

  /** Notes a heartbeat. */
  beat(nodeId: number, nowMs: number): BeatOutcome {
    this.#beating.add(nodeId);
    this.#nextMs.delete(nodeId);
    return this.#detector.beat(String(nodeId), nowMs);
  }

  /** The nodes that are to be asked now. */
  due(nowMs: number): number[] {
    const due: number[] = [];
    for (const [nodeId, nextMs] of this.#nextMs) if (nextMs <= nowMs) due.push(nodeId);
    for (const nodeId of due) this.#nextMs.set(nodeId, nowMs + this.#askMs);
    return due;
  }

  /** Notes that a node answered a question. */
  answered(nodeId: number, nowMs: number): BeatOutcome {
    return this.#detector.beat(String(nodeId), nowMs);
  }

  /** The nodes that have fallen silent: each once. */
  sweep(nowMs: number): number[] {
    return this.#detector.sweep(nowMs).map(Number);
  }

  /** Whether a node lives. */
  isAlive(nodeId: number): boolean {
    return this.#detector.isAlive(String(nodeId)) === true;
  }

  /** Whether a node sends heartbeats, and so learns from the answers what it has to drop. */
  sendsHeartbeats(nodeId: number): boolean {
    return this.#beating.has(nodeId);
  }
}
