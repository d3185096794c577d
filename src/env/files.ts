/**
 * Files as roles see them. Implementations: `node_files.ts` (every runtime) and `memory_files.ts`; both pass
 * `tests/files_contract.ts`.
 *
 * Paths use `/`. Relative ones start at the process's folder.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";

/** What kind of thing a path names. Links are not followed. */
export type FileKind = "file" | "folder" | "link" | "other";

/** What is known of a file without reading it. */
export interface FileInfo {
  /** File, folder, link or other. */
  readonly kind: FileKind;
  /** Its length in bytes; 0 for what is not a file. */
  readonly sizeBytes: number;
  /** When its content last changed, in milliseconds since the Unix epoch, with fractions. */
  readonly modifiedMs: number;
  /** Names this file, whatever is written to it and whatever it is called: device and inode. Opaque. */
  readonly id: string;
  /**
   * Names this content of this file: device, inode, size, and the times of its last changes. Two equal versions
   * are the same bytes, as far as the file system tells. Opaque.
   */
  readonly version: string;
}

/** One entry of a folder. */
export interface FolderEntry {
  /** Its name, without the folder's. */
  readonly name: string;
  /** File, folder, link or other. Links are not followed. */
  readonly kind: FileKind;
}

/**
 * - `not-found`: no such file or folder
 * - `exists`: something is there already
 * - `not-a-file`: a folder, a link or a device where a file was expected
 * - `not-a-folder`: a file or a device where a folder was to be listed
 * - `denied`: no permission
 * - `full`: no space, or the quota is used up
 * - `exhausted`: no file descriptors are left
 * - `invalid-name`: the file system cannot have such a name
 * - `other`: anything else; see `cause`
 */
export type FileErrorCode =
  | "not-found"
  | "exists"
  | "not-a-file"
  | "not-a-folder"
  | "denied"
  | "full"
  | "exhausted"
  | "invalid-name"
  | "other";

const REASONS: Record<FileErrorCode, string> = {
  "not-found": "no such file or folder",
  "exists": "it exists already",
  "not-a-file": "it is not a regular file",
  "not-a-folder": "it is not a folder",
  "denied": "permission denied",
  "full": "no space left",
  "exhausted": "out of file descriptors",
  "invalid-name": "the file system cannot have such a name",
  "other": "failed",
};

/** A file operation failed. */
export class FileError extends Error {
  /** The name of this class. */
  override readonly name = "FileError";
  /** What went wrong, for deciding. */
  readonly code: FileErrorCode;

  /**
   * Creates an error that reads `Cannot <what>: <reason of the code>`.
   *
   * @param what The action that failed, such as `open content/cs1/hello.txt`.
   */
  constructor(code: FileErrorCode, what: string, options: ErrorOptions = {}) {
    const reason = code === "other" && options.cause instanceof Error ? options.cause.message : REASONS[code];
    super(`Cannot ${what}: ${reason}`, options);
    this.code = code;
  }
}

/** An open file. */
export interface OpenFile {
  /** Describes the open file itself, whatever its path names by now. */
  info(): Promise<FileInfo>;
  /**
   * Reads into the start of `into` from `offsetBytes`.
   *
   * @returns the count; 0 at the end.
   */
  readAt(into: Uint8Array, offsetBytes: number): Promise<number>;
  /**
   * Writes all of `bytes` at `offsetBytes`; a gap before it reads as zeros.
   *
   * @throws {FileError} `"full"` if there is no space.
   */
  writeAt(bytes: Uint8Array, offsetBytes: number): Promise<void>;
  /** Cuts or extends it to `sizeBytes`. */
  truncate(sizeBytes: number): Promise<void>;
  /** Waits until what was written is on the disk. */
  sync(): Promise<void>;
  /** Closes it. Idempotent. */
  close(): Promise<void>;
}

/** The file system. Every operation throws {@link FileError}. */
export interface Files {
  /** Describes what a path names; a link is described as a link. */
  info(path: string): Promise<FileInfo>;
  /**
   * Lists a folder in the order of the names' code units.
   *
   * @throws {FileError} `"not-a-folder"` if something else is there.
   */
  list(folder: string): Promise<FolderEntry[]>;
  /** Opens a regular file for reading. A link as the last part of the path is refused as `"not-a-file"`. */
  open(path: string): Promise<OpenFile>;
  /** Opens a regular file for reading and writing, and makes it if it is missing; its content stays. */
  openForWriting(path: string): Promise<OpenFile>;
  /**
   * Makes a regular file, and opens it for reading and writing.
   *
   * @throws {FileError} `"exists"` if there is something at the path, of whatever kind.
   */
  create(path: string): Promise<OpenFile>;
  /** Renames a file, replacing what is there, in one step. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; none there is no error. */
  remove(path: string): Promise<void>;
  /** Makes a folder and those above it; one there is no error. */
  makeFolder(path: string): Promise<void>;
  /**
   * Waits until the names in a folder are on the disk. Windows has no way to ask for that.
   *
   * @throws {FileError} `"not-a-folder"` if something else is there.
   */
  syncFolder(folder: string): Promise<void>;
  /**
   * Yields whenever something below `folder` may have changed: a hint, with bursts folded into one. The first comes as
   * soon as it watches, for what changed before was not seen. Ends when the signal aborts.
   *
   * @throws {FileError} if the folder cannot be watched; look now and then instead.
   */
  watch(folder: string, options: AbortOptions): AsyncIterable<void>;
}

/** Reads a whole file of at most `limitBytes`. */
export async function readWhole(files: Files, path: string, limitBytes: number): Promise<Uint8Array> {
  const file = await files.open(path);
  try {
    const { sizeBytes } = await file.info();
    if (sizeBytes > limitBytes) {
      throw new FileError("other", `read ${path}`, { cause: new RangeError(`it has over ${limitBytes} bytes`) });
    }
    const bytes = new Uint8Array(sizeBytes);
    let filled = 0;
    while (filled < sizeBytes) {
      const count = await file.readAt(bytes.subarray(filled), filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** Writes a whole file so that a reader sees the old content or the new, never a part. */
export async function writeWhole(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.new`;
  const file = await files.openForWriting(draft);
  try {
    await file.truncate(0);
    await file.writeAt(bytes, 0);
  } finally {
    await file.close();
  }
  await files.rename(draft, path);
}
