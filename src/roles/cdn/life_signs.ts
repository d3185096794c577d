/**
 * Asks a content server for a sign of life over a stream.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import { DeadlineError } from "../../base/deadline.ts";
import { NetError } from "../../net/net_error.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { parseError } from "../../protocol/replies.ts";
import { type AskEnv, converse } from "../../services/ask.ts";

/** A line that every content server, however old, refuses politely. */
const QUESTION = "PING";

/** Questions under way. */
export class LifeSigns {
  readonly #env: AskEnv;
  readonly #deadlineMs: number;
  #active = 0;

  /** Creates it. An answer counts if it comes within `deadlineMs`. */
  constructor(env: AskEnv, deadlineMs: number) {
    this.#env = env;
    this.#deadlineMs = deadlineMs;
  }

  /** How many questions are under way. */
  get active(): number {
    return this.#active;
  }

  /**
   * Returns whether a content server lives there: it answers with an `ERROR`, or ends the stream in order. A stream that is
   * merely accepted says nothing, for that the operating system does, also for a program that hangs.
   */
  async ask(server: Address, signal: AbortSignal): Promise<boolean> {
    this.#active++;
    try {
      const answer = await converse(this.#env, server, { deadlineMs: this.#deadlineMs, signal }, async (lines) => {
        await lines.writeLines(QUESTION);
        return await lines.readLine();
      });
      return answer === undefined || parseError(answer) !== undefined;
    } catch (error) {
      const isSilence = error instanceof NetError || error instanceof DeadlineError || error instanceof ProtocolError;
      if (!isSilence && !signal.aborted) throw error;
      return false;
    } finally {
      this.#active--;
    }
  }
}
