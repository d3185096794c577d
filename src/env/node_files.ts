/**
 * Files on `node:fs`: Deno, Node and Bun.
 *
 * @module
 */

import { type BigIntStats, closeSync, constants, fsync, lstat, lstatSync, open, openSync } from "node:fs";
import { lstat as lstatNumbers, mkdir, readdir, rename, stat, unlink } from "node:fs/promises";
import process from "node:process";
import type { AbortOptions } from "../base/abort.ts";
import { FileError, type FileInfo, type Files, type FolderEntry, type OpenFile } from "./files.ts";
import { infoOfStats, kindOf, NodeFile, promised } from "./node_file.ts";
import { watchFolder } from "./node_watch.ts";
import { Pace } from "./pace.ts";
import { checkPath } from "./path.ts";
import { toFileError } from "./system_error.ts";

/**
 * Never follows a link as the last part of a path, and never waits for the other end of a FIFO. Windows has neither
 * flag, and the former is no use where Deno checks permissions: it resolves the path first. So what was opened is
 * compared with what is there.
 */
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** How often to open a file anew that is replaced just as it is opened. */
const OPEN_ATTEMPTS = 10;

const FOR_READING = constants.O_RDONLY | SAFELY;
const FOR_WRITING = constants.O_RDWR | constants.O_CREAT | SAFELY;
const NEW = FOR_WRITING | constants.O_EXCL;

/** Permissions of a new file, before the process's mask. */
const NEW_FILE_MODE = 0o666;

const EXACT = { bigint: true } as const;

/**
 * Returns the machine's file system.
 *
 * A version holds the device, the inode, the length, and when content and inode last changed. Deno tells the former to
 * a millisecond and the latter to a second, Node both as the file system has them, usually to a few milliseconds.
 */
export function nodeFiles(): Files {
  return new NodeFiles();
}

class NodeFiles implements Files {
  readonly #pace = new Pace({ now: () => performance.now(), onTurn: setImmediate });

  async info(path: string): Promise<FileInfo> {
    const what = `look at ${path}`;
    checkPath(path, what);
    try {
      return infoOfStats(await this.#lstat(path));
    } catch (error) {
      throw toFileError(error, what);
    }
  }

  async list(folder: string): Promise<FolderEntry[]> {
    const what = `list ${folder}`;
    checkPath(folder, what);
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) })).sort(byName);
    } catch (error) {
      throw toFileError(error, what, { ENOTDIR: "not-a-folder" });
    }
  }

  async open(path: string): Promise<OpenFile> {
    const what = `open ${path}`;
    return await this.#open(path, what, () => {
      return this.#pace.run(
        () => openSync(path, FOR_READING),
        () => promised<number>((done) => open(path, FOR_READING, done)),
      );
    });
  }

  async openForWriting(path: string): Promise<OpenFile> {
    const what = `open ${path} for writing`;
    return await this.#open(path, what, () => promised((done) => open(path, FOR_WRITING, NEW_FILE_MODE, done)));
  }

  async create(path: string): Promise<OpenFile> {
    const what = `make ${path}`;
    return await this.#open(path, what, () => promised((done) => open(path, NEW, NEW_FILE_MODE, done)));
  }

  async rename(from: string, to: string): Promise<void> {
    const what = `rename ${from} to ${to}`;
    checkPath(from, what);
    checkPath(to, what);
    try {
      await rename(from, to);
    } catch (error) {
      throw toFileError(error, what);
    }
  }

  async remove(path: string): Promise<void> {
    const what = `remove ${path}`;
    checkPath(path, what);
    try {
      // Deno's unlink() removes an empty folder too.
      if ((await lstatNumbers(path)).isDirectory()) throw new FileError("not-a-file", what);
      await unlink(path);
    } catch (error) {
      const failure = toFileError(error, what);
      if (failure.code !== "not-found") throw failure;
    }
  }

  async makeFolder(path: string): Promise<void> {
    const what = `make the folder ${path}`;
    checkPath(path, what);
    try {
      await mkdir(path, { recursive: true });
    } catch (error) {
      throw toFileError(error, what, { ENOTDIR: "exists" });
    }
  }

  async syncFolder(folder: string): Promise<void> {
    const what = `sync ${folder}`;
    checkPath(folder, what);
    try {
      if (!(await stat(folder)).isDirectory()) throw new FileError("not-a-folder", what);
      if (process.platform === "win32") return;
      const descriptor = await promised<number>((done) => open(folder, constants.O_RDONLY, done));
      await promised<void>((done) => fsync(descriptor, done)).finally(() => closeSync(descriptor));
    } catch (error) {
      throw toFileError(error, what);
    }
  }

  watch(folder: string, options: AbortOptions): AsyncIterable<void> {
    return watchFolder(folder, options);
  }

  #lstat(path: string): Promise<BigIntStats> {
    return this.#pace.run(
      () => lstatSync(path, EXACT),
      () => promised<BigIntStats>((done) => lstat(path, EXACT, done)),
    );
  }

  async #open(path: string, what: string, descriptor: () => Promise<number>): Promise<OpenFile> {
    checkPath(path, what);
    try {
      for (let attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
        const file = new NodeFile(await descriptor(), path, this.#pace);
        const isSame = await this.#isRegularAt(file, path, what).catch(async (error) => {
          await file.close();
          throw error;
        });
        if (isSame) return file;
        await file.close();
      }
    } catch (error) {
      throw toFileError(error, what);
    }
    throw new FileError("other", what, { cause: new Error("it is being replaced again and again") });
  }

  /** Whether an open file is the one that its path names; throws if either is not regular. */
  async #isRegularAt(file: NodeFile, path: string, what: string): Promise<boolean> {
    const opened = await file.stats();
    const named = await this.#lstat(path);
    if (!opened.isFile() || !named.isFile()) throw new FileError("not-a-file", what);
    return opened.ino === named.ino && opened.dev === named.dev;
  }
}

function byName(a: FolderEntry, b: FolderEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
