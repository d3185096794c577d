/**
 * A machine's disk as one program sees it: it takes time, it may be full, and it stops for good when the program is killed.
 *
 * @module
 */

import type { AbortOptions } from "../../src/base/abort.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { Random } from "../../src/base/random.ts";
import { FileError, type FileInfo, type Files, type FolderEntry, type OpenFile } from "../../src/env/files.ts";
import type { MemoryFiles } from "../../src/env/memory_files.ts";

/** The most that one operation takes, and how many take any time at all. */
const MAX_PAUSE_MS = 3;
const PAUSE_RATE = 0.3;

/** What {@link ProgramFiles} is made of. */
export interface ProgramFilesOptions {
  /** The disk. */
  readonly disk: MemoryFiles;
  /** The program's clock, whose timers end with the program. */
  readonly clock: Clock;
  /** Decides how long things take. */
  readonly random: Random;
  /** Whether the disk takes no more bytes. */
  readonly isFull: () => boolean;
}

/** Files of a program that may be killed between any two operations. What it does after that has no effect. */
export class ProgramFiles implements Files {
  readonly #options: ProgramFilesOptions;
  readonly #open = new Set<OpenFile>();
  readonly #killed = new AbortController();

  /** Creates the view of a program that lives. */
  constructor(options: ProgramFilesOptions) {
    this.#options = options;
  }

  /** Ends the program: what it had open is closed. */
  kill(): void {
    this.#killed.abort();
    for (const file of this.#open) void file.close();
    this.#open.clear();
  }

  info(path: string): Promise<FileInfo> {
    return this.#run((disk) => disk.info(path));
  }

  list(folder: string): Promise<FolderEntry[]> {
    return this.#run((disk) => disk.list(folder));
  }

  open(path: string): Promise<OpenFile> {
    return this.#run((disk) => this.#keep(disk.open(path)));
  }

  openForWriting(path: string): Promise<OpenFile> {
    return this.#run((disk) => this.#keep(disk.openForWriting(path)));
  }

  create(path: string): Promise<OpenFile> {
    return this.#run((disk) => this.#keep(disk.create(path)));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#run((disk) => disk.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#run((disk) => disk.remove(path));
  }

  syncFolder(folder: string): Promise<void> {
    return this.#run((disk) => disk.syncFolder(folder));
  }

  makeFolder(path: string): Promise<void> {
    return this.#run((disk) => disk.makeFolder(path));
  }

  watch(folder: string, { signal }: AbortOptions): AsyncIterable<void> {
    const signals = [this.#killed.signal, ...(signal === undefined ? [] : [signal])];
    return this.#options.disk.watch(folder, { signal: AbortSignal.any(signals) });
  }

  async #run<T>(run: (disk: MemoryFiles) => Promise<T>): Promise<T> {
    await this.#pause();
    return await run(this.#options.disk);
  }

  /** Never ends for a program that was killed. */
  #pause(): Promise<void> {
    const { clock, random } = this.#options;
    if (this.#killed.signal.aborted) return new Promise(() => {});
    if (random.next() >= PAUSE_RATE) return Promise.resolve();
    return new Promise((resolve) => void clock.schedule(random.next() * MAX_PAUSE_MS, resolve));
  }

  async #keep(opening: Promise<OpenFile>): Promise<OpenFile> {
    const file = await opening;
    this.#open.add(file);
    const paused = async <T>(run: () => Promise<T>): Promise<T> => {
      await this.#pause();
      return await run();
    };
    return {
      info: () => paused(() => file.info()),
      readAt: (into, offsetBytes) => paused(() => file.readAt(into, offsetBytes)),
      writeAt: (bytes, offsetBytes) => paused(() => this.#write(file, bytes, offsetBytes)),
      truncate: (sizeBytes) => paused(() => file.truncate(sizeBytes)),
      sync: () => paused(() => file.sync()),
      close: () => {
        this.#open.delete(file);
        return file.close();
      },
    };
  }

  /** A full disk takes some of the bytes before it says so. */
  async #write(file: OpenFile, bytes: Uint8Array, offsetBytes: number): Promise<void> {
    if (!this.#options.isFull()) return await file.writeAt(bytes, offsetBytes);
    await file.writeAt(bytes.subarray(0, bytes.length >> 1), offsetBytes);
    throw new FileError("full", "write to a full disk");
  }
}
