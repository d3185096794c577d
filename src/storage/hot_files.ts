/**
 * Files that are in demand, in memory, to be sent from there.
 *
 * They are kept piece by piece: a pass over a large file makes its pieces compete one at a time, and the room of one that
 * is given up is used for the next. Each piece belongs to one version of a file, and bytes of another never get into it.
 *
 * @module
 */

import { Cache } from "../core/cache.ts";
import type { Env } from "../env/env.ts";
import { FileError, type Files } from "../env/files.ts";
import type { Counter } from "../env/metrics.ts";
import type { FoundFile } from "./folder.ts";

/** How much is kept unless somebody says otherwise: 256 MiB. */
export const DEFAULT_CACHE_BYTES = 268_435_456;
/** How much of a file is kept or given up, and sent, at once: larger writes are hardly any faster. */
export const PIECE_BYTES = 1_048_576;
/** What a piece takes besides its bytes, measured: without it a crowd of tiny files would be free. */
const OVERHEAD_BYTES = 1_024;
/** What has been read need not keep a promise of its own. */
const FILLED = Promise.resolve(true);

/** Bytes that are lent: they stay as they are until they are given back. */
export interface Loan {
  /** They belong to the lender. */
  readonly bytes: Uint8Array;
  /** Gives them back, once. */
  release(): void;
}

/** Reads a whole piece, and says whether it is of the version that was asked for. */
export type FillPiece = (into: Uint8Array) => Promise<boolean>;

/** One version of one file, and its pieces by their place in it. */
interface HotFile {
  readonly name: string;
  readonly version: string;
  readonly sizeBytes: number;
  readonly pieces: Map<number, Piece>;
  /** A look at its path that has not begun. */
  look: Promise<string | undefined> | undefined;
}

class Piece implements Loan {
  readonly file: HotFile;
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Whether it can be found. One that is lent when it is given up goes when it comes back. */
  isListed = true;
  isFilled = false;
  filled = FILLED;
  /** Until it is read nobody else may have its memory. */
  loans = 1;
  readonly #cache: Cache<Piece>;

  constructor(cache: Cache<Piece>, file: HotFile, { index, bytes }: { index: number; bytes: Uint8Array }) {
    this.#cache = cache;
    this.file = file;
    this.index = index;
    this.bytes = bytes;
  }

  release(): void {
    if (--this.loans === 0 && !this.isListed) this.#cache.remove(this);
  }
}

/** The files of one folder, as far as memory for them goes. */
export class HotFiles {
  readonly #files: Files;
  readonly #folder: string;
  readonly #cache: Cache<Piece>;
  readonly #versions = new Map<string, HotFile>();
  readonly #hits: Counter;
  readonly #misses: Counter;
  readonly #evictions: Counter;

  /** Creates it empty. With `maxBytes` 0 it keeps nothing. */
  constructor({ files, metrics }: Pick<Env, "files" | "metrics">, folder: string, maxBytes: number) {
    this.#files = files;
    this.#folder = folder;
    this.#cache = new Cache(maxBytes);
    this.#hits = metrics.counter("microcdn_cache_hits_total", "Pieces of files sent from memory.");
    this.#misses = metrics.counter("microcdn_cache_misses_total", "Pieces of files that had to be read first.");
    this.#evictions = metrics.counter("microcdn_cache_evictions_total", "Pieces of files given up for others.");
    metrics.gauge("microcdn_cache_pieces", "Pieces of files in memory.", () => this.count);
    metrics.gauge("microcdn_cache_bytes", "Memory that pieces of files take.", () => this.sizeBytes);
  }

  /** How many pieces it holds. */
  get count(): number {
    return this.#cache.count;
  }

  /** How much memory it holds: pieces that are lent or being read included, and never more than `maxBytes`. */
  get sizeBytes(): number {
    return this.#cache.sizeBytes;
  }

  /** The most memory that it may hold. */
  get maxBytes(): number {
    return this.#cache.maxBytes;
  }

  /** Whether a file is one that it keeps. One that is larger than all of it would only push out the others. */
  keeps({ info: { sizeBytes } }: FoundFile): boolean {
    return sizeBytes > 0 && sizeBytes <= this.#cache.maxBytes;
  }

  /**
   * Lends a small file that is here, without opening it: its path must still lead to the very version that was found.
   */
  async lendWhole({ name, info: { version } }: FoundFile): Promise<Loan | undefined> {
    const file = this.#versions.get(version);
    const piece = file?.pieces.get(0);
    // Of two names of one file the look would tell about one.
    if (file === undefined || !piece?.isFilled || piece.bytes.length !== file.sizeBytes || file.name !== name) {
      return undefined;
    }
    piece.loans++;
    let isCurrent = false;
    try {
      isCurrent = await this.#versionNow(file) === version;
    } finally {
      if (!isCurrent) piece.release();
    }
    if (!isCurrent) return undefined;
    this.#hit(piece);
    return piece;
  }

  /**
   * Lends a piece. One that is not here is read by `fill`, once for all who want it meanwhile.
   *
   * @returns `undefined` if it cannot be had from here: nobody reads it, there is no room for it because too much is lent,
   *   or it could not be read.
   */
  async lend(found: FoundFile, index: number, fill?: FillPiece): Promise<Loan | undefined> {
    let piece = this.#versions.get(found.info.version)?.pieces.get(index);
    if (piece !== undefined) this.#hit(piece);
    else {
      this.#misses.add();
      piece = fill && this.#begin(found, index, fill);
    }
    return piece && await lendIf(piece, piece.filled);
  }

  /** Gives up what `isServed` does not know: nobody will ask for that version again. */
  retain(isServed: (name: string, version: string) => boolean): void {
    for (const file of this.#versions.values()) {
      if (isServed(file.name, file.version)) continue;
      for (const piece of file.pieces.values()) this.#giveUp(piece);
    }
  }

  #hit(piece: Piece): void {
    this.#hits.add();
    this.#cache.use(piece);
  }

  /**
   * The version that a file's path leads to now. All who ask before the look begins share it: it tells the truth to each
   * of them, since none has asked after it.
   */
  #versionNow(file: HotFile): Promise<string | undefined> {
    return file.look ??= this.#look(file);
  }

  async #look(file: HotFile): Promise<string | undefined> {
    // Requests that came in together get here together: one turn later all of them have.
    await Promise.resolve();
    file.look = undefined;
    try {
      return (await this.#files.info(`${this.#folder}/${file.name}`)).version;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return undefined;
    }
  }

  /** Makes room for a piece and begins to read it. */
  #begin({ name, info: { version, sizeBytes } }: FoundFile, index: number, fill: FillPiece): Piece | undefined {
    const bytes = this.#makeRoom(Math.min(PIECE_BYTES, sizeBytes - index * PIECE_BYTES));
    if (bytes === undefined) return undefined;
    const file = this.#versions.get(version) ?? { name, version, sizeBytes, pieces: new Map(), look: undefined };
    this.#versions.set(version, file);
    const piece = new Piece(this.#cache, file, { index, bytes });
    file.pieces.set(index, piece);
    this.#cache.add(piece, costOf(bytes.length));
    piece.filled = this.#fill(piece, fill);
    return piece;
  }

  async #fill(piece: Piece, fill: FillPiece): Promise<boolean> {
    try {
      piece.isFilled = await fill(piece.bytes);
      if (piece.isFilled) piece.filled = FILLED;
    } catch (error) {
      // Whoever wants it reads it some other way, and meets the same failure or none.
      if (!(error instanceof FileError)) throw error;
    } finally {
      if (!piece.isFilled) this.#giveUp(piece);
      piece.release();
    }
    return piece.isFilled;
  }

  /** Gives up what it must, and returns memory for a new piece; `undefined` if what is lent takes all the room. */
  #makeRoom(lengthBytes: number): Uint8Array | undefined {
    let spare: Uint8Array | undefined;
    while (!this.#cache.hasRoom(costOf(lengthBytes))) {
      const victim = this.#cache.evict(({ loans }) => loans === 0);
      if (victim === undefined) return undefined;
      this.#evictions.add();
      this.#unlist(victim);
      // Memory that is used again need not wait for the garbage collector, whose bound is not ours.
      if (victim.bytes.length === lengthBytes) spare = victim.bytes;
    }
    return spare ?? new Uint8Array(lengthBytes);
  }

  #giveUp(piece: Piece): void {
    this.#unlist(piece);
    if (piece.loans === 0) this.#cache.remove(piece);
  }

  #unlist(piece: Piece): void {
    const { file, index } = piece;
    if (!piece.isListed) return;
    piece.isListed = false;
    file.pieces.delete(index);
    if (file.pieces.size === 0) this.#versions.delete(file.version);
  }
}

/** Lends a piece, unless it turns out that it must not be. Its memory is nobody else's meanwhile. */
async function lendIf(piece: Piece, isRight: Promise<boolean>): Promise<Loan | undefined> {
  piece.loans++;
  let isLent = false;
  try {
    isLent = await isRight;
  } finally {
    if (!isLent) piece.release();
  }
  return isLent ? piece : undefined;
}

/** A whole piece costs no more than its bytes, so that a file of all the memory there is has room. */
function costOf(lengthBytes: number): number {
  return Math.min(PIECE_BYTES, lengthBytes + OVERHEAD_BYTES);
}
