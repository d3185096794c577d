/**
 * A file with one object in it: a head, the bytes, and the digests of their blocks.
 *
 * @module
 */

import { type Digest, sha256 } from "../base/digest.ts";
import type { ByteRange } from "../core/byte_ranges.ts";
import type { FileVersion } from "../core/file_version.ts";
import { FileError, type OpenFile } from "../env/files.ts";
import { BLOCK_BYTES, BlockDigests, tableBytesFor } from "./block_digests.ts";
import {
  headBytesFor,
  MAX_HEAD_BYTES,
  type ObjectHead,
  readHead,
  readHeadBytes,
  USUAL_HEAD_BYTES,
  writeHead,
} from "./object_head.ts";
import { StorageError, type StorageErrorCode } from "./storage_error.ts";

const CODES: Partial<Record<FileError["code"], StorageErrorCode>> = {
  full: "full",
  denied: "denied",
  exhausted: "unavailable",
};

/** Wraps what `Files` throws; anything else is returned as it is. */
export function toStorageError(error: unknown, what: string): unknown {
  return error instanceof FileError ? new StorageError(CODES[error.code] ?? "other", what, { cause: error }) : error;
}

/** Writes an object into an empty file: the bytes first, and what they are when all of them are there. */
export class ObjectFileWriter {
  readonly #file: OpenFile;
  readonly #headBytes: number;
  readonly #digest: Digest = sha256();
  readonly #blocks = new BlockDigests();
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #blockBytes = 0;
  #sizeBytes = 0;

  /** Begins an object; the file stays the caller's, who closes it. */
  constructor(file: OpenFile, name: string, version: FileVersion) {
    this.#file = file;
    this.#headBytes = headBytesFor({ name, object: version });
  }

  /** How many bytes were added. */
  get sizeBytes(): number {
    return this.#sizeBytes + this.#blockBytes;
  }

  /** The SHA-256 of what was added. */
  get sha256(): string {
    return this.#digest.copy().hex();
  }

  /** Adds bytes, which stay the caller's. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#digest.update(bytes);
    this.#blocks.update(bytes);
    for (let done = 0; done < bytes.length;) {
      const piece = bytes.subarray(done, done + BLOCK_BYTES - this.#blockBytes);
      done += piece.length;
      // A whole block need not be copied.
      if (piece.length === BLOCK_BYTES) await this.#writeBlock(piece);
      else {
        this.#block.set(piece, this.#blockBytes);
        this.#blockBytes += piece.length;
        if (this.#blockBytes === BLOCK_BYTES) await this.#flush();
      }
    }
  }

  /** Ends it, and waits until it is on the disk. */
  async seal(head: Pick<ObjectHead, "name" | "object">): Promise<void> {
    if (this.#blockBytes > 0) await this.#flush();
    this.#blocks.end();
    const { bytes: table, digest } = this.#blocks;
    if (table.length > 0) await this.#file.writeAt(table, this.#headBytes + this.#sizeBytes);
    const body = { blockBytes: BLOCK_BYTES, blocks: digest };
    await this.#file.writeAt(writeHead({ ...head, body }, this.#headBytes), 0);
    await this.#file.sync();
  }

  async #flush(): Promise<void> {
    await this.#writeBlock(this.#block.subarray(0, this.#blockBytes));
    this.#blockBytes = 0;
  }

  async #writeBlock(block: Uint8Array): Promise<void> {
    await this.#file.writeAt(block, this.#headBytes + this.#sizeBytes);
    this.#sizeBytes += block.length;
  }
}

/** A file that holds an object, as far as its head and its length tell. */
export interface FoundObject extends ObjectHead {
  /** Where the bytes begin. */
  readonly headBytes: number;
}

/**
 * Reads what an open file holds.
 *
 * @returns why it is damaged, if it is.
 */
export async function readObjectFile(file: OpenFile): Promise<FoundObject | { readonly damage: string }> {
  const { sizeBytes } = await file.info();
  let start = await readUpTo(file, USUAL_HEAD_BYTES, 0);
  const headBytes = readHeadBytes(start);
  if (headBytes === undefined) return { damage: "it does not begin with a head" };
  if (headBytes > start.length) start = await readUpTo(file, Math.min(headBytes, MAX_HEAD_BYTES), 0);
  const head = readHead(start);
  if (head === undefined) return { damage: "its head is broken" };
  const expectedBytes = headBytes + head.object.sizeBytes + tableBytesFor(head.object.sizeBytes);
  if (sizeBytes !== expectedBytes) return { damage: `it has ${sizeBytes} of ${expectedBytes} bytes` };
  if (head.body.blockBytes !== BLOCK_BYTES) return { damage: "its blocks are of another length" };
  return head;
}

/** Options of {@link readBlocks}. */
export interface ReadBlocksOptions {
  /** What the file holds. */
  readonly found: FoundObject;
  /** Which bytes. Default: all. */
  readonly range: ByteRange | undefined;
  /** Makes the error of bytes that are not those that were stored. */
  readonly damaged: (damage: string) => Error;
}

/** Reads the bytes of an object block by block, and gives out none that was not checked. */
export async function* readBlocks(
  file: OpenFile,
  { found, range, damaged }: ReadBlocksOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { headBytes, object: { sizeBytes }, body } = found;
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  const table = new BlockDigests(await readUpTo(file, tableBytesFor(sizeBytes), headBytes + sizeBytes));
  if (table.digest !== body.blocks) throw damaged("the digests of its blocks are broken");
  const buffer = new Uint8Array(Math.min(BLOCK_BYTES, sizeBytes));
  for (let index = Math.floor(start / BLOCK_BYTES); index * BLOCK_BYTES < end; index++) {
    const from = index * BLOCK_BYTES;
    const block = buffer.subarray(0, Math.min(BLOCK_BYTES, sizeBytes - from));
    const count = await readFully(file, block, headBytes + from);
    if (count < block.length || !table.matches(index, block)) throw damaged(`its bytes from ${from} on are others`);
    yield block.subarray(Math.max(0, start - from), Math.min(block.length, end - from));
  }
}

async function readUpTo(file: OpenFile, limitBytes: number, offsetBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(limitBytes);
  return bytes.subarray(0, await readFully(file, bytes, offsetBytes));
}

async function readFully(file: OpenFile, into: Uint8Array, offsetBytes: number): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const count = await file.readAt(into.subarray(filled), offsetBytes + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
