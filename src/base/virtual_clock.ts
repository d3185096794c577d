/**
 * A clock that a test winds by hand: hours pass in milliseconds, and always in the same order.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** Below this many called-off timers, sorting them out is not worth it. */
const MIN_COMPACT = 64;

interface Timer {
  readonly atMs: number;
  /** Breaks ties: timers due at the same moment fire in the order in which they were set. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** Options of {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** What {@link VirtualClock.unixMs} shows at the start. Default: 2026-01-01T00:00:00Z. */
  unixMs?: number;
}

/**
 * A clock whose time stands still until {@link VirtualClock.advance} moves it.
 *
 * @example
 * ```ts
 * import { VirtualClock } from "./virtual_clock.ts";
 * import { sleep } from "./clock.ts";
 * const clock = new VirtualClock();
 * const hour = sleep(clock, 3_600_000);
 * await clock.advance(3_600_000);
 * await hour;
 * ```
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs: number;
  #order = 0;
  /** A binary heap, earliest first. */
  #timers: Timer[] = [];
  /** How many timers in the heap were called off. */
  #cancelled = 0;

  /** Creates a clock that stands at 0. */
  constructor(options: VirtualClockOptions = {}) {
    this.#wallOffsetMs = options.unixMs ?? Date.UTC(2026, 0, 1);
  }

  /** Milliseconds since this clock was made. */
  now(): number {
    return this.#nowMs;
  }

  /** The wall clock: `now()` plus an offset that {@link VirtualClock.jumpWall} changes. */
  unixMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  /** Makes the wall clock jump by `deltaMs`, as a wrong NTP server would. Timers do not notice. */
  jumpWall(deltaMs: number): void {
    this.#wallOffsetMs += deltaMs;
  }

  /**
   * Calls `run` once when {@link VirtualClock.advance} passes `delayMs` from now.
   *
   * @throws {RangeError} if `delayMs` is not a number.
   */
  schedule(delayMs: number, run: () => void): () => void {
    if (Number.isNaN(delayMs)) throw new RangeError("Cannot schedule: the delay is not a number");
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(timer);
    return () => {
      if (timer.run === undefined) return;
      timer.run = undefined;
      this.#cancelled++;
      this.#compact();
    };
  }

  /** How many timers are set and not called off. */
  get pending(): number {
    return this.#timers.length - this.#cancelled;
  }

  /**
   * Moves time on by `deltaMs`, firing each timer at its moment, and lets everything that a timer set in
   * motion settle before the next one fires.
   *
   * @throws {RangeError} if `deltaMs` is negative or not finite. What a timer throws is thrown as it is.
   */
  async advance(deltaMs: number): Promise<void> {
    if (!(deltaMs >= 0 && deltaMs < Infinity)) {
      throw new RangeError(`Cannot advance the clock: expected 0 ms or more, got ${deltaMs}`);
    }
    const endMs = this.#nowMs + deltaMs;
    await settle();
    while (this.#fireNext(endMs)) await settle();
    // Another winder may have gone further meanwhile.
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /**
   * Moves time on until `promise` settles, and returns its value.
   *
   * @throws {Error} if it has not settled after `limitMs`. What `promise` rejects with is thrown as it is.
   */
  async until<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    const endMs = this.#nowMs + limitMs;
    await settle();
    while (!settled) {
      if (!this.#fireNext(endMs)) {
        throw new Error(`Cannot settle a promise: nothing more happens in ${limitMs} ms of virtual time`);
      }
      await settle();
    }
    return await promise;
  }

  /** Fires the earliest timer if it is due by `endMs`. */
  #fireNext(endMs: number): boolean {
    const timer = this.#pop(endMs);
    if (timer?.run === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    const { run } = timer;
    timer.run = undefined;
    run();
    return true;
  }

  #push(timer: Timer): void {
    const heap = this.#timers;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  /**
   * Sorts out timers that were called off once they are the greater part: a deadline that is met is called off long
   * before it is due, and would stay until then.
   */
  #compact(): void {
    if (this.#cancelled < MIN_COMPACT || this.#cancelled * 2 <= this.#timers.length) return;
    this.#cancelled = 0;
    this.#timers = this.#timers.filter((timer) => timer.run !== undefined);
    for (let at = (this.#timers.length >> 1) - 1; at >= 0; at--) this.#sink(this.#timers[at]!, at);
  }

  /** Takes the earliest live timer off the heap if it is due by `endMs`. */
  #pop(endMs: number): Timer | undefined {
    const heap = this.#timers;
    while (heap.length > 0) {
      const first = heap[0]!;
      if (first.run !== undefined && first.atMs > endMs) return undefined;
      const last = heap.pop()!;
      if (heap.length > 0) this.#sink(last, 0);
      if (first.run !== undefined) return first;
      this.#cancelled--;
    }
    return undefined;
  }

  /** Puts `timer` where the heap has a hole at `at`, or below it. */
  #sink(timer: Timer, at: number): void {
    const heap = this.#timers;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, timer)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = timer;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Lets every microtask run out: one turn of the runtime's event loop. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
