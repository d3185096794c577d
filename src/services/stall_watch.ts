/**
 * Calls something off that makes no progress.
 *
 * @module
 */

import { type AbortOptions, onAbort } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { DeadlineError } from "../base/deadline.ts";

/** Options of {@link StallWatch}. */
export interface StallWatchOptions extends AbortOptions {
  /** Milliseconds that a wait may last. */
  readonly idleMs: number;
  /** What is being done, for the error: `GET 10.0.0.1:4000/cdn/cache/a`. */
  readonly what: string;
}

/** Counts while somebody waits for the other side, and only then. It has to be stopped. */
export class StallWatch {
  readonly #clock: Clock;
  readonly #options: StallWatchOptions;
  readonly #controller = new AbortController();
  readonly #off: () => void;
  #sinceMs: number;
  #isWaiting = true;
  #cancel: () => void;

  /** Begins to wait. */
  constructor(clock: Clock, options: StallWatchOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#sinceMs = clock.now();
    this.#off = onAbort(options.signal, () => this.#controller.abort(options.signal?.reason));
    this.#cancel = clock.schedule(options.idleMs, () => this.#look());
  }

  /** Aborts when a wait has lasted too long, with a {@link DeadlineError}, or as the caller's own signal does. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins a wait. */
  wait(): void {
    this.#isWaiting = true;
    this.#sinceMs = this.#clock.now();
  }

  /** Ends a wait: what follows is our own doing. */
  pause(): void {
    this.#isWaiting = false;
  }

  /** Ends it. Idempotent. */
  stop(): void {
    this.#cancel();
    this.#off();
  }

  #look(): void {
    const { idleMs, what } = this.#options;
    const leftMs = this.#isWaiting ? this.#sinceMs + idleMs - this.#clock.now() : idleMs;
    if (leftMs > 0) this.#cancel = this.#clock.schedule(leftMs, () => this.#look());
    else this.#controller.abort(new DeadlineError(`Cannot ${what}: no progress within ${idleMs} ms`));
  }
}
