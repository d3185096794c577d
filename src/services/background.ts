/**
 * The loops that a role runs until it stops.
 *
 * @module
 */

import type { Log } from "../env/log.ts";

/** Loops under one signal. */
export class Background {
  readonly #log: Log;
  readonly #controller = new AbortController();
  readonly #loops = new Set<Promise<void>>();
  #failure: string | undefined;

  /** Creates it without loops. */
  constructor(log: Log) {
    this.#log = log;
  }

  /** Aborts when the role stops. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why a loop ended that should not have; `undefined` while all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Starts a loop. What it throws before the signal aborts is our own bug: it is logged and shown by `/health`. */
  run(name: string, loop: (signal: AbortSignal) => Promise<void>): void {
    const running = this.#watch(name, loop).finally(() => this.#loops.delete(running));
    this.#loops.add(running);
  }

  /** Aborts the signal and waits for every loop. Idempotent. */
  async stop(): Promise<void> {
    this.#controller.abort();
    // A loop may have started another one on its way out.
    while (this.#loops.size > 0) await Promise.all(this.#loops);
  }

  async #watch(name: string, loop: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await loop(this.signal);
    } catch (error) {
      if (this.signal.aborted) return;
      this.#failure = `${name}: ${error instanceof Error ? error.message : String(error)}`;
      this.#log.error("loop ended", { loop: name, reason: this.#failure });
    }
  }
}
