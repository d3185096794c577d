/**
 * Paths that lead nowhere.
 *
 * @module
 */

import { FileError } from "./files.ts";

/**
 * Refuses a path that would reach the file system as another one: with a NUL, or with half a surrogate pair.
 *
 * @param what The action that the path is for, such as `open content/cs1/hello.txt`.
 * @throws {FileError} `"invalid-name"`, or `"not-found"` if there is no path at all.
 */
export function checkPath(path: string, what: string): void {
  if (path === "") throw new FileError("not-found", what);
  if (!path.includes("\0") && path.isWellFormed()) return;
  throw new FileError("invalid-name", what.replaceAll("\0", "\\0").toWellFormed());
}
