/**
 * What no file system can have as a path.
 *
 * @module
 */

import { FileError } from "./files.ts";

/**
 * Refuses a path that would reach the file system as another one: with a NUL, or with half a surrogate pair.
 *
 * @param what The action that the path is for, such as `open content/cs1/hello.txt`.
 * @throws {FileError} `"invalid-name"`.
 */
export function checkPath(path: string, what: string): void {
  if (!path.includes("\0") && path.isWellFormed()) return;
  throw new FileError("invalid-name", what.replaceAll("\0", "\\0").toWellFormed());
}
