/**
 * What a runtime throws, in terms of {@link FileError}.
 *
 * @module
 */

import { FileError, type FileErrorCode } from "./files.ts";

/** The codes of `node:fs` and `node:child_process` that mean one of ours. */
const SYSTEM_CODES: Record<string, FileErrorCode> = {
  ENOENT: "not-found",
  ENOTDIR: "not-found",
  EEXIST: "exists",
  ENOTEMPTY: "exists",
  EISDIR: "not-a-file",
  ELOOP: "not-a-file",
  ENXIO: "not-a-file",
  ENODEV: "not-a-file",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  ENOSPC: "full",
  EDQUOT: "full",
  EFBIG: "full",
  EMFILE: "exhausted",
  ENFILE: "exhausted",
  ENOMEM: "exhausted",
  ENAMETOOLONG: "invalid-name",
  EILSEQ: "invalid-name",
};

/** Deno's errors that carry no system code, by name. */
const NAMED: Record<string, FileErrorCode> = {
  NotCapable: "denied",
  PermissionDenied: "denied",
};

/** Returns an error's system code, such as `ENOENT`, if it has one. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/**
 * Wraps an error of a runtime, which becomes the cause. One of ours is returned as it is.
 *
 * @param what The action that failed, such as `open content/cs1/hello.txt`.
 * @param meanings System codes that mean something else in this action.
 */
export function toFileError(
  error: unknown,
  what: string,
  meanings: Readonly<Record<string, FileErrorCode>> = {},
): FileError {
  if (error instanceof FileError) return error;
  const systemCode = systemCodeOf(error) ?? "";
  const named = error instanceof Error ? NAMED[error.name] : undefined;
  return new FileError(named ?? meanings[systemCode] ?? SYSTEM_CODES[systemCode] ?? "other", what, { cause: error });
}
