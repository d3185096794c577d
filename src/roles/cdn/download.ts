/**
 * Gets one file, whatever holders do meanwhile.
 *
 * @module
 */

import { sleep } from "../../base/clock.ts";
import { Backoff } from "../../core/backoff.ts";
import { CLIENT_LIFECYCLE, type ClientState } from "../../core/cdn_lifecycles.ts";
import { describeHolder, type Holder, HolderPool } from "../../core/holder_pool.ts";
import { Lifecycle } from "../../core/lifecycle.ts";
import type { Env } from "../../env/env.ts";
import { ClientError } from "./client_error.ts";
import { DownloadTeam } from "./download_team.ts";
import { Failures } from "./failures.ts";
import type { FetchTerms } from "./fetcher.ts";
import { HolderSearch, type HolderSource } from "./holder_search.ts";
import { IndexFailure } from "./indexes.ts";
import type { DownloadOutput } from "../../services/download_output.ts";
import { type DownloadProgress, Transfer } from "./transfer.ts";

/** What the client needs of the outside world. */
export type ClientEnv = Pick<Env, "net" | "clock" | "random" | "files" | "digests" | "log">;

/** What is to be downloaded, and how. */
export interface DownloadRequest extends FetchTerms {
  /** The file's name, for messages. */
  readonly name: string;
  /** Who knows its holders. */
  readonly source: HolderSource;
  /** Where it goes. */
  readonly output: DownloadOutput;
  /** How many more rounds there may be after one that brought nothing. */
  readonly retries: number;
  /** Calls it off. */
  readonly signal: AbortSignal;
  /** Told of each change of state. */
  readonly onState: (state: ClientState, before: ClientState) => void;
  /** Told of each piece that arrived. */
  readonly onProgress: (progress: DownloadProgress) => void;
}

/** A file that was downloaded. */
export interface Download {
  /** Its name as it was asked for. */
  readonly name: string;
  /** How long it is. */
  readonly sizeBytes: number;
  /** The SHA-256 of its bytes: 64 lower-case hex digits. */
  readonly sha256: string;
  /** Whether a holder promised this very digest; otherwise only the bytes were counted. */
  readonly isVerified: boolean;
  /**
   * The holder that left it open which SHA-256 the bytes have to have, by silence or by breaking off. Absent if
   * `isVerified`, or if holders are simply too old to be asked.
   */
  readonly untoldBy?: Holder;
  /** How many bytes an earlier download had left. */
  readonly resumedBytes: number;
  /** How many bytes came over the network, those included that came more than once. */
  readonly receivedBytes: number;
  /** Who sent them. */
  readonly holders: readonly Holder[];
}

/** Waits between rounds: about as long, in sum, as it takes until a dead holder is known to be dead. */
const BACKOFF = { firstMs: 1_000, maxMs: 10_000 } as const;
/** A round that brings less than this counts as one that brought nothing. */
const MIN_PROGRESS_BYTES = 65_536;

/** One file's way here. Used once. */
export class Downloader {
  readonly #env: ClientEnv;
  readonly #request: DownloadRequest;
  readonly #lifecycle: Lifecycle<ClientState>;
  readonly #pool = new HolderPool();
  readonly #transfer: Transfer;
  readonly #search: HolderSearch;
  /** Of the last round. */
  readonly #failures = new Failures();
  readonly #team: DownloadTeam;
  #wasFound = false;

  /** Prepares a download. */
  constructor(env: ClientEnv, request: DownloadRequest) {
    this.#env = env;
    this.#request = request;
    const { onState, dialMs } = request;
    this.#lifecycle = new Lifecycle(CLIENT_LIFECYCLE, (from, to) => onState(to, from));
    this.#transfer = new Transfer({ ...request, clock: env.clock, digests: env.digests });
    this.#search = new HolderSearch(env, this.#pool, { ...request, deadlineMs: dialMs });
    this.#team = new DownloadTeam(env, {
      ...request,
      pool: this.#pool,
      transfer: this.#transfer,
      search: this.#search,
      failures: this.#failures,
      onFetch: () => this.#become("DOWNLOADING"),
      // Whom to ask next is the index's to say, if there is one.
      onAlone: () => request.source.kind === "index" && this.#become("QUERYING"),
    });
  }

  /**
   * Downloads the file.
   *
   * @throws {ClientError} if nobody delivers it; the signal's reason; what the output throws.
   */
  async run(): Promise<Download> {
    try {
      const resumedBytes = await this.#transfer.load();
      const result = { ...await this.#inRounds(), resumedBytes };
      await this.#transfer.finish();
      this.#become("DONE");
      return result;
    } catch (error) {
      await this.#transfer.suspend();
      this.#become("ERROR");
      throw error;
    }
  }

  /** What went wrong so far, in words; empty if nothing did. */
  get troubles(): string {
    return this.#failures.text;
  }

  async #inRounds(): Promise<Omit<Download, "resumedBytes">> {
    const { retries, signal } = this.#request;
    const backoff = new Backoff(this.#env.random, BACKOFF);
    let mostBytes = this.#transfer.doneBytes;
    for (let vain = 0; vain <= retries;) {
      signal.throwIfAborted();
      const result = await this.#round();
      if (result !== undefined) return result;
      const broughtBytes = this.#transfer.doneBytes - mostBytes;
      mostBytes = Math.max(mostBytes, this.#transfer.doneBytes);
      if (broughtBytes >= MIN_PROGRESS_BYTES) {
        vain = 0;
        backoff.reset();
      } else vain++;
      if (vain <= retries) await sleep(this.#env.clock, backoff.next(), { signal });
    }
    throw this.#explain();
  }

  /** Asks who has the file, and gets what they have of it. Undefined if that is not all, or not right. */
  async #round(): Promise<Omit<Download, "resumedBytes"> | undefined> {
    const transfer = this.#transfer;
    if (!await this.#find()) return undefined;
    await this.#team.work();
    // Whoever names a holder means that one: if it does not have the file now, nobody is going to tell it.
    if (this.#request.source.kind === "direct" && this.#failures.isDenial) throw this.#explain();
    if (!transfer.complete && this.#pool.hasOtherVersion && transfer.isRestartable) {
      this.#env.log.info("download begins anew", {
        file: this.#request.name,
        reason: "the holders have another version",
      });
      await transfer.discard();
      this.#pool.readmit();
      await this.#team.work();
    }
    return transfer.complete ? await this.#conclude() : undefined;
  }

  /** Begins a round. Returns false if there is nobody to get anything from. */
  async #find(): Promise<boolean> {
    const { source, name, signal } = this.#request;
    if (source.kind === "index") this.#become("QUERYING");
    try {
      if (await this.#search.first(signal)) {
        this.#failures.clear();
        return this.#wasFound = true;
      }
      if (!this.#wasFound) throw new ClientError("not-found", `Cannot get ${name}: no server has it`);
      // Once it was there, its holders may come back.
      this.#failures.note("unknown-file", "the index knows no other server that has it");
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof IndexFailure)) throw error;
      const text = error.message;
      this.#env.log.warn("index does not answer", { file: name, reason: text });
      this.#failures.clear();
      this.#failures.note("index", text);
      // Those that are known may be there again before the index is.
      return this.#pool.renew();
    }
    return false;
  }

  /** All bytes are there. Undefined if they are not the right ones. */
  async #conclude(): Promise<Omit<Download, "resumedBytes"> | undefined> {
    const { name, signal } = this.#request;
    const transfer = this.#transfer;
    const { sha256: expected, receivedBytes, contributors, plan: { sizeBytes } } = transfer;
    const sha256 = await transfer.prefixDigest(signal);
    if (expected === undefined || sha256 === expected) {
      const isVerified = expected !== undefined;
      const { untoldBy } = this.#team;
      const untold = isVerified || untoldBy === undefined ? {} : { untoldBy };
      return { name, sizeBytes, sha256, isVerified, ...untold, receivedBytes, holders: contributors };
    }
    const senders = contributors.map(describeHolder).join(", ") || "an earlier download";
    const text = `the bytes of ${senders} have another SHA-256 than promised`;
    this.#env.log.warn("download is wrong", { file: name, reason: text });
    this.#failures.note("wrong-bytes", text);
    if (!transfer.isRestartable) throw this.#explain();
    for (const holder of contributors) this.#pool.suspect(holder);
    await transfer.discard();
    return undefined;
  }

  #explain(): ClientError {
    return this.#failures.explain(this.#request.name, { isStuck: !this.#transfer.isRestartable });
  }

  #become(state: ClientState): void {
    if (this.#lifecycle.state !== state) this.#lifecycle.become(state);
  }
}
