/**
 * Header fields of the edge family that are its own: versions of files as they travel beside the bytes.
 *
 * Source: PROTOCOL.md, "edge: fields of its own".
 *
 * @module
 */

import { fieldOf, type HttpFields } from "./http_fields.ts";
import { ProtocolError } from "./protocol_error.ts";

/** What a publisher calls a version: a `FileVersion` of `src/core/file_version.ts`. */
export interface VersionFields {
  /** Opaque; empty if there is none. */
  readonly hash: string;
  /** Opaque; empty if there is none. */
  readonly timestamp: string;
}

/** What is known of a stored version: an `EdgeObject` of `src/core/edge_object.ts`. */
export interface ObjectFields extends VersionFields {
  /** The SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Orders the versions of a name. */
  readonly generation: number;
  /** The length of the bytes. */
  readonly sizeBytes: number;
  /** When it was stored, in milliseconds since the Unix epoch. */
  readonly modifiedMs: number;
}

/** The code of the errors for fields that cannot be read. */
export const INVALID_FIELD = "INVALID_FIELD";

/** Says, on a write, which node has the bytes too: its id. */
export const NODE_FIELD = "X-CDN-Node";
/** Says, on the answer to a write, whether the meta server knows of it: `yes`, `later`, or `no` if there is none. */
export const PUBLISHED_FIELD = "X-Published";
/** Says, on the removal of a copy, that one of this generation or a greater one stays. */
export const GENERATION_BELOW_FIELD = "X-Generation-Below";
/** Says where a node's answer comes from: `HIT memory`, `MISS`, `REVALIDATED disk`, `STALE disk`, ... */
export const CACHE_FIELD = "X-Cache";

const HASH = "X-File-Hash";
const TIMESTAMP = "X-File-Timestamp";
const SHA256 = "X-File-SHA256";
const GENERATION = "X-File-Generation";
const SIZE = "X-File-Size";
const MODIFIED = "X-File-Modified";

/** The longest hash, and the longest time stamp, as in the JSON. */
const MAX_LENGTHS: Readonly<Record<string, number>> = { [HASH]: 128, [TIMESTAMP]: 64 };

/** Writes what a publisher calls a version, for a request; what is empty is left out. */
export function writePublishedVersion({ hash, timestamp }: VersionFields): [name: string, value: string][] {
  const fields: [name: string, value: string][] = [];
  if (hash !== "") fields.push([HASH, encode(hash)]);
  if (timestamp !== "") fields.push([TIMESTAMP, encode(timestamp)]);
  return fields;
}

/**
 * Reads what a publisher calls a version; empty texts for what it does not say.
 *
 * @throws {ProtocolError} `INVALID_FIELD` if that is not percent-encoded UTF-8, too long, or holds a NUL character.
 */
export function readPublishedVersion(headers: HttpFields): VersionFields {
  return { hash: readText(headers, HASH), timestamp: readText(headers, TIMESTAMP) };
}

/** Writes what is known of a stored version, for an answer. */
export function writeEdgeObject(object: ObjectFields): [name: string, value: string][] {
  return [
    [HASH, encode(object.hash)],
    [TIMESTAMP, encode(object.timestamp)],
    [SHA256, object.sha256],
    [GENERATION, String(object.generation)],
    [SIZE, String(object.sizeBytes)],
    [MODIFIED, String(object.modifiedMs)],
  ];
}

/** Reads what {@link writeEdgeObject} wrote; `undefined` if it is not all there, as with a server that is not ours. */
export function readEdgeObject(headers: HttpFields): ObjectFields | undefined {
  const sha256 = fieldOf(headers, SHA256) ?? "";
  const [generation, sizeBytes, modifiedMs] = [GENERATION, SIZE, MODIFIED].map((name) => readNumber(headers, name));
  if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  if (generation === undefined || sizeBytes === undefined || modifiedMs === undefined) return undefined;
  try {
    return { ...readPublishedVersion(headers), sha256, generation, sizeBytes, modifiedMs };
  } catch {
    return undefined; // Written by somebody else, too.
  }
}

/**
 * Reads the id of the node that a write comes from; `undefined` if it comes from none.
 *
 * @throws {ProtocolError} `INVALID_FIELD` if it is no number.
 */
export function readNodeId(headers: HttpFields): number | undefined {
  return requireNumber(headers, NODE_FIELD);
}

/**
 * Reads which copies a removal leaves alone; `undefined` for none.
 *
 * @throws {ProtocolError} `INVALID_FIELD` if it is no number.
 */
export function readGenerationBelow(headers: HttpFields): number | undefined {
  return requireNumber(headers, GENERATION_BELOW_FIELD);
}

function requireNumber(headers: HttpFields, name: string): number | undefined {
  const number = readNumber(headers, name);
  if (number === undefined && fieldOf(headers, name) !== undefined) throw invalid(name, "it is no number");
  return number;
}

function readNumber(headers: HttpFields, name: string): number | undefined {
  const text = fieldOf(headers, name) ?? "";
  const number = Number(text);
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}

function readText(headers: HttpFields, name: string): string {
  let text: string;
  try {
    text = decodeURIComponent(fieldOf(headers, name) ?? "");
  } catch {
    throw invalid(name, "it is not percent-encoded UTF-8");
  }
  const limit = MAX_LENGTHS[name]!;
  if (text.length > limit) throw invalid(name, `it has over ${limit} characters`);
  // As in the JSON: what a store took and no meta server did could never be published.
  if (text.includes("\0")) throw invalid(name, "it holds a NUL character");
  return text;
}

/** Half a surrogate pair has no UTF-8. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function invalid(name: string, problem: string): ProtocolError {
  return new ProtocolError(INVALID_FIELD, `Cannot read ${name}: ${problem}`);
}
