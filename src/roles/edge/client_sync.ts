/**
 * Bringing a folder into the CDN: what is there, what the CDN lacks of it, and sending that.
 *
 * @module
 */

import type { AbortOptions } from "../../base/abort.ts";
import type { Env } from "../../env/env.ts";
import { checkEdgeName } from "../../protocol/edge_name.ts";
import { DigestCache } from "../../storage/digest_cache.ts";
import { type FoundFile, scanFolder } from "../../storage/folder.ts";
import { attempt } from "./client_attempts.ts";
import { reasonOf } from "./client_error.ts";
import { ClientOrigin, type OriginOptions, type PlannedPlace } from "./client_origin.ts";
import { uploadFile } from "./client_upload.ts";

/** What became of one file. */
export type SyncOutcome =
  /** The CDN has it. */
  | { readonly kind: "unchanged"; readonly name: string }
  /** It was sent. `isPublished` is false if the store keeps it, and no meta server could be told yet. */
  | {
    readonly kind: "uploaded";
    readonly name: string;
    readonly sizeBytes: number;
    readonly to: string;
    readonly isPublished: boolean;
  }
  /** It was not. */
  | { readonly kind: "failed"; readonly name: string; readonly reason: string };

/** Told while a folder is being synchronised. */
export type SyncEvent =
  /** The folder was looked through. */
  | {
    readonly kind: "scanned";
    readonly files: number;
    readonly sizeBytes: number;
    readonly skipped: readonly string[];
  }
  /** A file's hash is known. */
  | { readonly kind: "hashed"; readonly name: string; readonly sizeBytes: number }
  /** A file is being sent: comes often. After a retry the count begins again. */
  | { readonly kind: "sending"; readonly name: string; readonly sentBytes: number; readonly sizeBytes: number }
  /** A server failed; another one, or the same, is tried. */
  | { readonly kind: "retrying"; readonly name: string; readonly server: string; readonly reason: string }
  | SyncOutcome;

/** Options of {@link syncFolder}. */
export interface SyncOptions extends OriginOptions, AbortOptions {
  /** The folder. Links, devices and names that begin with a dot are passed over. */
  readonly folder: string;
  /** How many files are sent at once, 1 to 64. Default: 4. */
  readonly parallel?: number | undefined;
  /** How many more attempts a file, or a question, gets after the first that failed. Default: 3. */
  readonly retries?: number | undefined;
  /** Milliseconds that a server may make no progress. Default: 60,000. */
  readonly idleMs?: number | undefined;
  /** Told what happens. */
  readonly onEvent?: ((event: SyncEvent) => void) | undefined;
}

/** What came of it. */
export interface SyncResult {
  /** Each file, by name, and the first few files and folders that cannot be looked at, as failed. */
  readonly files: readonly SyncOutcome[];
  /** What was passed over on purpose, in words, the first few. */
  readonly skipped: readonly string[];
  /** How many were sent. */
  readonly uploaded: number;
  /** How many bytes those have. */
  readonly uploadedBytes: number;
  /** How many the CDN had already. */
  readonly unchanged: number;
  /** How many failed: nothing, if all is well. */
  readonly failed: number;
}

/** What clients need of the outside world. */
export type EdgeClientEnv = Pick<Env, "httpClient" | "clock" | "random" | "files">;

/** The most files that are sent at once. */
export const MAX_PARALLEL_UPLOADS = 64;

/** How many files one question to the origin names. */
const BATCH = 1_000;

const DEFAULTS = { parallel: 4, retries: 3, idleMs: 60_000 } as const;

/** A file with all that is told of it. */
interface Offer {
  readonly found: FoundFile;
  readonly hash: string;
  readonly timestamp: string;
}

/** Synchronises a folder: see `syncFolder()` of `client.ts`. */
export async function syncFolder(env: EdgeClientEnv, options: SyncOptions): Promise<SyncResult> {
  return await new Sync(env, options).run();
}

class Sync {
  readonly #env: EdgeClientEnv;
  readonly #options: SyncOptions;
  readonly #origin: ClientOrigin;
  readonly #digests: DigestCache;
  readonly #parallel: number;
  readonly #retries: number;
  readonly #outcomes: SyncOutcome[] = [];

  constructor(env: EdgeClientEnv, options: SyncOptions) {
    const { parallel = DEFAULTS.parallel, retries = DEFAULTS.retries } = options;
    if (!(Number.isInteger(parallel) && parallel >= 1 && parallel <= MAX_PARALLEL_UPLOADS)) {
      throw new RangeError(`Cannot send ${parallel} files at once: expected 1 to ${MAX_PARALLEL_UPLOADS}`);
    }
    this.#env = env;
    this.#options = options;
    this.#origin = new ClientOrigin(env, options);
    this.#digests = new DigestCache(env.files, options.folder);
    this.#parallel = parallel;
    this.#retries = retries;
  }

  async run(): Promise<SyncResult> {
    const { folder, signal } = this.#options;
    const { files, missed, ...scan } = await scanFolder(this.#env.files, folder, { signal });
    const missedWords = new Set(missed.map(({ name, reason }) => `${name}: ${reason}`));
    const skipped = scan.skipped.filter((words) => !missedWords.has(words));
    const found = [...files.values()].sort((a, b) => a.name < b.name ? -1 : 1);
    const sizeBytes = found.reduce((sum, { info }) => sum + info.sizeBytes, 0);
    this.#options.onEvent?.({ kind: "scanned", files: found.length, sizeBytes, skipped });
    for (const { name, reason } of missed) this.#settle({ kind: "failed", name, reason });
    try {
      for (let at = 0; at < found.length; at += BATCH) await this.#syncBatch(found.slice(at, at + BATCH));
    } finally {
      this.#digests.close();
    }
    return this.#result(skipped);
  }

  async #syncBatch(batch: readonly FoundFile[]): Promise<void> {
    const offers: Offer[] = [];
    await this.#each(batch, async (found) => {
      const offer = await this.#offer(found);
      if (offer !== undefined) offers.push(offer);
    });
    if (offers.length === 0) return;
    let places: readonly PlannedPlace[];
    try {
      places = await this.#plan(offers);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      for (const { found: { name } } of offers) this.#settle({ kind: "failed", name, reason: reasonOf(error) });
      return;
    }
    await this.#each(offers, async (offer, at) => {
      if (places[at]!.needsUpload) await this.#send(offer, places[at]!);
      else this.#settle({ kind: "unchanged", name: offer.found.name });
    });
  }

  /** Asks where files go, also more than once. */
  async #plan(offers: readonly Offer[]): Promise<readonly PlannedPlace[]> {
    const { signal } = this.#options;
    let places: readonly PlannedPlace[] = [];
    const locate = async (): Promise<PlannedPlace> => {
      places = await this.#origin.plan(offers.map(fileOf), { signal });
      return places[0]!;
    };
    const onRetry = (server: string, reason: string): void => {
      this.#options.onEvent?.({ kind: "retrying", name: "", server, reason });
    };
    await attempt(
      this.#env,
      { what: "ask where files go", retries: this.#retries, locate, onRetry, signal },
      async () => {},
    );
    return places;
  }

  /** Looks at a file; `undefined` if it cannot be sent, which is noted. */
  async #offer(found: FoundFile): Promise<Offer | undefined> {
    const { name, info: { modifiedMs, sizeBytes } } = found;
    let reason = "it changed while it was looked at";
    try {
      checkEdgeName(name);
      const hash = await this.#digests.digest(found);
      if (hash !== undefined) {
        this.#options.onEvent?.({ kind: "hashed", name, sizeBytes });
        return { found, hash, timestamp: new Date(Math.floor(modifiedMs)).toISOString() };
      }
    } catch (error) {
      reason = reasonOf(error);
    }
    this.#settle({ kind: "failed", name, reason });
    return undefined;
  }

  async #send(offer: Offer, planned: PlannedPlace): Promise<void> {
    const { folder, token, idleMs = DEFAULTS.idleMs, signal, onEvent } = this.#options;
    const { found, hash, timestamp } = offer;
    const { name, info: { sizeBytes } } = found;
    const attempts = {
      what: `send ${name}`,
      retries: this.#retries,
      planned,
      locate: async () => (await this.#origin.plan([fileOf(offer)], { signal }))[0]!,
      onRetry: (server: string, reason: string) => onEvent?.({ kind: "retrying", name, server, reason }),
      signal,
    };
    const onSent = (sentBytes: number): void => onEvent?.({ kind: "sending", name, sentBytes, sizeBytes });
    try {
      let to = "";
      const isPublished = await attempt(this.#env, attempts, async (route) => {
        to = route.address;
        return await uploadFile(this.#env, route, { folder, found, hash, timestamp, token, idleMs, onSent, signal });
      });
      // A server that does not say is one of others' making, which tells the meta server before it answers.
      this.#settle({ kind: "uploaded", name, sizeBytes, to, isPublished: isPublished ?? true });
    } catch (error) {
      signal?.throwIfAborted();
      this.#settle({ kind: "failed", name, reason: reasonOf(error) });
    }
  }

  /** Does something with each, a few at once. The first error ends it, when those that are under way have ended. */
  async #each<T>(items: readonly T[], run: (item: T, at: number) => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    let next = 0;
    const workers = Array.from({ length: Math.min(this.#parallel, items.length) }, async () => {
      while (next < items.length) {
        signal?.throwIfAborted();
        const at = next++;
        await run(items[at]!, at);
      }
    });
    const ends = await Promise.allSettled(workers);
    const failure = ends.find((end) => end.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }

  #settle(outcome: SyncOutcome): void {
    this.#outcomes.push(outcome);
    this.#options.onEvent?.(outcome);
  }

  #result(skipped: readonly string[]): SyncResult {
    const files = this.#outcomes.sort((a, b) => a.name < b.name ? -1 : 1);
    const sent = files.filter((outcome) => outcome.kind === "uploaded");
    return {
      files,
      skipped,
      uploaded: sent.length,
      uploadedBytes: sent.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      unchanged: files.filter(({ kind }) => kind === "unchanged").length,
      failed: files.filter(({ kind }) => kind === "failed").length,
    };
  }
}

function fileOf({ found: { name }, hash, timestamp }: Offer): { Name: string; Hash: string; TimeStamp: string } {
  return { Name: name, Hash: hash, TimeStamp: timestamp };
}
