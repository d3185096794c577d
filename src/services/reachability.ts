/**
 * Says once that a peer went away, and once that it came back, however often it was tried in between.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";
import type { Log } from "../env/log.ts";

/** Attempts at one peer. */
export class Reachability {
  readonly #log: Log;
  readonly #what: string;
  readonly #at: string;
  #failing = false;

  /** Creates it for a peer that nothing is known of: its first success is not worth a word. */
  constructor(log: Log, what: string, at: Address) {
    this.#log = log;
    this.#what = what;
    this.#at = formatAddress(at);
  }

  /** Whether the last attempt failed. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Runs an attempt. Returns whether it succeeded; a failure is logged the first time and never thrown. */
  async attempt(signal: AbortSignal, run: () => Promise<unknown>): Promise<boolean> {
    try {
      await run();
    } catch (error) {
      if (signal.aborted) return false;
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#failing) this.#log.warn(`${this.#what} unreachable`, { at: this.#at, reason });
      else this.#log.debug(`${this.#what} still unreachable`, { at: this.#at, reason });
      this.#failing = true;
      return false;
    }
    if (this.#failing) this.#log.info(`${this.#what} reachable again`, { at: this.#at });
    this.#failing = false;
    return true;
  }
}
