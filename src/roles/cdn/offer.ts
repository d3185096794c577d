/**
 * What a content server offers: its folder as last seen, by canonical name.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { slept } from "../../base/clock.ts";
import type { Env } from "../../env/env.ts";
import { FileError } from "../../env/files.ts";
import type { FileEntry } from "../../protocol/cdn.ts";
import { encodeFileName, fileNameReadings, MAX_FILE_NAME_BYTES } from "../../protocol/file_name.ts";
import { Bell } from "../../services/bell.ts";
import { DigestCache } from "../../storage/digest_cache.ts";
import { type FoundFile, scanFolder } from "../../storage/folder.ts";
import { HotFiles } from "../../storage/hot_files.ts";

/** How long after a hint the folder is looked at: whoever copies files in is seldom done with the first. */
const SETTLE_MS = 100;
/** How often the folder is looked at without a hint: hints may be missing on some file systems. */
const RESCAN_MS = 10_000;

type OfferEnv = Pick<Env, "files" | "clock" | "log" | "metrics">;

/** The files of one folder under their canonical names. */
export class Offer {
  /** The folder. */
  readonly folder: string;
  /** Rings when the names or lengths are no longer those that were there before. */
  readonly changed: Bell = new Bell();
  /** Digests of the files. */
  readonly digests: DigestCache;
  /** Bytes of the files that are in demand. */
  readonly hot: HotFiles;
  readonly #env: OfferEnv;
  #files: ReadonlyMap<string, FoundFile> = new Map();
  #generation = 0;
  #scanning: Promise<void> | undefined;
  #scanningNext: Promise<void> | undefined;
  #complained = "";
  #signal: AbortSignal | undefined;

  /** Creates an empty offer; {@link Offer.rescan} fills it. Of its files `cacheBytes` at the most are kept in memory. */
  constructor(env: OfferEnv, folder: string, cacheBytes: number) {
    this.#env = env;
    this.folder = folder;
    this.digests = new DigestCache(env.files, folder);
    this.hot = new HotFiles(env, folder, cacheBytes);
  }

  /** How many files it has. */
  get size(): number {
    return this.#files.size;
  }

  /** How often the names or lengths were no longer those that were there before. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether nobody looks at the folder any more: its server stops. */
  get isClosed(): boolean {
    return this.#signal?.aborted === true;
  }

  /** Canonical names. */
  names(): IterableIterator<string> {
    return this.#files.keys();
  }

  /** What to advertise. */
  *entries(): IterableIterator<FileEntry> {
    for (const [name, { info }] of this.#files) yield { name, sizeBytes: info.sizeBytes };
  }

  /** Finds a file by a name as a client wrote it. */
  find(name: string): FoundFile | undefined {
    // What is canonical already has no likelier reading than itself.
    const canonical = this.#files.get(name);
    if (canonical !== undefined) return canonical;
    for (const reading of fileNameReadings(name)) {
      const found = this.#files.get(reading);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * Looks at the folder. Calls that come while it is being looked at share one more look.
   *
   * @throws {FileError} if the folder cannot be listed; the signal's reason once the offer is closed. What was known stays.
   */
  rescan(): Promise<void> {
    if (this.#scanning === undefined) {
      this.#scanning = this.#scan().finally(() => this.#scanning = undefined);
      return this.#scanning;
    }
    // The look under way may have passed by already what the caller wants to see.
    return this.#scanningNext ??= this.#scanning.catch(() => {}).then(() => {
      this.#scanningNext = undefined;
      return this.rescan();
    });
  }

  /** Looks again whenever the folder may have changed, until the signal aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#env;
    this.#signal = signal;
    const hint = new Bell();
    const hints = this.#listen(hint, signal);
    while (!signal.aborted) {
      await hint.wait(clock, { signal, limitMs: RESCAN_MS });
      if (!await slept(clock, SETTLE_MS, signal)) break;
      const beganMs = clock.now();
      try {
        // A disk that does not answer must not hold up a stop.
        await abortable(this.rescan(), signal);
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof FileError)) throw error;
        log.warn("folder unreadable", { folder: this.folder, reason: error.message });
      }
      // A folder that takes long to look at is looked at less often.
      await slept(clock, 4 * (clock.now() - beganMs), signal);
    }
    await hints;
  }

  async #listen(hint: Bell, signal: AbortSignal): Promise<void> {
    const { files, log } = this.#env;
    try {
      for await (const _ of files.watch(this.folder, { signal })) hint.ring();
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      log.warn("folder not watched", { folder: this.folder, reason: error.message, every: `${RESCAN_MS} ms` });
    }
  }

  async #scan(): Promise<void> {
    const { files, log } = this.#env;
    const scan = await scanFolder(files, this.folder, { signal: this.#signal });
    const next = new Map<string, FoundFile>();
    const skipped = [...scan.skipped];
    for (const found of scan.files.values()) {
      const name = encodeFileName(found.name);
      if (name.length <= MAX_FILE_NAME_BYTES) next.set(name, found);
      else skipped.push(`${name.slice(0, 80)}...: longer than ${MAX_FILE_NAME_BYTES} bytes`);
    }
    const isNews = !sameEntries(this.#files, next);
    this.#files = next;
    this.digests.retain((name) => next.has(encodeFileName(name)));
    this.hot.retain((name, version) => next.get(encodeFileName(name))?.info.version === version);
    const complaint = skipped.join("; ");
    if (complaint !== "" && complaint !== this.#complained) log.warn("files passed over", { which: complaint });
    this.#complained = complaint;
    if (isNews) {
      log.debug("folder changed", { folder: this.folder, files: next.size });
      this.#generation++;
      this.changed.ring();
    }
  }
}

function sameEntries(a: ReadonlyMap<string, FoundFile>, b: ReadonlyMap<string, FoundFile>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { info }] of a) if (b.get(name)?.info.sizeBytes !== info.sizeBytes) return false;
  return true;
}
