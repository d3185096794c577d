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

/** What Deno says of a file that gets too large: it gives neither code nor name, and Windows another meaning to the number. */
const TOO_LARGE = "File too large (os error 27)";

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
  const code = meanings[systemCode] ?? SYSTEM_CODES[systemCode];
  return new FileError(namedCode(error) ?? code ?? "other", what, { cause: error });
}

function namedCode(error: unknown): FileErrorCode | undefined {
  if (!(error instanceof Error)) return undefined;
  return NAMED[error.name] ?? (error.message.includes(TOO_LARGE) ? "full" : undefined);
}
