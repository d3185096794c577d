/**
 * `SHA256SUMS`, as `sha256sum -c` reads it.
 *
 * @module
 */

import { sha256 } from "../../src/base/digest.ts";
import { toFileError } from "../../src/env/system_error.ts";

/** The file's name. */
export const SUMS_FILE = "SHA256SUMS";

/** Digests by path. */
export type Sums = ReadonlyMap<string, string>;

/** Reads the lines of a file of sums: a digest, two blanks, a path. Others are left out. */
export function parseSums(text: string): Sums {
  const found = text.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm);
  return new Map(Array.from(found, ([, digest, path]) => [path!, digest!]));
}

/** Writes sums, by path. */
export function renderSums(sums: Sums): string {
  const lines = [...sums].sort(([one], [other]) => one < other ? -1 : 1).map(([path, digest]) =>
    `${digest}  ${path}\n`
  );
  return lines.join("");
}

/**
 * Returns the SHA-256 of a file.
 *
 * @throws {FileError} if it cannot be read.
 */
export async function sumOf(path: string): Promise<string> {
  try {
    using file = await Deno.open(path);
    const digest = sha256();
    for await (const bytes of file.readable) digest.update(bytes);
    return digest.hex();
  } catch (error) {
    throw toFileError(error, `read ${path}`);
  }
}
