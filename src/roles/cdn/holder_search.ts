/**
 * Finds the holders of one file.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import type { Holder, HolderPool } from "../../core/holder_pool.ts";
import type { Env } from "../../env/env.ts";
import type { Location } from "../../protocol/cdn.ts";
import { type Indexes, IndexFailure } from "./indexes.ts";
import { locateAll, locateOne } from "./lookup.ts";

/** Who knows where a file is: an index, or whoever asks. */
export type HolderSource =
  | { readonly kind: "index"; readonly indexes: Indexes }
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
   * @throws {IndexFailure} if no index answers as it should. The pool then has the holders that it had.
   */
  async first(signal: AbortSignal): Promise<boolean> {
    const { source } = this.#options;
    this.#others = undefined;
    const location = source.kind === "direct" ? undefined : await this.#findOne(source.indexes, signal);
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
    const { indexes } = source;
    try {
      const locate = (index: Address): Promise<Location[] | undefined> =>
        locateAll(this.#env, index, { name: names[0]!, deadlineMs, signal });
      const all = await indexes.ask(locate, { isTelling: (found = []) => found.length > 0, signal });
      if (all !== undefined) {
        for (const location of all) this.#pool.add(holderOf(location));
        return;
      }
      // An old index names one at a time, perhaps another one by now.
      const one = await this.#findOne(indexes, signal);
      if (one !== undefined) this.#pool.add(holderOf(one));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof IndexFailure)) throw error;
      this.#env.log.debug("no other holder found", { reason: error.message });
    }
  }

  async #findOne(indexes: Indexes, signal: AbortSignal): Promise<Location | undefined> {
    const { names, deadlineMs } = this.#options;
    const locate = (index: Address): Promise<Location | undefined> =>
      locateOne(this.#env, index, { names, deadlineMs, signal });
    return await indexes.ask(locate, { isTelling: (found) => found !== undefined, signal });
  }
}
