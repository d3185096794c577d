/**
 * What a file may be called in a request.
 *
 * @module
 */

import { decodeFileName, encodeFileName, MAX_FILE_NAME_BYTES } from "../../protocol/file_name.ts";

/**
 * Returns the forms of a name to ask for, in this order: the canonical one, and the raw one for peers that know nothing of
 * encoding, where that can mean nothing else.
 *
 * Source: PROTOCOL.md, "File names".
 *
 * @throws {RangeError} if the name is empty or too long.
 */
export function wireNames(name: string): [canonical: string, ...raw: string[]] {
  const canonical = encodeFileName(name);
  const sizeBytes = canonical.length;
  if (sizeBytes === 0 || sizeBytes > MAX_FILE_NAME_BYTES) {
    throw new RangeError(
      `Cannot ask for a file: expected a name of 1 to ${MAX_FILE_NAME_BYTES} bytes, got ${sizeBytes}`,
    );
  }
  return canonical !== name && isPlainLine(name) ? [canonical, name] : [canonical];
}

/** Whether a name stays one line, unchanged, and is not read as the encoded form of another one. */
function isPlainLine(name: string): boolean {
  const isLine = !/\p{Cc}/u.test(name) && name.isWellFormed() && name === name.trim();
  return isLine && (decodeFileName(name) ?? name) === name;
}
