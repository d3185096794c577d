/**
 * Everything that the bench starts and makes, so that all of it can be cleared away: processes, files, sockets.
 *
 * @module
 */

import { abortable } from "../../src/base/abort.ts";
import { withDeadline } from "../../src/base/deadline.ts";
import type { Env } from "../../src/env/env.ts";
import { describeEnd } from "../../src/env/processes.ts";
import { Child } from "../cluster/child.ts";
import { GIB } from "./byte_units.ts";
import { formatRoom, roomIn } from "./disk.ts";
import { writeBytes } from "./filled_file.ts";
import { LeftOut } from "./left_out.ts";
import type { Sizes } from "./sizes.ts";
import type { Tools } from "./tools.ts";

/** How many of its last lines a failure shows of a process. */
const LAST_LINES = 5;
/** Room that is left to others on the disk. */
const SPARE_BYTES = GIB;

/** Options of {@link Workbench}. */
export interface WorkbenchOptions {
  /** The outside world. */
  env: Pick<Env, "net" | "clock">;
  /** Ends it all early. */
  signal: AbortSignal;
  /** How large and how often. */
  sizes: Sizes;
  /** Gets what is being done, in a few words. */
  onStatus: (text: string) => void;
}

/** What to start. */
export interface StartOptions {
  /** What failure messages call it. */
  name: string;
  /** The program and its arguments. */
  command: readonly [string, ...string[]];
  /** Gets every line that it writes. Default: nobody. */
  onLine?: (line: string) => void;
}

/** A process on the workbench. */
export interface Started {
  /** The process. */
  readonly child: Child;
  /** What it said last, for failure messages. */
  readonly lastLines: readonly string[];
}

/** A folder of its own, programs, and what runs. */
export class Workbench {
  /** The outside world. */
  readonly env: Pick<Env, "net" | "clock">;
  /** Ends it all early. */
  readonly signal: AbortSignal;
  /** How large and how often. */
  readonly sizes: Sizes;
  /** A folder for all that is made. */
  readonly folder: string;
  /** Which programs there are. */
  readonly tools: Tools;
  readonly #onStatus: (text: string) => void;
  readonly #running = new Set<Child>();
  readonly #closing: (() => unknown)[] = [];
  readonly #folders: string[] = [];
  #made = 0;

  /** Takes over a folder that is there. */
  constructor({ env, signal, sizes, onStatus }: WorkbenchOptions, folder: string, tools: Tools) {
    this.env = env;
    this.signal = signal;
    this.sizes = sizes;
    this.folder = folder;
    this.tools = tools;
    this.#onStatus = onStatus;
  }

  /** Says what is being done, in a few words. */
  say(text: string): void {
    this.#onStatus(text);
  }

  /** Starts a process, which ends with the row. */
  start({ name, command, onLine = (): void => {} }: StartOptions): Started {
    this.signal.throwIfAborted();
    const lastLines: string[] = [];
    const take = (line: string): void => {
      if (lastLines.push(line) > LAST_LINES) lastLines.shift();
      onLine(line);
    };
    try {
      const child = new Child({ command, onLine: take });
      this.#running.add(child);
      void child.ended.then(() => this.#running.delete(child));
      return { child, lastLines };
    } catch (cause) {
      throw new Error(`Cannot start ${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }

  /**
   * Runs a process to its end.
   *
   * @returns what it wrote, a line each.
   * @throws {Error} if it fails, or takes longer than `deadlineMs`.
   */
  async run(
    name: string,
    command: readonly [string, ...string[]],
    { deadlineMs }: { deadlineMs: number },
  ): Promise<readonly string[]> {
    const lines: string[] = [];
    const { child, lastLines } = this.start({ name, command, onLine: (line) => void lines.push(line) });
    const end = await this.within(`end of ${name}`, deadlineMs, () => child.ended);
    if (end.kind === "exited" && end.code === 0) return lines;
    throw new Error(`Cannot measure: ${name} ended with ${describeEnd(end)}: ${lastLines.join(" / ")}`);
  }

  /** Waits for something, but not for ever, and not beyond the end of it all: then the signal aborts. */
  async within<T>(what: string, deadlineMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await withDeadline(this.env.clock, { what: `wait for ${what}`, deadlineMs, signal: this.signal }, run);
  }

  /** Waits for something that a process does, unless it ends before. */
  async whileRuns<T>({ child, lastLines }: Started, what: string, deadlineMs: number, done: Promise<T>): Promise<T> {
    const ended = child.ended.then((end) => {
      throw new Error(`Cannot wait for ${what}: it ended with ${describeEnd(end)}: ${lastLines.join(" / ")}`);
    });
    // Nobody looks at its end any more once it is done.
    ended.catch(() => {});
    return await this.within(what, deadlineMs, () => Promise.race([done, ended]));
  }

  /** Has something done when the row ends: sockets to close, loops to stop. */
  atEnd(close: () => unknown): void {
    this.#closing.push(close);
  }

  /** Makes an empty folder, which is removed with the row. */
  async newFolder(): Promise<string> {
    const path = `${this.folder}/${++this.#made}`;
    await Deno.mkdir(path);
    this.#folders.push(path);
    return path;
  }

  /** Makes sure that there is room on the disk for so many bytes, and some more. */
  async needRoom(bytes: number): Promise<void> {
    const room = await roomIn(this.folder);
    if (room < bytes + SPARE_BYTES) throw new LeftOut(`${formatRoom(room)} of disk are too little`);
  }

  /** Makes a file of so many bytes in a folder. It is real: neither sparse nor zeros, and on the disk. */
  async newFile(folder: string, name: string, bytes: number): Promise<string> {
    await this.needRoom(bytes);
    this.say(`writing ${name}`);
    const path = `${folder}/${name}`;
    await abortable(writeBytes(path, bytes, this.signal), this.signal);
    return path;
  }

  /** Closes what a row opened, kills what still runs, waits for its end, and removes the row's folders. */
  async clear(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closing.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        // The rest has to be cleared all the same.
        failures.push(error);
      }
    }
    this.killAll();
    await Promise.all([...this.#running].map(({ ended }) => ended));
    for (const folder of this.#folders.splice(0)) await Deno.remove(folder, { recursive: true });
    if (failures.length > 0) throw failures[0];
  }

  /** Kills what still runs, at once. */
  killAll(): void {
    for (const child of this.#running) child.killGroup();
  }

  /** Clears it, and removes the folder. */
  async dismantle(): Promise<void> {
    try {
      await this.clear();
    } finally {
      await Deno.remove(this.folder, { recursive: true });
    }
  }
}
