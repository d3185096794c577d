/**
 * The connections that share one download.
 *
 * @module
 */

import { onAbort } from "../../base/abort.ts";
import type { Holder, HolderPool } from "../../core/holder_pool.ts";
import type { Env } from "../../env/env.ts";
import { HolderError } from "./client_error.ts";
import type { Failures } from "./failures.ts";
import { Fetcher, type FetchTerms } from "./fetcher.ts";
import type { HolderSearch } from "./holder_search.ts";
import type { Transfer } from "./transfer.ts";

/** Options of {@link DownloadTeam}. */
export interface DownloadTeamOptions extends FetchTerms {
  /** The file's name, for messages. */
  readonly name: string;
  /** Calls the work off. */
  readonly signal: AbortSignal;
  /** Who has the file. */
  readonly pool: HolderPool;
  /** Finds who else has it. */
  readonly search: HolderSearch;
  /** Takes the bytes. */
  readonly transfer: Transfer;
  /** Told what goes wrong. */
  readonly failures: Failures;
  /** Called when the first connection begins at a holder. */
  readonly onFetch: () => void;
  /** Called when its holder has failed, and there are no other connections. */
  readonly onAlone: () => void;
}

/** One connection that leads, and the helpers that join it. */
export class DownloadTeam {
  readonly #env: Pick<Env, "net" | "clock" | "log">;
  readonly #options: DownloadTeamOptions;
  readonly #fetcher: Fetcher;
  #helpers: Promise<void>[] = [];
  #shift = new AbortController();

  /** Creates a team that does nothing yet. */
  constructor(env: Pick<Env, "net" | "clock" | "log">, options: DownloadTeamOptions) {
    this.#env = env;
    this.#options = options;
    this.#fetcher = new Fetcher(env, options.transfer, { ...options, onVersion: () => this.#recruit() });
  }

  /** Who sent the last bytes without telling their digest, although it is not known to be too old for that. */
  get untoldBy(): Holder | undefined {
    return this.#fetcher.untoldBy;
  }

  /** Lets one connection begin, and others join it, until all bytes are there or nobody has more. */
  async work(): Promise<void> {
    const { signal, transfer } = this.#options;
    const shift = this.#shift = new AbortController();
    const off = onAbort(signal, () => shift.abort(signal.reason));
    this.#helpers = [];
    this.#fetcher.forget();
    try {
      if (transfer.sha256 !== undefined) this.#recruit();
      await this.#takePart(true);
      await Promise.all(this.#helpers);
    } finally {
      off();
      shift.abort();
      await Promise.allSettled(this.#helpers);
    }
  }

  #recruit(): void {
    const { parallel, transfer: { plan: { sizeBytes, segmentBytes } } } = this.#options;
    if (this.#helpers.length > 0) return;
    const helpers = Math.min(parallel, Math.ceil(sizeBytes / segmentBytes)) - 1;
    for (let count = 0; count < helpers; count++) {
      const helper = this.#takePart(false);
      // Whoever fails for a reason of ours ends the others; the failure itself is taken when all are waited for.
      helper.catch((error) => this.#shift.abort(error));
      this.#helpers.push(helper);
    }
  }

  async #takePart(isLeader: boolean): Promise<void> {
    const { signal } = this.#shift;
    try {
      if (!isLeader) await this.#options.search.others(signal);
      await this.#fetchAll(isLeader, signal);
    } catch (error) {
      // The last byte came over another connection, and this one was called off.
      const isOver = this.#options.transfer.complete && signal.aborted && !this.#options.signal.aborted;
      if (!isOver) throw error;
    }
  }

  /** Asks one holder after the other for what is missing. */
  async #fetchAll(isLeader: boolean, signal: AbortSignal): Promise<void> {
    const { name, transfer, pool, failures, onFetch, onAlone } = this.#options;
    while (!transfer.complete) {
      const holder = await this.#pick(signal);
      if (holder === undefined) return;
      if (isLeader) onFetch();
      try {
        await this.#fetcher.fetch(holder, { signal, isLeader });
      } catch (error) {
        if (!(error instanceof HolderError)) throw error;
        this.#drop(holder, error);
        if (error.fault === "wrong-bytes" && !transfer.isRestartable) throw failures.explain(name, { isStuck: true });
        if (isLeader && this.#helpers.length === 0) onAlone();
      } finally {
        pool.leave(holder);
      }
    }
    this.#shift.abort();
  }

  async #pick(signal: AbortSignal): Promise<Holder | undefined> {
    const { pool, search } = this.#options;
    const holder = pool.pick();
    if (holder !== undefined && !pool.isSuspect(holder)) return holder;
    if (holder !== undefined) pool.leave(holder);
    await search.others(signal);
    return pool.pick();
  }

  #drop(holder: Holder, error: HolderError): void {
    const { name, pool, failures } = this.#options;
    const { fault, message } = error;
    this.#env.log.warn("holder dropped", { file: name, reason: message });
    failures.note(fault, message);
    if (fault === "wrong-bytes" || fault === "overflow") pool.suspect(holder);
    if (fault === "other-version") pool.disagree(holder);
    else pool.fail(holder);
  }
}
