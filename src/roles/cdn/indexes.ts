/**
 * Several indexes of which any can answer: whoever asks turns to the next one when one does not.
 *
 * Source: PROTOCOL.md, "cdn: several indexes".
 *
 * @module
 */

import type { AbortOptions } from "../../base/abort.ts";
import { type Address, type Addresses, formatAddress, listAddresses } from "../../base/address.ts";
import { DeadlineError } from "../../base/deadline.ts";
import { NetError } from "../../net/net_error.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { reasonOf } from "./client_error.ts";

/** None of the indexes answered as it should. Its message has each one's address and reason. */
export class IndexFailure extends Error {
  /** The name of this class. */
  override readonly name = "IndexFailure";
}

/** Options of {@link Indexes.ask}. */
export interface IndexQuestion<T> extends AbortOptions {
  /** Whether an answer says something. Default: any does. */
  readonly isTelling?: ((answer: T) => boolean) | undefined;
}

/** Indexes, by preference. */
export class Indexes {
  readonly #addresses: readonly Address[];
  /** Which one is asked first: whoever was worth asking last. */
  #first = 0;

  /**
   * Creates it.
   *
   * @throws {RangeError} if there is none.
   */
  constructor(addresses: Addresses) {
    this.#addresses = listAddresses(addresses);
    if (this.#addresses.length === 0) throw new RangeError("Cannot ask an index: expected an address, got none");
  }

  /**
   * Asks one after the other, until one has something to tell. That one has nothing to tell is taken for the answer only
   * when no other can be reached that has: an index that just started may not know yet what all others do.
   *
   * @throws {IndexFailure} if no one answers as it should; the signal's reason; what else `run` throws.
   */
  async ask<T>(run: (index: Address) => Promise<T>, options: IndexQuestion<T> = {}): Promise<T> {
    const { isTelling = (): boolean => true, signal } = options;
    const failures: unknown[] = [];
    const reasons: string[] = [];
    const blank: T[] = [];
    const first = this.#first;
    for (let tried = 0; tried < this.#addresses.length; tried++) {
      const at = (first + tried) % this.#addresses.length;
      const index = this.#addresses[at]!;
      try {
        const answer = await run(index);
        if (isTelling(answer)) {
          this.#first = at;
          return answer;
        }
        blank.push(answer);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isPeers(error)) throw error;
        failures.push(error);
        reasons.push(`the index at ${formatAddress(index)}: ${reasonOf(error)}`);
      }
    }
    if (blank.length > 0) return blank[0]!;
    throw new IndexFailure(reasons.join("; "), { cause: failures[0] });
  }
}

function isPeers(error: unknown): error is Error {
  return error instanceof NetError || error instanceof DeadlineError || error instanceof ProtocolError;
}
