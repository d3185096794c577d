/**
 * What objects are called in an S3 store.
 *
 * Keys hold nothing but letters, digits and `._-/`, which every store, proxy and signature takes alike, and `a` is never
 * a folder to `a/b`: some stores cannot have both. A name of moderate length stands in its key and can be read there; a
 * longer one is named by its SHA-256, and stands in the object's head alone.
 *
 * | key                                   | holds                                          |
 * | ------------------------------------- | ---------------------------------------------- |
 * | `names/<name>`, `long/<SHA-256>`      | a head, and small objects' bytes               |
 * | `data/names/<name>/<random>`, `data/long/<SHA-256>/<random>` | a large object's bytes, never replaced |
 *
 * @module
 */

import { sha256 } from "../base/digest.ts";

/** The longest name in a key: some stores keep each part of a key as a file's name. */
const MAX_PART_LENGTH = 200;

/** What keys of heads begin with, by how the name stands in them. */
export const HEAD_FOLDERS = ["names/", "long/"] as const;

/** What keys of large objects' bytes begin with. */
export const DATA_FOLDER = "data/";

const encoder = new TextEncoder();

/** The key of an object's head. */
export function headKey(name: string): string {
  const bytes = encoder.encode(name);
  let part = "";
  for (const byte of bytes) {
    const letter = String.fromCharCode(byte);
    part += /[A-Za-z0-9.-]/.test(letter) ? letter : `_${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  // Parts of dots mean other folders to some who read URLs.
  if (/^\.+$/.test(part)) part = part.replaceAll(".", "_2E");
  if (part.length <= MAX_PART_LENGTH) return `names/${part}`;
  const digest = sha256();
  digest.update(bytes);
  return `long/${digest.hex()}`;
}

/** The name that stands in a head's key; `undefined` if it stands in the head alone, or it is no such key. */
export function nameInKey(key: string): string | undefined {
  const part = /^names\/([A-Za-z0-9._-]+)$/.exec(key)?.[1];
  if (part === undefined) return undefined;
  const bytes = part.match(/_[0-9A-F]{2}|[^_]/g)?.map((unit) => {
    return unit.length === 3 ? parseInt(unit.slice(1), 16) : unit.charCodeAt(0);
  });
  try {
    const name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes ?? []));
    return headKey(name) === key ? name : undefined;
  } catch {
    return undefined;
  }
}

/** A key for the bytes of an object that has the head `head`. */
export function dataKey(head: string, random: string): string {
  return `${DATA_FOLDER}${head}/${random}`;
}

/** The key of the head that bytes belong to; `undefined` if it is no such key. */
export function headOfData(key: string): string | undefined {
  return /^data\/((?:names|long)\/[^/]+)\/[^/]+$/.exec(key)?.[1];
}
