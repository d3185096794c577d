/**
 * The disk layer of an edge node's cache: a file a copy, which the next run finds again.
 *
 * A copy is written beside its place and renamed. There is no index to go wrong: each file says what it is
 * (`disk_copy.ts`). Nothing is synced, for what a power failure damages is noticed, and was only a copy.
 *
 * @module
 */

import { sha256 } from "../base/digest.ts";
import type { ByteRange } from "../core/byte_ranges.ts";
import { Cache } from "../core/cache.ts";
import type { EdgeObject } from "../core/edge_object.ts";
import type { Env } from "../env/env.ts";
import { FileError, type OpenFile } from "../env/files.ts";
import type { CachedCopy, CacheLayer, CopyDraft, DraftOptions, RemoveOptions } from "./cache_layer.ts";
import { checkRoom, closedError, CopyBooks, type Holding } from "./copy_books.ts";
import {
  DIGEST_BYTES,
  digestBytes,
  digestOf,
  encodeTail,
  fillFrom,
  isEqual,
  overheadBytesOf,
  PART_BYTES,
  partsOf,
  readTail,
} from "./disk_copy.ts";
import { LayerFaults } from "./layer_faults.ts";
import { StorageError } from "./storage_error.ts";

/** How much it holds unless somebody says otherwise: 10 GiB. */
const DEFAULT_DISK_BYTES = 10_737_418_240;
/** The share of all of it that one copy may take. */
const MAX_SHARE = 1 / 2;
/** How much of the SHA-256 of a name stands in its files' names: enough that no two names ever share one. */
const HASH_LENGTH = 40;
/** How often to draw another file name when one is taken. */
const NAME_ATTEMPTS = 4;

const COPY_SUFFIX = ".copy";
const DRAFT_SUFFIX = ".part";

/** Options of {@link DiskLayer.open}. */
export interface DiskLayerOptions {
  /** The folder, for this layer alone; made if it is missing. Files in it that are no copies are left alone. */
  readonly folder: string;
  /** The most that its files take, in bytes. Default: 10 GiB. */
  readonly maxBytes?: number | undefined;
}

/** Where a copy's bytes are. */
interface DiskPlace {
  /** Its file's path: never that of another copy, so that who removes an old one cannot remove a new one. */
  path: string;
  /** What the file system says of it: what was written by anybody else is no copy of ours. */
  version: string;
  /** The parts that are known to be right; `undefined` for all of them. */
  checked: Set<number> | undefined;
}

/** Copies in a folder. */
export class DiskLayer implements CacheLayer {
  /** See {@link CacheLayer.name}. */
  readonly name = "disk";
  readonly #env: Pick<Env, "files" | "clock" | "random" | "log">;
  readonly #folder: string;
  readonly #books: CopyBooks<DiskPlace>;
  readonly #faults: LayerFaults;
  /** Removals under way. */
  readonly #removing = new Set<Promise<void>>();

  private constructor(env: Pick<Env, "files" | "clock" | "random" | "log" | "metrics">, options: DiskLayerOptions) {
    const { folder, maxBytes = DEFAULT_DISK_BYTES } = options;
    this.#env = env;
    this.#folder = folder;
    this.#faults = new LayerFaults(env, this.name);
    this.#books = new CopyBooks({
      eviction: new Cache<Holding<DiskPlace>>(maxBytes),
      costOf: (sizeBytes) => sizeBytes + overheadBytesOf(sizeBytes),
      maxCopyBytes: maxBytes * MAX_SHARE,
      onGone: ({ place }) => this.#unlink(place.path),
    });
    const help = "What copies of objects take.";
    env.metrics.gauge("microcdn_edge_cache_bytes", help, () => this.sizeBytes, { layer: this.name });
  }

  /**
   * Opens a folder: finds the copies in it, and removes what an earlier run left half done. A folder that cannot be had
   * is a {@link CacheLayer.failure}, and nothing is kept then.
   */
  static async open(
    env: Pick<Env, "files" | "clock" | "random" | "log" | "metrics">,
    options: DiskLayerOptions,
  ): Promise<DiskLayer> {
    const layer = new DiskLayer(env, options);
    await layer.#find();
    return layer;
  }

  /** See {@link CacheLayer.sizeBytes}. */
  get sizeBytes(): number {
    return this.#books.sizeBytes;
  }

  /** See {@link CacheLayer.failure}. */
  get failure(): string | undefined {
    return this.#faults.failure;
  }

  /** See {@link CacheLayer.peek}. */
  peek(name: string): EdgeObject | undefined {
    return this.#books.get(name)?.object;
  }

  /** See {@link CacheLayer.open}. */
  async open(name: string): Promise<CachedCopy | undefined> {
    const holding = this.#books.lend(name);
    if (holding === undefined) return undefined;
    const file = await this.#openFile(holding);
    if (file === undefined) {
      this.#books.release(holding);
      return undefined;
    }
    return new DiskCopy(file, holding, {
      release: () => this.#books.release(holding),
      lost: (error) => {
        this.#faults.note(error);
        this.#books.drop(holding);
      },
    });
  }

  /** See {@link CacheLayer.begin}. */
  async begin(name: string, { sizeBytes, generation }: DraftOptions): Promise<CopyDraft | undefined> {
    const place: DiskPlace = { path: "", version: "", checked: undefined };
    const holding = this.#books.begin(name, { sizeBytes, generation, place });
    if (holding === undefined) return undefined;
    try {
      const file = await this.#create(name, place);
      const draft = new DiskDraft(file, holding, {
        unixMs: () => this.#env.clock.unixMs(),
        keep: (object, keptMs) => this.#keep(holding, file, { object, keptMs }),
      });
      return withFaults(draft, this.#faults, () => this.#books.release(holding));
    } catch (error) {
      this.#faults.note(error);
      this.#books.release(holding);
      return undefined;
    }
  }

  /** See {@link CacheLayer.remove}. */
  async remove(name: string, { below }: RemoveOptions = {}): Promise<boolean> {
    const isThere = this.#books.remove(name, below);
    await Promise.all(this.#removing);
    return isThere;
  }

  /** See {@link CacheLayer.list}. */
  list(): (readonly [string, EdgeObject])[] {
    return this.#books.all().map(({ name, object }) => [name, object!] as const);
  }

  /** See {@link CacheLayer.close}. */
  async close(): Promise<void> {
    await Promise.all(this.#removing);
  }

  /** Enters the copies that are there, oldest first, so that those are the first to go. */
  async #find(): Promise<void> {
    const { files } = this.#env;
    const found: { path: string; version: string; object: EdgeObject; name: string; keptMs: number }[] = [];
    try {
      await files.makeFolder(this.#folder);
      for (const { name, kind } of await files.list(this.#folder)) {
        const path = `${this.#folder}/${name}`;
        if (kind !== "file") continue;
        if (name.endsWith(DRAFT_SUFFIX)) this.#unlink(path);
        if (!name.endsWith(COPY_SUFFIX)) continue;
        const copy = await this.#inspect(path);
        if (copy === undefined) this.#unlink(path);
        else found.push({ ...copy, path });
      }
    } catch (error) {
      this.#faults.note(error);
    }
    found.sort((a, b) => a.keptMs - b.keptMs);
    for (const { path, version, object, name, keptMs } of found) {
      const isEntered = this.#books.adopt(name, { path, version, checked: new Set() }, { object, keptMs });
      if (!isEntered) this.#unlink(path);
    }
    await Promise.all(this.#removing);
    this.#env.log.debug("disk cache opened", { copies: this.#books.count, sizeBytes: this.sizeBytes });
  }

  /** What a file is a copy of; `undefined` if it is not whole. */
  async #inspect(
    path: string,
  ): Promise<{ version: string; object: EdgeObject; name: string; keptMs: number } | undefined> {
    try {
      const file = await this.#env.files.open(path);
      try {
        const { sizeBytes, version } = await file.info();
        const tail = await readTail(file, sizeBytes);
        return tail && { ...tail.record, version };
      } finally {
        await file.close();
      }
    } catch (error) {
      this.#faults.note(error);
      return undefined;
    }
  }

  /** Opens a copy's file, if it still is what was written. */
  async #openFile(holding: Holding<DiskPlace>): Promise<OpenFile | undefined> {
    try {
      const file = await this.#env.files.open(holding.place.path);
      if ((await file.info()).version === holding.place.version) {
        this.#faults.clear();
        return file;
      }
      await file.close();
      this.#env.log.warn("copy on disk was changed by others", { name: holding.name });
    } catch (error) {
      // One that was given up just now is gone, and that is no fault.
      if (holding.state !== "kept") return undefined;
      this.#faults.note(error);
      // What cannot be opened for want of descriptors is still there.
      if (error instanceof FileError && error.code === "exhausted") return undefined;
    }
    this.#books.drop(holding);
    return undefined;
  }

  async #create(name: string, place: DiskPlace): Promise<OpenFile> {
    const digest = sha256();
    digest.update(new TextEncoder().encode(name));
    const stem = `${this.#folder}/${digest.hex().slice(0, HASH_LENGTH)}`;
    for (let attempt = 1;; attempt++) {
      const path = `${stem}-${Math.floor(this.#env.random.next() * 2 ** 48).toString(36)}${DRAFT_SUFFIX}`;
      try {
        const file = await this.#env.files.create(path);
        place.path = path;
        return file;
      } catch (error) {
        const code = error instanceof FileError && attempt < NAME_ATTEMPTS ? error.code : "other";
        if (code !== "exists" && code !== "not-found") throw error;
        // The folder itself may have been removed, or could not be made before.
        if (code === "not-found") await this.#env.files.makeFolder(this.#folder);
      }
    }
  }

  /** Gives a whole draft its final name, and enters it. */
  async #keep(
    holding: Holding<DiskPlace>,
    file: OpenFile,
    copy: { readonly object: EdgeObject; readonly keptMs: number },
  ): Promise<boolean> {
    const draftPath = holding.place.path;
    const path = `${draftPath.slice(0, -DRAFT_SUFFIX.length)}${COPY_SUFFIX}`;
    if (isGone(holding)) return false;
    try {
      await this.#env.files.rename(draftPath, path);
    } catch (error) {
      // It was removed meanwhile, and its file before it could be renamed.
      if (isGone(holding)) return false;
      throw error;
    }
    const { version } = await file.info();
    Object.assign(holding.place, { path, version });
    if (this.#books.keep(holding, copy.object, copy.keptMs)) return true;
    // What was unlinked when it was removed was the old path.
    this.#unlink(path);
    await Promise.all(this.#removing);
    return false;
  }

  #unlink(path: string): void {
    if (path === "") return;
    const removal = this.#env.files.remove(path)
      .catch((error) => this.#faults.note(error))
      .finally(() => void this.#removing.delete(removal));
    this.#removing.add(removal);
  }
}

/** Whether it was given up by now, whatever it was a moment ago. */
function isGone(holding: Holding<DiskPlace>): boolean {
  return holding.state === "gone";
}

/** A draft whose failures are counted. */
function withFaults(draft: DiskDraft, faults: LayerFaults, onClose: () => void): CopyDraft {
  let isOpen = true;
  async function counted<T>(what: () => Promise<T>): Promise<T> {
    try {
      return await what();
    } catch (error) {
      // Without a cause it was not the disk that failed.
      if (!(error instanceof StorageError) || error.cause !== undefined) faults.note(error);
      throw error;
    }
  }
  return {
    read: (range) => draft.read(range),
    write: (bytes) => counted(() => draft.write(bytes)),
    async commit(object): Promise<boolean> {
      const isKept = await counted(() => draft.commit(object)).catch(() => false);
      if (isKept) faults.clear();
      return isKept;
    },
    async close(): Promise<void> {
      if (!isOpen) return;
      isOpen = false;
      await draft.close();
      onClose();
    },
  };
}

/** What a copy needs of its layer. */
interface CopyHost {
  release(): void;
  lost(error: StorageError): void;
}

class DiskCopy implements CachedCopy {
  readonly layer = "disk";
  readonly object: EdgeObject;
  readonly keptMs: number;
  readonly #file: OpenFile;
  readonly #holding: Holding<DiskPlace>;
  readonly #books: CopyHost;
  #digests: Uint8Array | undefined;
  #isOpen = true;

  constructor(file: OpenFile, holding: Holding<DiskPlace>, books: CopyHost) {
    this.#file = file;
    this.#holding = holding;
    this.#books = books;
    this.object = holding.object!;
    this.keptMs = holding.keptMs;
  }

  async *read({ start, end }: ByteRange = { start: 0, end: this.object.sizeBytes }): AsyncGenerator<Uint8Array> {
    const { sizeBytes } = this.object;
    const buffer = new Uint8Array(Math.min(PART_BYTES, sizeBytes));
    for (let at = start; at < end;) {
      const part = Math.floor(at / PART_BYTES);
      const [partStart, partEnd] = [part * PART_BYTES, Math.min((part + 1) * PART_BYTES, sizeBytes)];
      const stop = Math.min(end, partEnd);
      const isRight = this.#holding.place.checked?.has(part) ?? true;
      const [from, to] = isRight ? [at, stop] : [partStart, partEnd];
      const bytes = buffer.subarray(0, to - from);
      if (!await this.#fill(bytes, from) || !(isRight || await this.#isPart(part, bytes))) {
        throw this.#lost("corrupt");
      }
      yield bytes.subarray(at - from, stop - from);
      at = stop;
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#file.close().finally(() => this.#books.release());
  }

  async #fill(into: Uint8Array, offsetBytes: number): Promise<boolean> {
    if (!this.#isOpen) throw closedError();
    try {
      return await fillFrom(this.#file, into, offsetBytes);
    } catch (error) {
      throw this.#isOpen ? this.#lost("other", error) : closedError();
    }
  }

  /** Compares a part with its digest, once a run. */
  async #isPart(part: number, bytes: Uint8Array): Promise<boolean> {
    try {
      this.#digests ??= (await readTail(this.#file, (await this.#file.info()).sizeBytes))?.digests;
    } catch (error) {
      throw this.#lost("other", error);
    }
    const digest = this.#digests?.subarray(part * DIGEST_BYTES, (part + 1) * DIGEST_BYTES);
    if (digest === undefined || !isEqual(digestOf(bytes), digest)) return false;
    const { place } = this.#holding;
    place.checked?.add(part);
    if (place.checked?.size === partsOf(this.object.sizeBytes)) place.checked = undefined;
    return true;
  }

  #lost(code: "corrupt" | "other", cause?: unknown): StorageError {
    const error = new StorageError(code, `read a copy of ${this.#holding.name}`, { cause });
    this.#books.lost(error);
    return error;
  }
}

/** What a draft needs of its layer. */
interface DraftHost {
  unixMs(): number;
  keep(object: EdgeObject, keptMs: number): Promise<boolean>;
}

class DiskDraft {
  readonly #file: OpenFile;
  readonly #holding: Holding<DiskPlace>;
  readonly #host: DraftHost;
  readonly #digests: Uint8Array;
  #part = sha256();
  #writtenBytes = 0;
  #isOpen = true;

  constructor(file: OpenFile, holding: Holding<DiskPlace>, host: DraftHost) {
    this.#file = file;
    this.#holding = holding;
    this.#host = host;
    this.#digests = new Uint8Array(partsOf(holding.sizeBytes) * DIGEST_BYTES);
  }

  async write(bytes: Uint8Array): Promise<void> {
    checkRoom(this.#holding, this.#writtenBytes + bytes.length);
    try {
      await this.#file.writeAt(bytes, this.#writtenBytes);
    } catch (error) {
      const code = error instanceof FileError && error.code === "full" ? "full" : "other";
      throw new StorageError(code, `keep a copy of ${this.#holding.name}`, { cause: error });
    }
    this.#digest(bytes);
  }

  async *read({ start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(Math.min(PART_BYTES, end - start));
    for (let at = start; at < end; at += buffer.length) {
      if (!this.#isOpen) throw closedError();
      const bytes = buffer.subarray(0, Math.min(buffer.length, end - at));
      if (!await fillFrom(this.#file, bytes, at)) throw new StorageError("corrupt", `read ${this.#holding.name}`);
      yield bytes;
    }
  }

  async commit(object: EdgeObject): Promise<boolean> {
    const { name, sizeBytes } = this.#holding;
    const isWhole = this.#isOpen && this.#writtenBytes === sizeBytes && object.sizeBytes === sizeBytes;
    if (!isWhole) return false;
    const keptMs = this.#host.unixMs();
    await this.#file.writeAt(encodeTail({ name, object, keptMs }, this.#digests), sizeBytes);
    return await this.#host.keep(object, keptMs);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#file.close();
  }

  /** Adds bytes to the digests of their parts. */
  #digest(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(bytes.length - at, PART_BYTES - this.#writtenBytes % PART_BYTES);
      this.#part.update(bytes.subarray(at, at + count));
      this.#writtenBytes += count;
      at += count;
      if (this.#writtenBytes % PART_BYTES === 0 || this.#writtenBytes === this.#holding.sizeBytes) {
        const part = partsOf(this.#writtenBytes) - 1;
        this.#digests.set(digestBytes(this.#part.hex()), part * DIGEST_BYTES);
        this.#part = sha256();
      }
    }
  }
}
