/**
 * File names of the edge family, and how they stand in a URL.
 *
 * A name is parts between slashes, any Unicode but NUL; nothing is normalised, and names that differ are different files.
 * In a URL each part is percent-encoded UTF-8. In JSON a name stands as it is.
 *
 * Source: PROTOCOL.md, "edge: names".
 *
 * @module
 */

import { decodeFileName } from "./file_name.ts";
import { ProtocolError } from "./protocol_error.ts";

/** The longest name, in UTF-8 bytes: that of a key in any S3 store. */
export const MAX_EDGE_NAME_BYTES = 1_024;

/** The code of the errors that {@link checkEdgeName} and {@link readEdgePath} throw. */
export const INVALID_NAME = "INVALID_NAME";

/** What no HTTP server lets through in a target. */
const BEYOND_ASCII = /[\u0080-\uffff]/;

const encoder = new TextEncoder();

/**
 * Checks a name as it stands in JSON, and returns it.
 *
 * @throws {ProtocolError} `INVALID_NAME` with the reason if it is empty or too long, holds a NUL or half a surrogate
 *   pair, or has a part that is empty, `.` or `..`.
 */
export function checkEdgeName(name: string): string {
  const problem = problemOf(name);
  if (problem !== undefined) throw new ProtocolError(INVALID_NAME, `Cannot take a file name: ${problem}`);
  return name;
}

/**
 * Reads the name in the path of a URL.
 *
 * @param path What follows the route, undecoded and without query: `a%20b/c` of `/get/a%20b/c`.
 * @throws {ProtocolError} `INVALID_NAME` as {@link checkEdgeName} does, or if the encoding is broken.
 */
export function readEdgePath(path: string): string {
  const name = decodeFileName(path);
  if (name === undefined || BEYOND_ASCII.test(path)) {
    throw new ProtocolError(INVALID_NAME, "Cannot take a file name: it is not percent-encoded UTF-8");
  }
  return checkEdgeName(name);
}

/** Writes a name as the path of a URL: `Größe 1/50%?` becomes `Gr%C3%B6%C3%9Fe%201/50%25%3F`. */
export function writeEdgePath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

function problemOf(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (name.includes("\0")) return "it holds a NUL character";
  if (!name.isWellFormed()) return "it is not Unicode";
  if (encoder.encode(name).length > MAX_EDGE_NAME_BYTES) return `it has over ${MAX_EDGE_NAME_BYTES} bytes`;
  for (const part of name.split("/")) {
    if (part === "") return 'it begins or ends with "/", or has "//" in it';
    if (part === "." || part === "..") return `it has a part "${part}"`;
  }
  return undefined;
}
