/**
 * Objects in an S3 store: any that has `GET`, `HEAD`, `PUT`, `DELETE`, `ListObjectsV2` and uploads in parts.
 *
 * An object is known by its head, one key that is written in one request: so it is the old one or the new one. A small
 * object's bytes stand behind its head. Those of a large one are sent first, to a key of their own that is never written
 * again, and the head names that key, and has the digests of the blocks behind it. Bytes that no head names any more go
 * after an hour, so that whoever reads them gets to the end (`s3_keys.ts`, `s3_cleaning.ts`).
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import { slept } from "../base/clock.ts";
import { DeadlineError, withDeadline } from "../base/deadline.ts";
import { sha256 } from "../base/digest.ts";
import { KeyedLocks } from "../base/keyed_locks.ts";
import { type Optional, withDefaults } from "../base/settings.ts";
import { Slots } from "../base/slots.ts";
import type { ByteRange } from "../core/byte_ranges.ts";
import type { EdgeObject } from "../core/edge_object.ts";
import { BLOCK_BYTES, BlockDigests, tableBytesFor } from "./block_digests.ts";
import { blocksAround, checkedBlocks } from "./checked_blocks.ts";
import { ForeignErrors } from "./foreign_errors.ts";
import { headBytesFor, MAX_HEAD_BYTES, type ObjectHead, readHead, USUAL_HEAD_BYTES, writeHead } from "./object_head.ts";
import type { Objects, OpenObject, PutOptions, WholeBytes } from "./objects.ts";
import type { S3Address } from "./s3_address.ts";
import { MAX_UPLOADS, S3Content, S3LargeBytes } from "./s3_body.ts";
import { cleanS3 } from "./s3_cleaning.ts";
import { dataKey, HEAD_FOLDERS, headKey, nameInKey } from "./s3_keys.ts";
import { type S3Env, S3Link } from "./s3_link.ts";
import { listKeys } from "./s3_listing.ts";
import { StorageError } from "./storage_error.ts";

/** Options of {@link openS3Objects}. */
export interface S3ObjectsOptions {
  /** How long bytes stay that no object has any more, in milliseconds. Default: an hour. */
  graceMs: number;
  /** How long an upload may take before it is given up, in milliseconds. Default: a day. */
  abandonedMs: number;
  /** How often to look for such bytes and uploads, in milliseconds. The first time is a minute after the start. Default: 6 hours. */
  cleanEveryMs: number;
}

const DEFAULTS: S3ObjectsOptions = { graceMs: 3_600_000, abandonedMs: 86_400_000, cleanEveryMs: 21_600_000 };
const FIRST_CLEAN_MS = 60_000;

/** How long a body that comes in may stand still, and how often it is asked for again from there on. */
const STALL_MS = 20_000;
const RESUMPTIONS = 3;
/** What a head with a key in it takes on top. */
const KEY_BYTES = 320;

/**
 * Opens an S3 store, and makes the bucket if it is missing.
 *
 * @throws {StorageError} `"denied"` and the like. A store that is away is waited for: see `failure`.
 */
export async function openS3Objects(
  env: S3Env,
  address: S3Address,
  options: Optional<S3ObjectsOptions> = {},
): Promise<Objects> {
  const link = await S3Link.open(env, address);
  return new S3Objects(env, { link, prefix: address.prefix, settings: withDefaults(DEFAULTS, options) });
}

/** A head as it is in the store, with what stands behind it. */
interface Found extends ObjectHead {
  readonly headBytes: number;
  /** Head and all. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

class S3Objects implements Objects {
  readonly #env: S3Env;
  readonly #link: S3Link;
  readonly #prefix: string;
  readonly #settings: S3ObjectsOptions;
  readonly #changes = new KeyedLocks();
  readonly #uploads = new Slots(MAX_UPLOADS);
  readonly #closing = new AbortController();
  readonly #cleaning: Promise<void>;
  /** Keys of bytes that are being read here, and by how many. */
  readonly #readers = new Map<string, number>();
  #lastGeneration = 0;

  constructor(env: S3Env, { link, prefix, settings }: { link: S3Link; prefix: string; settings: S3ObjectsOptions }) {
    this.#env = env;
    this.#link = link;
    this.#prefix = prefix;
    this.#settings = settings;
    this.#cleaning = this.#cleanNowAndThen();
  }

  get failure(): string | undefined {
    return this.#link.failure;
  }

  async put(name: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<EdgeObject> {
    const { version, check, signal } = options;
    const what = `store ${name}`;
    const foreign = new ForeignErrors();
    const content = new S3Content();
    const head = headKey(name);
    const key = dataKey(head, this.#random());
    const large = new S3LargeBytes(this.#link, { key, what, uploads: this.#uploads, clock: this.#env.clock, options });
    try {
      this.#refuseIfAway(what);
      for await (const piece of foreign.pieces(body)) {
        signal?.throwIfAborted();
        if (content.sizeBytes + piece.length > options.limitBytes) throw tooLarge(what, options.limitBytes);
        await content.add(piece, large);
      }
      const data = await content.end(large);
      const { sha256, sizeBytes } = content;
      const whole: WholeBytes = { ...version, hash: version.hash === "" ? sha256 : version.hash, sha256, sizeBytes };
      if (check !== undefined) await foreign.run(() => check(whole));
      return await this.#changes.run(name, () => {
        large.commit();
        return this.#commit(name, { whole, content, data, what });
      }, { signal });
    } finally {
      await large.end();
    }
  }

  async stat(name: string, { signal }: AbortOptions = {}): Promise<EdgeObject | undefined> {
    return (await this.#head(headKey(name), { name, what: `look at ${name}`, signal }))?.object;
  }

  async open(name: string, { signal }: AbortOptions = {}): Promise<OpenObject | undefined> {
    const what = `read ${name}`;
    const found = await this.#whole(headKey(name), { name, what, signal });
    if (found === undefined) return undefined;
    const { object, body: { data } } = found;
    if (typeof data !== "string") {
      const bytes = found.bytes.subarray(found.headBytes);
      if (bytes.length !== object.sizeBytes || digestOf(bytes) !== object.sha256) {
        throw damaged(what, "its bytes are others");
      }
      return { object, read: (range) => piecesOf(bytes, range), close: () => Promise.resolve() };
    }
    const table = new BlockDigests(found.bytes.subarray(found.headBytes));
    const isWhole = table.bytes.length === tableBytesFor(object.sizeBytes) && table.digest === found.body.blocks;
    if (!isWhole || found.body.blockBytes !== BLOCK_BYTES) throw damaged(what, "the digests of its blocks are broken");
    this.#readers.set(data, (this.#readers.get(data) ?? 0) + 1);
    let isOpen = true;
    return {
      object,
      read: (range = { start: 0, end: object.sizeBytes }) => {
        const { sizeBytes } = object;
        const source = this.#bytes(data, { range: blocksAround(range, sizeBytes), what, signal });
        return checkedBlocks(source, { table, sizeBytes, range, damaged: (damage) => damaged(what, damage) });
      },
      close: () => {
        if (isOpen) this.#endRead(data);
        isOpen = false;
        return Promise.resolve();
      },
    };
  }

  async remove(name: string, { signal }: AbortOptions = {}): Promise<boolean> {
    const what = `remove ${name}`;
    return await this.#changes.run(name, async () => {
      const key = headKey(name);
      // Of a head that is damaged, too, whoever removes it means it.
      const answer = await this.#link.ask({ method: "HEAD", key, what, signal });
      if (answer === undefined) return false;
      const present = await this.#head(key, { name, what, signal }).catch(ignoreDamage);
      this.#lastGeneration = Math.max(this.#lastGeneration, present?.object.generation ?? 0);
      await this.#discard(key, what);
      this.#retire(present);
      return true;
    }, { signal });
  }

  async *list({ signal }: AbortOptions = {}): AsyncGenerator<string, void, void> {
    this.#refuseIfAway("list the objects");
    const names: string[] = [];
    for (const folder of HEAD_FOLDERS) {
      for await (const { key } of listKeys(this.#link, { prefix: this.#prefix, folder, signal })) {
        const name = nameInKey(key) ?? await this.#nameOf(key, signal);
        if (name !== undefined) names.push(name);
      }
    }
    yield* names.sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#link.close();
    await this.#cleaning;
  }

  /** Writes the head of an object whose bytes are there. */
  async #commit(
    name: string,
    { whole, content, data, what }: { whole: WholeBytes; content: S3Content; data: string | undefined; what: string },
  ): Promise<EdgeObject> {
    const key = headKey(name);
    const present = await this.#head(key, { name, what, signal: undefined }).catch(ignoreDamage);
    const nowMs = this.#env.clock.unixMs();
    const least = Math.max(this.#lastGeneration, present?.object.generation ?? 0) + 1;
    this.#lastGeneration = Math.max(Math.floor(nowMs * 1_000), least);
    const object = { ...whole, generation: this.#lastGeneration, modifiedMs: Math.floor(nowMs) };
    const { table } = content;
    const body: ObjectHead["body"] = data === undefined ? {} : { data, blockBytes: BLOCK_BYTES, blocks: table.digest };
    const head = writeHead({ name, object, body }, headBytesFor({ name, object }, KEY_BYTES));
    const behind = data === undefined ? content.inline : table.bytes;
    const bytes = new Uint8Array(head.length + behind.length);
    bytes.set(head);
    bytes.set(behind, head.length);
    const headers = { "content-type": "application/octet-stream" };
    await (await this.#link.ask({ method: "PUT", key, headers, body: bytes, what }))?.body?.cancel();
    this.#retire(present);
    return object;
  }

  /** Reads what an object is. */
  async #head(key: string, options: ReadHeadOptions): Promise<Found | undefined> {
    const bytes = await this.#read(key, USUAL_HEAD_BYTES, options);
    if (bytes === undefined) return undefined;
    const found = readHead(bytes);
    if (found !== undefined) return check({ ...found, bytes }, options);
    // A longer one, or none at all.
    const more = await this.#read(key, MAX_HEAD_BYTES, options);
    if (more === undefined) return undefined;
    const longer = readHead(more);
    if (longer === undefined) throw damaged(options.what, "its head is broken");
    return check({ ...longer, bytes: more }, options);
  }

  /** Reads a head and what stands behind it. */
  async #whole(key: string, options: ReadHeadOptions): Promise<Found | undefined> {
    const bytes = await this.#read(key, undefined, options);
    if (bytes === undefined) return undefined;
    const found = readHead(bytes);
    if (found === undefined) throw damaged(options.what, "its head is broken");
    return check({ ...found, bytes }, options);
  }

  /** Reads the beginning of a key, or all of it. */
  async #read(
    key: string,
    limitBytes: number | undefined,
    { what, signal }: ReadHeadOptions,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const part = limitBytes === undefined ? {} : { headers: { range: `bytes=0-${limitBytes - 1}` }, status: 206 };
    const answer = await this.#link.ask({ method: "GET", key, ...part, what, signal });
    if (answer === undefined) return undefined;
    try {
      const deadline = { deadlineMs: STALL_MS, what, signal };
      return new Uint8Array(await withDeadline(this.#env.clock, deadline, () => answer.arrayBuffer()));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DeadlineError) throw new StorageError("timeout", what);
      throw new StorageError("unavailable", what, { cause: new Error("connection lost") });
    }
  }

  /** The bytes of a key, asked for again from where they broke off. */
  async *#bytes(
    key: string,
    { range: { start, end }, what, signal }: { range: ByteRange; what: string; signal: AbortSignal | undefined },
  ): AsyncGenerator<Uint8Array, void, void> {
    let at = start;
    for (let attempt = 0; at < end; attempt++) {
      if (attempt > RESUMPTIONS) throw new StorageError("unavailable", what, { cause: new Error("connection lost") });
      const headers = { range: `bytes=${at}-${end - 1}` };
      const answer = await this.#link.ask({ method: "GET", key, headers, status: 206, what, signal });
      const reader = answer?.body?.getReader();
      if (reader === undefined) throw damaged(what, "its bytes are gone");
      try {
        for (;;) {
          const deadline = { deadlineMs: STALL_MS, what, signal };
          // However it breaks off, the rest is asked for again, a few times.
          const piece = await withDeadline(this.#env.clock, deadline, () => reader.read()).catch(() => undefined);
          signal?.throwIfAborted();
          if (piece === undefined || piece.done) break;
          at += piece.value.length;
          yield piece.value;
        }
      } finally {
        reader.cancel().catch(() => {}); // It may have failed already.
      }
    }
  }

  async #nameOf(key: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    const head = await this.#head(key, { name: undefined, what: `read ${key}`, signal }).catch((error) => {
      this.#env.log.error("damaged object", { key, reason: `${error}`, left: "in place" });
      return ignoreDamage(error);
    });
    return head !== undefined && headKey(head.name) === key ? head.name : undefined;
  }

  async #discard(key: string, what: string): Promise<void> {
    await (await this.#link.ask({ method: "DELETE", key, status: 204, what }))?.body?.cancel();
  }

  /** Removes bytes that no object has any more, when nobody can be reading them. */
  #retire(found: Found | undefined): void {
    const data = found?.body.data;
    if (typeof data === "string") void this.#removeLater(data);
  }

  async #removeLater(data: string): Promise<void> {
    const { clock } = this.#env;
    const { signal } = this.#closing;
    while (await slept(clock, this.#settings.graceMs, signal)) {
      if (this.#readers.has(data)) continue;
      // One that fails is found by the next cleaning.
      return await this.#discard(data, `remove ${data}`).catch(() => {});
    }
  }

  #endRead(data: string): void {
    const count = this.#readers.get(data)! - 1;
    if (count > 0) this.#readers.set(data, count);
    else this.#readers.delete(data);
  }

  async #cleanNowAndThen(): Promise<void> {
    const { clock, log } = this.#env;
    const { signal } = this.#closing;
    const { graceMs, abandonedMs, cleanEveryMs } = this.#settings;
    for (
      let waitMs = Math.min(FIRST_CLEAN_MS, cleanEveryMs);
      await slept(clock, waitMs, signal);
      waitMs = cleanEveryMs
    ) {
      try {
        const nowMs = clock.unixMs();
        const { removed, aborted } = await cleanS3(this.#link, {
          prefix: this.#prefix,
          storedUntilMs: nowMs - graceMs,
          begunUntilMs: nowMs - abandonedMs,
          dataOf: async (head) => {
            const found = await this.#head(head, { name: undefined, what: `read ${head}`, signal });
            return found === undefined ? undefined : `${found.body.data}`;
          },
          isRead: (key) => this.#readers.has(key),
          signal,
        });
        if (removed + aborted > 0) log.info("object store cleared", { removed, uploadsAborted: aborted });
      } catch (error) {
        if (signal.aborted) return;
        log.warn("object store not cleared", { reason: `${error}` });
      }
    }
  }

  #refuseIfAway(what: string): void {
    const { failure } = this;
    if (failure !== undefined) throw new StorageError("unavailable", what, { cause: new Error(failure) });
  }

  #random(): string {
    return Array.from({ length: 16 }, () => Math.floor(this.#env.random.next() * 16).toString(16)).join("");
  }
}

interface ReadHeadOptions {
  /** Whose head it must be; `undefined` for anybody's. */
  readonly name: string | undefined;
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

function check(found: Found, { name, what }: ReadHeadOptions): Found {
  if (name !== undefined && found.name !== name) throw damaged(what, "it is of another name");
  return found;
}

async function* piecesOf(bytes: Uint8Array, range?: ByteRange): AsyncGenerator<Uint8Array, void, void> {
  const piece = bytes.subarray(range?.start, range?.end);
  if (piece.length > 0) yield await Promise.resolve(piece);
}

function digestOf(bytes: Uint8Array): string {
  const digest = sha256();
  digest.update(bytes);
  return digest.hex();
}

function damaged(what: string, damage: string): StorageError {
  return new StorageError("corrupt", what, { cause: new Error(damage) });
}

/** Takes what is damaged for nothing. */
function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof StorageError && error.code === "corrupt")) throw error;
}

function tooLarge(what: string, limitBytes: number): StorageError {
  return new StorageError("full", what, { cause: new RangeError(`it has over ${limitBytes} bytes`) });
}
