/**
 * What is remembered of a download that was broken off: of which version, and which bytes.
 *
 * @module
 */

import type { FileDigest } from "../protocol/cdn.ts";
import { ByteRanges } from "./byte_ranges.ts";

/** A download that was broken off. */
export interface PartRecord {
  /** The file's name in canonical form. */
  readonly name: string;
  /** The file's length and digest. */
  readonly version: FileDigest;
  /** What has arrived; undefined where that is all that is in the file, however long it has grown. */
  readonly have?: ByteRanges | undefined;
}

/** The longest record that is read. */
export const MAX_RECORD_BYTES = 1_048_576;

const FORMAT = "microcdn-part-1";

/** Writes a record as JSON. */
export function encodePartRecord({ name, version, have }: PartRecord): string {
  const { sizeBytes, sha256 } = version;
  const ranges = have === undefined ? undefined : Array.from(have, ({ start, end }) => [start, end]);
  return JSON.stringify({ format: FORMAT, name, sizeBytes, sha256, ranges });
}

/** Reads a record; undefined if the text is none, or one that contradicts itself. */
export function decodePartRecord(text: string): PartRecord | undefined {
  const value = parseJson(text);
  if (!isObject(value) || value.format !== FORMAT) return undefined;
  const { name, sizeBytes, sha256, ranges } = value;
  if (typeof name !== "string" || !isOffset(sizeBytes)) return undefined;
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  const version = { sizeBytes, sha256 };
  if (ranges === undefined) return { name, version };
  const have = readRanges(ranges, sizeBytes);
  return have && { name, version, have };
}

function readRanges(value: unknown, sizeBytes: number): ByteRanges | undefined {
  if (!Array.isArray(value)) return undefined;
  const have = new ByteRanges();
  for (const pair of value) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const [start, end]: unknown[] = pair;
    if (!isOffset(start) || !isOffset(end) || start >= end || end > sizeBytes) return undefined;
    have.add({ start, end });
  }
  return have;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A record that was cut short is worth as much as none.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}
