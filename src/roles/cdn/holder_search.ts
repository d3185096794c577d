/**
 * Finds the holders of one file.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import { DeadlineError } from "../../base/deadline.ts";
import type { Holder, HolderPool } from "../../core/holder_pool.ts";
import type { Env } from "../../env/env.ts";
import { NetError } from "../../net/net_error.ts";
import type { Location } from "../../protocol/cdn.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { locateAll, locateOne } from "./lookup.ts";

/** Who knows where a file is: the index, or whoever asks. */
export type HolderSource =
  | { readonly kind: "index"; readonly index: Address }
  | { readonly kind: "direct"; readonly holder: Address };

/** Options of {@link HolderSearch}. */
export interface HolderSearchOptions {
  /** Who is asked. */
  readonly source: HolderSource;
  /** What the file may be called, the likelier first. */
  readonly names: readonly string[];
  /** Milliseconds for one answer of the index. */
  readonly deadlineMs: number;
}

/** Turns what the index says of a file into its holder. */
export function holderOf({ id, host, tcpPort }: Location): Holder {
  return { id, address: { host, port: tcpPort } };
}

/** Whether an error means that the index did not answer as it should. */
export function isIndexFailure(error: unknown): boolean {
  return error instanceof NetError || error instanceof DeadlineError || error instanceof ProtocolError;
}

/** Puts holders into a pool, in rounds: first the one that the index recommends, and all others once it fails. */
export class HolderSearch {
  readonly #env: Pick<Env, "net" | "clock" | "log">;
  readonly #pool: HolderPool;
  readonly #options: HolderSearchOptions;
  #others: Promise<void> | undefined;

  /** Creates a search that has asked nobody. */
  constructor(env: Pick<Env, "net" | "clock" | "log">, pool: HolderPool, options: HolderSearchOptions) {
    this.#env = env;
    this.#pool = pool;
    this.#options = options;
  }

  /**
   * Begins a round with one holder. Returns false if nobody has the file.
   *
   * @throws {NetError}, {DeadlineError} or {ProtocolError} if the index does not answer as it should. The pool then has
   * the holders that it had.
   */
  async first(signal: AbortSignal): Promise<boolean> {
    const { source, names, deadlineMs } = this.#options;
    this.#others = undefined;
    const location = source.kind === "direct"
      ? undefined
      : await locateOne(this.#env, source.index, { names, deadlineMs, signal });
    this.#pool.clear();
    if (source.kind === "direct") return this.#pool.add({ address: source.holder });
    return location !== undefined && this.#pool.add(holderOf(location));
  }

  /** Adds all others, once a round. An index that fails at this is no reason to give up on the holders there are. */
  others(signal: AbortSignal): Promise<void> {
    return this.#others ??= this.#findOthers(signal);
  }

  async #findOthers(signal: AbortSignal): Promise<void> {
    const { source, names, deadlineMs } = this.#options;
    if (source.kind === "direct") return;
    try {
      const all = await locateAll(this.#env, source.index, { name: names[0]!, deadlineMs, signal });
      if (all !== undefined) {
        for (const location of all) this.#pool.add(holderOf(location));
        return;
      }
      // An old index names one at a time, perhaps another one by now.
      const one = await locateOne(this.#env, source.index, { names, deadlineMs, signal });
      if (one !== undefined) this.#pool.add(holderOf(one));
    } catch (error) {
      signal.throwIfAborted();
      if (!isIndexFailure(error)) throw error;
      this.#env.log.debug("no other holder found", { reason: (error as Error).message });
    }
  }
}
