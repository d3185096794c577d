/**
 * Says once that a peer went away or refuses, and once that it came back, however often it was tried in between.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";
import type { Log } from "../env/log.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";

/** What to say of a way to fail: at first, the next times, and when it is over. */
interface Words {
  readonly first: string;
  readonly again: string;
  readonly over: string;
}

const AWAY: Words = { first: "unreachable", again: "still unreachable", over: "reachable again" };
/** It answers, but not what we want. */
const REFUSING: Words = { first: "refuses", again: "still refuses", over: "accepts again" };

/** How much of a code is shown: it is what the peer said, and may be long. */
const MAX_CODE_CHARACTERS = 80;

/** Attempts at one peer. */
export class Reachability {
  readonly #log: Log;
  readonly #what: string;
  readonly #at: string;
  /** How the last attempt failed, if it did. */
  #failure: Words | undefined;

  /** Creates it for a peer that nothing is known of: its first success is not worth a word. */
  constructor(log: Log, what: string, at: Address) {
    this.#log = log;
    this.#what = what;
    this.#at = formatAddress(at);
  }

  /** Whether the last attempt failed. */
  get failing(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Runs an attempt. Returns whether it succeeded; a failure is logged when it is the first of its kind, and never thrown.
   *
   * @param hints What to do about a refusal, by its code.
   */
  async attempt(
    signal: AbortSignal,
    run: () => Promise<unknown>,
    hints?: ReadonlyMap<string, string>,
  ): Promise<boolean> {
    try {
      await run();
    } catch (error) {
      if (signal.aborted) return false;
      this.#fail(error, hints);
      return false;
    }
    if (this.#failure !== undefined) this.#log.info(`${this.#what} ${this.#failure.over}`, { at: this.#at });
    this.#failure = undefined;
    return true;
  }

  #fail(error: unknown, hints: ReadonlyMap<string, string> | undefined): void {
    const code = error instanceof ProtocolError ? error.code : undefined;
    const failure = code === undefined ? AWAY : REFUSING;
    const hint = code === undefined ? undefined : hints?.get(code);
    const fields = {
      at: this.#at,
      ...(code === undefined ? {} : { code: code.slice(0, MAX_CODE_CHARACTERS) }),
      reason: error instanceof Error ? error.message : String(error),
      ...(hint === undefined ? {} : { hint }),
    };
    if (this.#failure !== failure) this.#log.warn(`${this.#what} ${failure.first}`, fields);
    else this.#log.debug(`${this.#what} ${failure.again}`, fields);
    this.#failure = failure;
  }
}
