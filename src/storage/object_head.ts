/**
 * What stands before the bytes of a stored object, so that they tell by themselves what they are.
 *
 * Shape: a line `microcdn-object 1 <bytes of the head> <SHA-256 of what follows in it>`, the first two numbers being the
 * format's version and six digits; then JSON on one line, filled up with spaces to the length that the first line says.
 * Text in UTF-8, lines end in LF.
 *
 * @module
 */

import { sha256 } from "../base/digest.ts";
import type { EdgeObject } from "../core/edge_object.ts";

/** What a head tells. */
export interface ObjectHead {
  /** The object's name. */
  readonly name: string;
  /** What it is. */
  readonly object: EdgeObject;
  /** How the bytes are kept, by whoever keeps them. */
  readonly body: Readonly<Record<string, string | number>>;
}

/** A head whose numbers and digests are not known yet. */
export type HeadPlan = Pick<ObjectHead, "name"> & { readonly object: Pick<EdgeObject, "hash" | "timestamp"> };

/** The length of a head is a multiple of this. */
const STEP_BYTES = 512;
/** Enough for most heads: what is read of an object to see what it is. */
export const USUAL_HEAD_BYTES = 1_024;
/** The longest head: a name, a hash and a time stamp of the greatest length, all of it control characters, fit. */
export const MAX_HEAD_BYTES = 16_384;

const FIRST_LINE = /^microcdn-object 1 (\d{6}) ([0-9a-f]{64})\n/;
const FIRST_LINE_BYTES = 18 + 6 + 1 + 64 + 1;
/** What numbers, digests and the keeper's own fields take at most, beyond what is in a plan. */
const UNPLANNED_BYTES = 400;

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/**
 * Tells how long a head will be, before all of it is known.
 *
 * @param moreBytes What the keeper's own fields take beyond a digest and a number.
 * @throws {RangeError} if that is more than {@link MAX_HEAD_BYTES}.
 */
export function headBytesFor({ name, object: { hash, timestamp } }: HeadPlan, moreBytes = 0): number {
  const plannedBytes = encoder.encode(JSON.stringify([name, hash, timestamp])).length;
  const needed = FIRST_LINE_BYTES + plannedBytes + UNPLANNED_BYTES + moreBytes;
  const lengthBytes = Math.ceil(needed / STEP_BYTES) * STEP_BYTES;
  if (lengthBytes > MAX_HEAD_BYTES) throw new RangeError(`Cannot store an object: its name and hash are too long`);
  return lengthBytes;
}

/** Writes a head of `lengthBytes`, which is what {@link headBytesFor} told. */
export function writeHead({ name, object, body }: ObjectHead, lengthBytes: number): Uint8Array<ArrayBuffer> {
  const { hash, timestamp, sha256: digest, generation, sizeBytes, modifiedMs } = object;
  const fields = { name, hash, timestamp, sha256: digest, generation, sizeBytes, modifiedMs, ...body };
  const json = encoder.encode(JSON.stringify(fields));
  const rest = new Uint8Array(lengthBytes - FIRST_LINE_BYTES).fill(0x20);
  if (json.length >= rest.length) throw new RangeError("Cannot write a head: it is longer than was planned");
  rest.set(json);
  rest[rest.length - 1] = 0x0a;
  const head = new Uint8Array(lengthBytes);
  head.set(encoder.encode(`microcdn-object 1 ${String(lengthBytes).padStart(6, "0")} ${digestOf(rest)}\n`));
  head.set(rest, FIRST_LINE_BYTES);
  return head;
}

/** Tells from the first bytes of an object how long its head is; `undefined` if it has none that is known here. */
export function readHeadBytes(start: Uint8Array): number | undefined {
  const found = FIRST_LINE.exec(latin1(start.subarray(0, FIRST_LINE_BYTES)));
  if (found === null) return undefined;
  const lengthBytes = Number(found[1]);
  return lengthBytes > FIRST_LINE_BYTES && lengthBytes <= MAX_HEAD_BYTES ? lengthBytes : undefined;
}

/**
 * Reads a head.
 *
 * @param start The object from its first byte on, with all of its head at least.
 * @returns `undefined` if it is damaged.
 */
export function readHead(start: Uint8Array): (ObjectHead & { readonly headBytes: number }) | undefined {
  const headBytes = readHeadBytes(start);
  if (headBytes === undefined || start.length < headBytes) return undefined;
  const digest = latin1(start.subarray(FIRST_LINE_BYTES - 65, FIRST_LINE_BYTES - 1));
  const rest = start.subarray(FIRST_LINE_BYTES, headBytes);
  if (digestOf(rest) !== digest) return undefined;
  const fields: unknown = JSON.parse(new TextDecoder().decode(rest));
  // The digest has shown that this is what was written: whoever wrote other fields is another program.
  if (!isFields(fields)) return undefined;
  const { name, hash, timestamp, sha256, generation, sizeBytes, modifiedMs, ...body } = fields;
  return { headBytes, name, object: { hash, timestamp, sha256, generation, sizeBytes, modifiedMs }, body };
}

interface Fields extends EdgeObject {
  readonly name: string;
  readonly [field: string]: string | number;
}

function isFields(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Record<string, unknown>;
  const isText = (field: string): boolean => typeof fields[field] === "string";
  return ["name", "hash", "timestamp", "sha256"].every(isText) &&
    ["generation", "sizeBytes"].every((field) => Number.isSafeInteger(fields[field])) &&
    Number.isFinite(fields.modifiedMs);
}

function digestOf(bytes: Uint8Array): string {
  const digest = sha256();
  digest.update(bytes);
  return digest.hex();
}

/** A text of bytes, one character each. */
function latin1(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
