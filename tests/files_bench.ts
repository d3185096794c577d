/**
 * What the cases of the file contract stand on. Runs on Deno, Node and Bun: nothing here knows a runtime.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { FileError, type FileErrorCode, type Files, readWhole } from "../src/env/files.ts";

/** One promise of a file system. */
export interface FilesCase {
  /** What holds, to be read after a function's name: `open() refuses a link`. */
  readonly name: string;
  /** Checks it. */
  run(bench: FilesBench): Promise<void>;
}

/** An empty folder on a file system under test. */
export interface FilesBench {
  /** The file system. */
  readonly files: Files;
  /** The folder, without a slash at its end. */
  readonly root: string;
  /** Makes a link at `path` that leads to `target`. */
  link(path: string, target: string): Promise<void>;
  /** Waits for what takes time, real or virtual. */
  wait<T>(promise: Promise<T>): Promise<T>;
}

/** Writes a whole text. */
export async function put(files: Files, path: string, text: string): Promise<void> {
  const file = await files.openForWriting(path);
  try {
    await file.truncate(0);
    await file.writeAt(new TextEncoder().encode(text), 0);
  } finally {
    await file.close();
  }
}

/** Reads a whole text. */
export async function textOf(files: Files, path: string): Promise<string> {
  return new TextDecoder().decode(await readWhole(files, path, 1_000_000));
}

/** Asserts that an operation fails with a code. */
export async function assertFileError(promise: Promise<unknown>, code: FileErrorCode): Promise<void> {
  try {
    await promise;
  } catch (error) {
    assertInstanceOf(error, FileError);
    assertEquals(error.code, code, error.message);
    assert(error.message.startsWith("Cannot "), error.message);
    return;
  }
  throw new Error(`Expected a FileError "${code}", but it succeeded`);
}
