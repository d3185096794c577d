/**
 * The form of a copy on disk: its bytes, and behind them what is needed to know that they are all there, and right.
 *
 * Shape: the bytes; JSON in UTF-8 (`name`, `object`, `keptMs`); one SHA-256 for each 256 KiB of the bytes; then a foot of
 * 48 bytes: the length of the JSON as 4 bytes and of the digests as 4 bytes, big-endian, the SHA-256 of JSON and digests,
 * and `MCDNCPY1`. A file that was not written to its end has no such foot. Each part of the bytes is compared with its
 * digest before it is used for the first time in a run, so damage is noticed without reading all of a large file first.
 *
 * @module
 */

import { sha256 } from "../base/digest.ts";
import type { EdgeObject } from "../core/edge_object.ts";
import type { OpenFile } from "../env/files.ts";

/** How many bytes have a digest of their own. */
export const PART_BYTES = 262_144;
/** The length of a SHA-256. */
export const DIGEST_BYTES = 32;
const FOOT_BYTES = 48;
const MAGIC = "MCDNCPY1";
/** The most that name and object take: a name has at most 1 KiB, of which JSON may make six. */
const MAX_JSON_BYTES = 16_384;

/** What stands behind the bytes. */
export interface CopyRecord {
  /** The object's name. */
  readonly name: string;
  /** What it is a copy of. */
  readonly object: EdgeObject;
  /** When it was made, in milliseconds since the Unix epoch. */
  readonly keptMs: number;
}

/** How many parts so many bytes have. */
export function partsOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / PART_BYTES);
}

/** The most that a file of a copy takes besides its bytes. */
export function overheadBytesOf(sizeBytes: number): number {
  return MAX_JSON_BYTES / 4 + partsOf(sizeBytes) * DIGEST_BYTES + FOOT_BYTES;
}

/** The SHA-256 of some bytes. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  const digest = sha256();
  digest.update(bytes);
  return digestBytes(digest.hex());
}

/** The bytes of a digest in hex. */
export function digestBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

/** Writes what comes behind the bytes. */
export function encodeTail(record: CopyRecord, digests: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(record));
  const tail = new Uint8Array(json.length + digests.length + FOOT_BYTES);
  tail.set(json);
  tail.set(digests, json.length);
  const summed = tail.subarray(0, json.length + digests.length);
  const foot = tail.subarray(summed.length);
  const view = new DataView(foot.buffer, foot.byteOffset);
  view.setUint32(0, json.length);
  view.setUint32(4, digests.length);
  foot.set(digestOf(summed), 8);
  foot.set(new TextEncoder().encode(MAGIC), 8 + DIGEST_BYTES);
  return tail;
}

/** Reads what comes behind the bytes; `undefined` if the file is not a whole copy. Throws {@link FileError}. */
export async function readTail(
  file: OpenFile,
  fileBytes: number,
): Promise<{ readonly record: CopyRecord; readonly digests: Uint8Array } | undefined> {
  if (fileBytes < FOOT_BYTES) return undefined;
  const foot = await readExactly(file, fileBytes - FOOT_BYTES, FOOT_BYTES);
  if (foot === undefined || new TextDecoder().decode(foot.subarray(8 + DIGEST_BYTES)) !== MAGIC) return undefined;
  const view = new DataView(foot.buffer, foot.byteOffset);
  const [jsonBytes, digestsBytes] = [view.getUint32(0), view.getUint32(4)];
  const sizeBytes = fileBytes - FOOT_BYTES - digestsBytes - jsonBytes;
  if (jsonBytes > MAX_JSON_BYTES || sizeBytes < 0 || digestsBytes !== partsOf(sizeBytes) * DIGEST_BYTES) {
    return undefined;
  }
  const summed = await readExactly(file, sizeBytes, jsonBytes + digestsBytes);
  if (summed === undefined || !isEqual(digestOf(summed), foot.subarray(8, 8 + DIGEST_BYTES))) return undefined;
  // It is what one of our own wrote, down to the last bit: its shape need not be checked.
  const record = JSON.parse(new TextDecoder().decode(summed.subarray(0, jsonBytes))) as CopyRecord;
  return record.object.sizeBytes === sizeBytes ? { record, digests: summed.subarray(jsonBytes) } : undefined;
}

/** Reads so many bytes, or `undefined` if the file ends before. Throws {@link FileError}. */
export async function readExactly(
  file: OpenFile,
  offsetBytes: number,
  lengthBytes: number,
): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(lengthBytes);
  return await fillFrom(file, bytes, offsetBytes) ? bytes : undefined;
}

/** Fills a buffer; false if the file ends before. Throws {@link FileError}. */
export async function fillFrom(file: OpenFile, into: Uint8Array, offsetBytes: number): Promise<boolean> {
  for (let filled = 0; filled < into.length;) {
    const count = await file.readAt(into.subarray(filled), offsetBytes + filled);
    if (count === 0) return false;
    filled += count;
  }
  return true;
}

/** Whether two digests are equal. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
