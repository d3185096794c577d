/**
 * A cache layer on a Redis server.
 *
 * A copy is a number of pieces and a record, all under a token that is drawn for this copy alone: a reader never mixes two
 * copies, and what was half written has no record. The node keeps the books and decides what goes, so a lookup asks nobody;
 * the server may give up pieces on its own account, and then the copy is lost. Each node has a prefix of its own: what one
 * drops is nothing to another. At the start, and whenever the connection comes back, what is there is compared with the
 * books.
 *
 * Shape: `{prefix}c:{token}` holds JSON, `{prefix}p:{token}:{number}` 256 KiB each.
 *
 * @module
 */

import type { ByteRange } from "../core/byte_ranges.ts";
import type { EdgeObject } from "../core/edge_object.ts";
import { LruCache } from "../core/lru_cache.ts";
import type { Env } from "../env/env.ts";
import type { CachedCopy, CacheLayer, CopyDraft, DraftOptions, RemoveOptions } from "./cache_layer.ts";
import { checkRoom, closedError, CopyBooks, type Holding } from "./copy_books.ts";
import { LayerFaults } from "./layer_faults.ts";
import type { RedisAddress } from "./redis_address.ts";
import { RedisLink, type RedisReply } from "./redis_link.ts";
import { StorageError } from "./storage_error.ts";

/** How much it holds unless somebody says otherwise: 512 MiB. */
const DEFAULT_REDIS_BYTES = 536_870_912;
/** The share of all of it that one copy may take. */
const MAX_SHARE = 1 / 4;
/** How much stands under one key: a command of this size does not keep the others waiting. */
const PIECE_BYTES = 262_144;
/** What a copy and what a piece take besides their bytes: keys, the record, the server's own books. */
const OVERHEAD_BYTES = 1_024;
const PIECE_OVERHEAD_BYTES = 128;
/** How many keys one command names. */
const KEYS_A_COMMAND = 500;
/** How many keys the server looks at for one step of a comparison. */
const KEYS_A_SCAN = 1_000;
/** How many names that are dropped before the first comparison are remembered; past that nothing is taken over. */
const MAX_EARLY_REMOVALS = 10_000;

/** Options of {@link RedisLayer}. */
export interface RedisLayerOptions {
  /** The server. */
  readonly address: RedisAddress;
  /** What the keys of this node, and of no other, begin with: `microcdn:cdn1.lab:4000:`. */
  readonly prefix: string;
  /** The most that it keeps there, in bytes. Default: 512 MiB. */
  readonly maxBytes?: number | undefined;
}

interface RedisPlace {
  readonly token: string;
  readonly pieces: number;
}

/** What stands in a record. */
interface RedisRecord {
  readonly name: string;
  readonly object: EdgeObject;
  readonly keptMs: number;
}

type Books = CopyBooks<RedisPlace>;

/** Copies on a Redis server. */
export class RedisLayer implements CacheLayer {
  /** See {@link CacheLayer.name}. */
  readonly name = "redis";
  readonly #env: Pick<Env, "clock" | "random" | "log">;
  readonly #prefix: string;
  readonly #link: RedisLink;
  readonly #books: Books;
  readonly #faults: LayerFaults;
  /** Copies and drafts that belong to this run, or were taken over. */
  readonly #tokens = new Set<string>();
  readonly #busy = new Set<Promise<void>>();
  /** What was dropped before the copies of an earlier run were found; `undefined` when they have been. */
  #early: Set<string> | undefined = new Set();

  /** Begins to connect; it works when the server is there, and goes on without it. */
  constructor(env: Pick<Env, "clock" | "random" | "log" | "metrics">, options: RedisLayerOptions) {
    const { address, prefix, maxBytes = DEFAULT_REDIS_BYTES } = options;
    this.#env = env;
    this.#prefix = prefix;
    this.#faults = new LayerFaults(env, this.name);
    this.#books = new CopyBooks({
      eviction: new LruCache<Holding<RedisPlace>>(maxBytes),
      costOf: (sizeBytes) => sizeBytes + OVERHEAD_BYTES + piecesOf(sizeBytes) * PIECE_OVERHEAD_BYTES,
      maxCopyBytes: maxBytes * MAX_SHARE,
      onFree: ({ place }) => this.#forget(place),
    });
    const help = "What copies of objects take.";
    env.metrics.gauge("microcdn_edge_cache_bytes", help, () => this.sizeBytes, { layer: this.name });
    this.#link = new RedisLink(env, {
      address,
      onReady: () => {
        this.#faults.clear();
        this.#inBackground(this.#compare());
      },
      onAway: (error) => this.#faults.note(error),
    });
  }

  /** See {@link CacheLayer.sizeBytes}. */
  get sizeBytes(): number {
    return this.#books.sizeBytes;
  }

  /** See {@link CacheLayer.failure}. */
  get failure(): string | undefined {
    return this.#link.isReady ? undefined : this.#faults.failure ?? "not connected yet";
  }

  /** Whether nothing is being compared with, or removed from the server. */
  get isSettled(): boolean {
    return this.#busy.size === 0;
  }

  /** See {@link CacheLayer.peek}. */
  peek(name: string): EdgeObject | undefined {
    return this.#books.get(name)?.object;
  }

  /** See {@link CacheLayer.open}. All pieces are there when it resolves; the server may still give some up later. */
  async open(name: string): Promise<CachedCopy | undefined> {
    const holding = this.#link.isReady ? this.#books.lend(name) : undefined;
    if (holding === undefined) return undefined;
    try {
      const keys = this.#keysOf(holding.place);
      // Being touched counts as a use for the server, too.
      if (await this.#count("TOUCH", keys) === keys.length) {
        return new RedisCopy(holding, (piece, range) => this.#readPiece(holding, piece, range), this.#books);
      }
      this.#books.drop(holding);
    } catch (error) {
      this.#faults.note(error);
    }
    this.#books.release(holding);
    return undefined;
  }

  /** See {@link CacheLayer.begin}. */
  begin(name: string, { sizeBytes, generation }: DraftOptions): Promise<CopyDraft | undefined> {
    if (!this.#link.isReady) return Promise.resolve(undefined);
    const place = { token: this.#drawToken(), pieces: piecesOf(sizeBytes) };
    const holding = this.#books.begin(name, { sizeBytes, generation, place });
    if (holding === undefined) return Promise.resolve(undefined);
    this.#tokens.add(place.token);
    return Promise.resolve(
      new RedisDraft(holding, {
        writePiece: (piece, bytes) => this.#counted(this.#link.send(["SET", this.#pieceKey(place, piece), bytes])),
        readPiece: (piece, range) => this.#readPiece(holding, piece, range),
        keep: (object) => this.#keep(holding, object),
        release: () => this.#books.release(holding),
      }),
    );
  }

  /** See {@link CacheLayer.remove}. What cannot be removed from the server is removed when it is back. */
  async remove(name: string, { below }: RemoveOptions = {}): Promise<boolean> {
    if (this.#early !== undefined && this.#early.size < MAX_EARLY_REMOVALS) this.#early.add(name);
    return await Promise.resolve(this.#books.remove(name, below));
  }

  /** See {@link CacheLayer.list}. */
  list(): (readonly [string, EdgeObject])[] {
    return this.#books.all().map(({ name, object }) => [name, object!] as const);
  }

  /** See {@link CacheLayer.close}. */
  async close(): Promise<void> {
    // What is under way takes no longer than the link lets an answer take.
    await Promise.all(this.#busy);
    await this.#link.close();
  }

  async #keep(holding: Holding<RedisPlace>, object: EdgeObject): Promise<boolean> {
    const record: RedisRecord = { name: holding.name, object, keptMs: this.#env.clock.unixMs() };
    try {
      await this.#counted(this.#link.send(["SET", this.#recordKey(holding.place), JSON.stringify(record)]));
    } catch {
      // It is counted; a copy less is no reason to fail.
      return false;
    }
    return this.#books.keep(holding, object, record.keptMs);
  }

  /** Reads bytes of one piece, all that were asked for. */
  async #readPiece(holding: Holding<RedisPlace>, piece: number, { start, end }: ByteRange): Promise<Uint8Array> {
    const key = this.#pieceKey(holding.place, piece);
    const words = ["GETRANGE", key, String(start), String(end - 1)];
    const bytes = await this.#counted(this.#link.send(words, { asBytes: true }));
    if (bytes instanceof Uint8Array && bytes.length === end - start) return bytes;
    this.#books.drop(holding);
    throw new StorageError("corrupt", `read a copy of ${holding.name}`, { cause: new Error("a piece is gone") });
  }

  async #counted<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.#faults.note(error);
      throw error;
    }
  }

  /** Sends a command that counts keys, for as many as there are. */
  async #count(command: "TOUCH" | "UNLINK", keys: readonly string[]): Promise<number> {
    const sent: Promise<RedisReply>[] = [];
    for (let at = 0; at < keys.length; at += KEYS_A_COMMAND) {
      sent.push(this.#link.send([command, ...keys.slice(at, at + KEYS_A_COMMAND)]));
    }
    return (await Promise.all(sent)).reduce<number>((sum, count) => sum + Number(count), 0);
  }

  /** Removes a copy from the server, if that can be had; otherwise the next comparison does. */
  #forget(place: RedisPlace): void {
    this.#tokens.delete(place.token);
    if (this.#link.isReady) this.#inBackground(this.#count("UNLINK", this.#keysOf(place)).then(() => {}));
  }

  /** Compares what is on the server with the books. */
  async #compare(): Promise<void> {
    const early = this.#early;
    const records: string[] = [];
    const strange: string[] = [];
    let cursor = "0";
    do {
      const pattern = `${this.#prefix.replace(/[*?[\]\\]/g, "\\$&")}*`;
      const [next, keys] = await this.#link.send(["SCAN", cursor, "MATCH", pattern, "COUNT", String(KEYS_A_SCAN)]) as [
        string,
        string[],
      ];
      cursor = next;
      for (const key of keys) {
        const [kind, token = ""] = key.slice(this.#prefix.length).split(":");
        if (this.#tokens.has(token)) continue;
        if (kind === "c" && early !== undefined) records.push(token);
        else strange.push(key);
      }
    } while (cursor !== "0");
    const taken = early === undefined ? new Set<string>() : await this.#takeOver(records, early);
    const refused = records.filter((token) => !taken.has(token)).map((token) => `${this.#prefix}c:${token}`);
    const left = strange.filter((key) => !taken.has(key.slice(this.#prefix.length).split(":")[1] ?? ""));
    await this.#count("UNLINK", [...refused, ...left]);
    this.#early = undefined;
  }

  /** Enters copies of an earlier run, the oldest first. */
  async #takeOver(tokens: readonly string[], early: ReadonlySet<string>): Promise<Set<string>> {
    const found: (RedisRecord & { readonly token: string })[] = [];
    if (early.size >= MAX_EARLY_REMOVALS) return new Set();
    for (let at = 0; at < tokens.length; at += KEYS_A_COMMAND) {
      const some = tokens.slice(at, at + KEYS_A_COMMAND);
      const texts = await this.#link.send(["MGET", ...some.map((token) => `${this.#prefix}c:${token}`)]);
      for (const [index, text] of (texts as readonly RedisReply[]).entries()) {
        const record = typeof text === "string" ? readRecord(text) : undefined;
        if (record !== undefined) found.push({ ...record, token: some[index]! });
      }
    }
    found.sort((a, b) => a.keptMs - b.keptMs);
    const taken = new Set<string>();
    for (const { token, name, object, keptMs } of found) {
      // Some may have been dropped, and the room used up, while the records were read.
      const place = { token, pieces: piecesOf(object.sizeBytes) };
      if (early.has(name) || !this.#books.adopt(name, place, { object, keptMs })) continue;
      this.#tokens.add(token);
      taken.add(token);
    }
    return taken;
  }

  #inBackground(work: Promise<void>): void {
    const done: Promise<void> = work
      .catch((error) => this.#faults.note(error))
      .finally(() => void this.#busy.delete(done));
    this.#busy.add(done);
  }

  #drawToken(): string {
    const half = (): string => Math.floor(this.#env.random.next() * 2 ** 48).toString(36);
    return `${half()}${half()}`;
  }

  #keysOf(place: RedisPlace): string[] {
    return [this.#recordKey(place), ...Array.from({ length: place.pieces }, (_, at) => this.#pieceKey(place, at))];
  }

  #recordKey({ token }: RedisPlace): string {
    return `${this.#prefix}c:${token}`;
  }

  #pieceKey({ token }: RedisPlace, piece: number): string {
    return `${this.#prefix}p:${token}:${piece}`;
  }
}

type ReadPiece = (piece: number, range: ByteRange) => Promise<Uint8Array>;

class RedisCopy implements CachedCopy {
  readonly layer = "redis";
  readonly object: EdgeObject;
  readonly keptMs: number;
  readonly #holding: Holding<RedisPlace>;
  readonly #readPiece: ReadPiece;
  readonly #books: Books;
  #isOpen = true;

  constructor(holding: Holding<RedisPlace>, readPiece: ReadPiece, books: Books) {
    this.#holding = holding;
    this.#readPiece = readPiece;
    this.#books = books;
    this.object = holding.object!;
    this.keptMs = holding.keptMs;
  }

  async *read({ start, end }: ByteRange = { start: 0, end: this.object.sizeBytes }): AsyncGenerator<Uint8Array> {
    for (const { piece, range } of cut({ start, end })) {
      if (!this.#isOpen) throw closedError();
      yield await this.#readPiece(piece, range);
    }
  }

  close(): Promise<void> {
    if (this.#isOpen) this.#books.release(this.#holding);
    this.#isOpen = false;
    return Promise.resolve();
  }
}

/** What a draft needs of its layer. */
interface DraftHost {
  writePiece(piece: number, bytes: Uint8Array): Promise<unknown>;
  readPiece: ReadPiece;
  keep(object: EdgeObject): Promise<boolean>;
  release(): void;
}

class RedisDraft implements CopyDraft {
  readonly #holding: Holding<RedisPlace>;
  readonly #host: DraftHost;
  /** The piece that is not full yet, and how much of it is. */
  #buffer = new Uint8Array(0);
  #filledBytes = 0;
  #sentPieces = 0;
  #isOpen = true;

  constructor(holding: Holding<RedisPlace>, host: DraftHost) {
    this.#holding = holding;
    this.#host = host;
  }

  get #writtenBytes(): number {
    return this.#sentPieces * PIECE_BYTES + this.#filledBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { sizeBytes } = this.#holding;
    checkRoom(this.#holding, this.#writtenBytes + bytes.length);
    for (let at = 0; at < bytes.length;) {
      if (this.#filledBytes === 0) {
        this.#buffer = new Uint8Array(Math.min(PIECE_BYTES, sizeBytes - this.#sentPieces * PIECE_BYTES));
      }
      const part = bytes.subarray(at, at + this.#buffer.length - this.#filledBytes);
      this.#buffer.set(part, this.#filledBytes);
      this.#filledBytes += part.length;
      at += part.length;
      if (this.#filledBytes === PIECE_BYTES) await this.#send();
    }
  }

  async *read({ start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    for (const { piece, range } of cut({ start, end })) {
      if (!this.#isOpen) throw closedError();
      yield piece < this.#sentPieces
        ? await this.#host.readPiece(piece, range)
        : this.#buffer.slice(range.start, range.end);
    }
  }

  async commit(object: EdgeObject): Promise<boolean> {
    const { sizeBytes } = this.#holding;
    if (!this.#isOpen || this.#writtenBytes !== sizeBytes || object.sizeBytes !== sizeBytes) return false;
    try {
      if (this.#filledBytes > 0) await this.#send();
    } catch {
      // It is counted; a copy less is no reason to fail.
      return false;
    }
    return await this.#host.keep(object);
  }

  close(): Promise<void> {
    if (this.#isOpen) this.#host.release();
    this.#isOpen = false;
    return Promise.resolve();
  }

  async #send(): Promise<void> {
    await this.#host.writePiece(this.#sentPieces, this.#buffer.subarray(0, this.#filledBytes));
    this.#sentPieces++;
    this.#filledBytes = 0;
  }
}

/** The parts of pieces that a range consists of. */
function* cut({ start, end }: ByteRange): Generator<{ readonly piece: number; readonly range: ByteRange }> {
  for (let at = start; at < end;) {
    const piece = Math.floor(at / PIECE_BYTES);
    const [from, to] = [at - piece * PIECE_BYTES, Math.min(end - piece * PIECE_BYTES, PIECE_BYTES)];
    yield { piece, range: { start: from, end: to } };
    at = piece * PIECE_BYTES + to;
  }
}

function piecesOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / PIECE_BYTES);
}

/** Reads a record; `undefined` if somebody else wrote it. */
function readRecord(text: string): RedisRecord | undefined {
  try {
    const record = JSON.parse(text) as RedisRecord;
    const isWhole = typeof record.name === "string" && Number.isSafeInteger(record.object.sizeBytes) &&
      Number.isSafeInteger(record.object.generation) && typeof record.object.sha256 === "string";
    return isWhole ? record : undefined;
  } catch {
    return undefined;
  }
}
