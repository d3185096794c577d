/**
 * The name of a file that somebody asks for.
 *
 * @module
 */

import { encodeFileName, MAX_FILE_NAME_BYTES } from "../protocol/file_name.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Refuses a name that cannot be asked for.
 *
 * @throws {UsageError} if it is empty or too long.
 */
export function checkWantedName(name: string): void {
  const { length } = encodeFileName(name);
  if (length >= 1 && length <= MAX_FILE_NAME_BYTES) return;
  throw new UsageError(`A file name must have 1 to ${MAX_FILE_NAME_BYTES} bytes, got ${length}`);
}
