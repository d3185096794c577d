/**
 * The memory layer of an edge node's cache.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { ByteRange } from "../core/byte_ranges.ts";
import { Cache } from "../core/cache.ts";
import type { EdgeObject } from "../core/edge_object.ts";
import type { Env } from "../env/env.ts";
import type { CachedCopy, CacheLayer, CopyDraft, DraftOptions, RemoveOptions } from "./cache_layer.ts";
import { checkRoom, closedError, CopyBooks, type Holding } from "./copy_books.ts";

/** How much it holds unless somebody says otherwise: 10 MiB. */
const DEFAULT_MEMORY_BYTES = 10_485_760;
/** The share of all of it that one copy may take: a larger one would push out too many others. */
const MAX_SHARE = 1 / 4;
/** What a copy takes besides its bytes: without it a crowd of tiny objects would be free. */
const OVERHEAD_BYTES = 1_024;
/** How much is given out at once. */
const PIECE_BYTES = 262_144;

const NOTHING = new Uint8Array(0);

/** Where a copy's bytes are. */
interface Room {
  /** Taken with the first byte: only then is it known that the books have room. */
  bytes: Uint8Array;
}

/** Options of {@link MemoryLayer}. */
export interface MemoryLayerOptions {
  /** The most memory that it holds, in bytes; 0 keeps nothing. Default: 10 MiB. */
  readonly maxBytes?: number | undefined;
}

/** Copies in memory. What is lent or being made counts, and is not given up for others. */
export class MemoryLayer implements CacheLayer {
  /** See {@link CacheLayer.name}. */
  readonly name = "memory";
  /** It has no engine that could fail. */
  readonly failure: undefined = undefined;
  readonly #clock: Clock;
  readonly #books: CopyBooks<Room>;

  /** Creates it empty. */
  constructor({ clock, metrics }: Pick<Env, "clock" | "metrics">, options: MemoryLayerOptions = {}) {
    const { maxBytes = DEFAULT_MEMORY_BYTES } = options;
    this.#clock = clock;
    this.#books = new CopyBooks({
      eviction: new Cache<Holding<Room>>(maxBytes),
      costOf: (sizeBytes) => sizeBytes + OVERHEAD_BYTES,
      maxCopyBytes: maxBytes * MAX_SHARE,
    });
    const help = "What copies of objects take.";
    metrics.gauge("microcdn_edge_cache_bytes", help, () => this.sizeBytes, { layer: this.name });
  }

  /** See {@link CacheLayer.sizeBytes}. */
  get sizeBytes(): number {
    return this.#books.sizeBytes;
  }

  /** See {@link CacheLayer.peek}. */
  peek(name: string): EdgeObject | undefined {
    return this.#books.get(name)?.object;
  }

  /** See {@link CacheLayer.open}. */
  open(name: string): Promise<CachedCopy | undefined> {
    const holding = this.#books.lend(name);
    return Promise.resolve(holding && new MemoryCopy(this.#books, holding));
  }

  /** See {@link CacheLayer.begin}. */
  begin(name: string, { sizeBytes, generation }: DraftOptions): Promise<CopyDraft | undefined> {
    const holding = this.#books.begin(name, { sizeBytes, generation, place: { bytes: NOTHING } });
    return Promise.resolve(holding && new MemoryDraft(this.#books, holding, () => this.#clock.unixMs()));
  }

  /** See {@link CacheLayer.remove}. */
  remove(name: string, { below }: RemoveOptions = {}): Promise<boolean> {
    return Promise.resolve(this.#books.remove(name, below));
  }

  /** See {@link CacheLayer.list}. */
  list(): (readonly [string, EdgeObject])[] {
    return this.#books.all().map(({ name, object }) => [name, object!] as const);
  }

  /** See {@link CacheLayer.close}. */
  close(): Promise<void> {
    for (const [name] of this.list()) this.#books.remove(name);
    return Promise.resolve();
  }
}

class MemoryCopy implements CachedCopy {
  readonly layer = "memory";
  readonly object: EdgeObject;
  readonly keptMs: number;
  readonly #books: CopyBooks<Room>;
  readonly #holding: Holding<Room>;
  #isOpen = true;

  constructor(books: CopyBooks<Room>, holding: Holding<Room>) {
    this.#books = books;
    this.#holding = holding;
    this.object = holding.object!;
    this.keptMs = holding.keptMs;
  }

  read(range: ByteRange = { start: 0, end: this.object.sizeBytes }): AsyncIterable<Uint8Array> {
    return piecesOf(this.#holding.place.bytes, range, () => this.#isOpen);
  }

  close(): Promise<void> {
    if (this.#isOpen) this.#books.release(this.#holding);
    this.#isOpen = false;
    return Promise.resolve();
  }
}

class MemoryDraft implements CopyDraft {
  readonly #books: CopyBooks<Room>;
  readonly #holding: Holding<Room>;
  readonly #unixMs: () => number;
  #writtenBytes = 0;
  #isOpen = true;

  constructor(books: CopyBooks<Room>, holding: Holding<Room>, unixMs: () => number) {
    this.#books = books;
    this.#holding = holding;
    this.#unixMs = unixMs;
  }

  // deno-lint-ignore require-await -- a throw must become a rejection
  async write(bytes: Uint8Array): Promise<void> {
    const { place, sizeBytes } = this.#holding;
    checkRoom(this.#holding, this.#writtenBytes + bytes.length);
    if (place.bytes === NOTHING) place.bytes = new Uint8Array(sizeBytes);
    place.bytes.set(bytes, this.#writtenBytes);
    this.#writtenBytes += bytes.length;
  }

  read(range: ByteRange): AsyncIterable<Uint8Array> {
    return piecesOf(this.#holding.place.bytes, range, () => this.#isOpen);
  }

  commit(object: EdgeObject): Promise<boolean> {
    const { sizeBytes } = this.#holding;
    const isWhole = this.#isOpen && this.#writtenBytes === sizeBytes && object.sizeBytes === sizeBytes;
    return Promise.resolve(isWhole && this.#books.keep(this.#holding, object, this.#unixMs()));
  }

  close(): Promise<void> {
    if (this.#isOpen) this.#books.release(this.#holding);
    this.#isOpen = false;
    return Promise.resolve();
  }
}

async function* piecesOf(
  bytes: Uint8Array,
  { start, end }: ByteRange,
  isOpen: () => boolean,
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += PIECE_BYTES) {
    if (!isOpen()) throw closedError();
    yield bytes.subarray(at, Math.min(end, at + PIECE_BYTES));
  }
}
