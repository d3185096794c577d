/**
 * SHA-256 of files, computed once a version.
 *
 * @module
 */

import { sha256 } from "../base/digest.ts";
import type { Files } from "../env/files.ts";
import { type FoundFile, openFound, sameContent } from "./folder.ts";

const CHUNK_BYTES = 1_048_576;
/** How many files are read at once: more would only fight for the disk. */
const MAX_RUNNING = 2;

interface Known {
  readonly version: string;
  readonly digest: Promise<string | undefined>;
}

/** Digests of the files of one folder. Keeps one a name; forgets what is no longer served. */
export class DigestCache {
  readonly #files: Files;
  readonly #folder: string;
  readonly #known = new Map<string, Known>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #isClosed = false;

  /** Creates an empty cache. */
  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /** Returns a file's digest in hex; `undefined` if it changed, or the cache was closed, before its end. */
  async digest(found: FoundFile): Promise<string | undefined> {
    const { name, info: { version } } = found;
    const known = this.#known.get(name);
    if (known?.version === version) return await known.digest;
    const digest = this.#compute(found);
    const entry: Known = { version, digest };
    this.#known.set(name, entry);
    const forget = (): void => {
      if (this.#known.get(name) === entry) this.#known.delete(name);
    };
    digest.then((value) => value === undefined && forget(), forget);
    return await digest;
  }

  /** Drops the digests of files that `isServed` does not know. */
  retain(isServed: (name: string) => boolean): void {
    for (const name of this.#known.keys()) if (!isServed(name)) this.#known.delete(name);
  }

  /** Gives up on what is being computed, however long the file still is. */
  close(): void {
    this.#isClosed = true;
  }

  async #compute(found: FoundFile): Promise<string | undefined> {
    while (this.#running >= MAX_RUNNING) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      return await this.#read(found);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #read(found: FoundFile): Promise<string | undefined> {
    const file = await openFound(this.#files, this.#folder, found);
    if (file === undefined) return undefined;
    try {
      const digest = sha256();
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(1, found.info.sizeBytes)));
      let offset = 0;
      while (offset < found.info.sizeBytes) {
        const count = await file.readAt(buffer, offset);
        if (count === 0 || this.#isClosed) return undefined;
        digest.update(buffer.subarray(0, count));
        offset += count;
      }
      return sameContent(await file.info(), found.info) && offset === found.info.sizeBytes ? digest.hex() : undefined;
    } finally {
      await file.close();
    }
  }
}
