/**
 * A clock that a test winds by hand: hours pass in milliseconds, and always in the same order.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

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
  readonly #timers: Timer[] = [];

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

  /** Calls `run` once when {@link VirtualClock.advance} passes `delayMs` from now. */
  schedule(delayMs: number, run: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(timer);
    return () => {
      timer.run = undefined;
    };
  }

  /** How many timers are set and not called off. */
  get pending(): number {
    return this.#timers.filter((timer) => timer.run !== undefined).length;
  }

  /**
   * Moves time on by `deltaMs`, firing each timer at its moment, and lets everything that a timer set in
   * motion settle before the next one fires.
   */
  async advance(deltaMs: number): Promise<void> {
    const endMs = this.#nowMs + deltaMs;
    await settle();
    for (let timer = this.#pop(endMs); timer !== undefined; timer = this.#pop(endMs)) {
      this.#nowMs = timer.atMs;
      timer.run?.();
      await settle();
    }
    this.#nowMs = endMs;
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
      const timer = this.#pop(endMs);
      if (timer === undefined) {
        throw new Error(`Cannot settle a promise: nothing more happens in ${limitMs} ms of virtual time`);
      }
      this.#nowMs = timer.atMs;
      timer.run?.();
      await settle();
    }
    return await promise;
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

  /** Takes the earliest live timer off the heap if it is due by `endMs`. */
  #pop(endMs: number): Timer | undefined {
    const heap = this.#timers;
    while (heap.length > 0) {
      const first = heap[0]!;
      if (first.run !== undefined && first.atMs > endMs) return undefined;
      const last = heap.pop()!;
      if (heap.length > 0) this.#sink(last);
      if (first.run !== undefined) return first;
    }
    return undefined;
  }

  #sink(timer: Timer): void {
    const heap = this.#timers;
    let at = 0;
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
