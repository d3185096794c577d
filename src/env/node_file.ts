/**
 * One open file on `node:fs`.
 *
 * @module
 */

import {
  type BigIntStats,
  close,
  closeSync,
  fstat,
  fstatSync,
  fsync,
  ftruncate,
  read,
  readSync,
  write,
  writeSync,
} from "node:fs";
import { FileError, type FileInfo, type FileKind, type OpenFile } from "./files.ts";
import type { Pace } from "./pace.ts";
import { toFileError } from "./system_error.ts";

/** The most bytes that one call moves: more would hold the event loop too long where it moves them itself. */
const MAX_CALL_BYTES = 4_194_304;

/**
 * Reads of so much go through the runtime's thread, however fast the disk: the event loop has better things to do
 * meanwhile, such as to send what was read before.
 */
const LARGE_READ_BYTES = 262_144;

/**
 * How much one call writes. ext4 takes memory for a file in stretches as long as the call, and long ones only from memory
 * that is free for long: on a virtual machine that gives such memory back to its host, each has to be asked for again.
 * There, 1 GiB takes 0.3 s in calls of 64 KiB, and 1 to 3 s in larger ones; with memory at hand, a tenth of a second more.
 */
const WRITE_CALL_BYTES = 65_536;
/** How much is written on the event loop before others get their turn, in many calls: a third of a millisecond. */
const INLINE_WRITE_BYTES = 1_048_576;

const NS_PER_MS = 1_000_000n;

/** Translates `node:fs`'s way to tell what something is, the same in stats and in folder entries. */
export function kindOf(found: Pick<BigIntStats, "isFile" | "isDirectory" | "isSymbolicLink">): FileKind {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "folder";
  return found.isSymbolicLink() ? "link" : "other";
}

/** Translates `node:fs`'s stats. */
export function infoOfStats(stats: BigIntStats): FileInfo {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  const kind = kindOf(stats);
  return {
    kind,
    sizeBytes: kind === "file" ? Number(size) : 0,
    modifiedMs: Number(mtimeNs / NS_PER_MS) + Number(mtimeNs % NS_PER_MS) / 1e6,
    id: `${dev}-${ino}`,
    version: `${dev}-${ino}-${size}-${mtimeNs}-${ctimeNs}`,
  };
}

/** Waits for a function that takes a callback as its last argument. */
export function promised<T>(start: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => error === null || error === undefined ? resolve(value as T) : reject(error));
  });
}

/** How much one call writes of `bytes` from `done` on: to where an aligned stretch of the file ends. */
function stretchOf(bytes: Uint8Array, done: number, offsetBytes: number): number {
  return Math.min(bytes.length - done, WRITE_CALL_BYTES - offsetBytes % WRITE_CALL_BYTES);
}

/** An open file descriptor. */
export class NodeFile implements OpenFile {
  readonly #descriptor: number;
  readonly #path: string;
  readonly #pace: Pace;
  /**
   * Operations under way. A descriptor must not be closed below them: its number may stand for another file a moment
   * later.
   */
  #running = 0;
  #idle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  /** Takes over an open descriptor. */
  constructor(descriptor: number, path: string, pace: Pace) {
    this.#descriptor = descriptor;
    this.#path = path;
    this.#pace = pace;
  }

  /** Describes the open file. */
  async info(): Promise<FileInfo> {
    return infoOfStats(await this.stats());
  }

  /** Describes the open file as `node:fs` does. */
  async stats(): Promise<BigIntStats> {
    return await this.#during("look at", () =>
      this.#pace.run(
        () => fstatSync(this.#descriptor, { bigint: true }),
        () => promised<BigIntStats>((done) => fstat(this.#descriptor, { bigint: true }, done)),
      ));
  }

  /** Reads; see {@link OpenFile.readAt}. */
  async readAt(into: Uint8Array, offsetBytes: number): Promise<number> {
    const length = Math.min(into.length, MAX_CALL_BYTES);
    const inline = (): number => readSync(this.#descriptor, into, 0, length, offsetBytes);
    const offloaded = (): Promise<number> =>
      promised<number>((done) => read(this.#descriptor, into, 0, length, offsetBytes, done));
    return await this.#during("read", () => {
      return length >= LARGE_READ_BYTES ? this.#pace.offload(offloaded) : this.#pace.run(inline, offloaded);
    });
  }

  /** Writes; see {@link OpenFile.writeAt}. */
  async writeAt(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    let turnBytes = 0;
    for (let done = 0; done < bytes.length;) {
      // Deno writes on the event loop whatever function is called, and so a turn is due now and then.
      if (done - turnBytes >= MAX_CALL_BYTES) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        turnBytes = done;
      }
      const rest = bytes.subarray(done);
      const offset = offsetBytes + done;
      const offloaded = (): Promise<number> =>
        promised<number>((then) => write(this.#descriptor, rest, 0, stretchOf(rest, 0, offset), offset, then));
      done += await this.#during("write", () => this.#pace.run(() => this.#writeInline(rest, offset), offloaded));
    }
  }

  /** Writes some of it on the event loop. Returns how much. */
  #writeInline(bytes: Uint8Array, offsetBytes: number): number {
    let done = 0;
    while (done < Math.min(bytes.length, INLINE_WRITE_BYTES)) {
      const length = stretchOf(bytes, done, offsetBytes + done);
      done += writeSync(this.#descriptor, bytes, done, length, offsetBytes + done);
    }
    return done;
  }

  /** Cuts or extends it. */
  async truncate(sizeBytes: number): Promise<void> {
    await this.#during("truncate", () => promised<void>((done) => ftruncate(this.#descriptor, sizeBytes, done)));
  }

  /** Waits for the disk. */
  async sync(): Promise<void> {
    await this.#during("sync", () => promised<void>((done) => fsync(this.#descriptor, done)));
  }

  /** Closes it after what is under way. Idempotent. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle = resolve);
    try {
      await this.#pace.run(
        () => closeSync(this.#descriptor),
        () => promised<void>((done) => close(this.#descriptor, done)),
      );
    } catch (error) {
      throw toFileError(error, `close ${this.#path}`);
    }
  }

  async #during<T>(action: string, run: () => Promise<T>): Promise<T> {
    const what = `${action} ${this.#path}`;
    if (this.#closing !== undefined) throw new FileError("other", what, { cause: new Error("it is closed") });
    this.#running++;
    try {
      return await run();
    } catch (error) {
      throw toFileError(error, what);
    } finally {
      if (--this.#running === 0) this.#idle?.();
    }
  }
}
