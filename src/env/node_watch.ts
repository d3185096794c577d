/**
 * Watching a folder on `node:fs`.
 *
 * @module
 */

import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { type AbortOptions, onAbort } from "../base/abort.ts";
import { slept, systemClock } from "../base/clock.ts";
import { FileError } from "./files.ts";
import { Hints } from "./hints.ts";
import { checkPath } from "./path.ts";
import { systemCodeOf, toFileError } from "./system_error.ts";

/** Deno begins to watch from a timer of 5 ms that it sets when asked; timers go off in order. */
const ARMING_MS = 10;

/** What the codes of a watch mean: the kernel's watches are used up, not the disk. */
const MEANINGS = { ENOSPC: "exhausted", ENOTDIR: "not-a-file" } as const;

/** Yields hints for a folder and all below it; see `Files.watch()`. */
export async function* watchFolder(folder: string, options: AbortOptions): AsyncGenerator<void, void, void> {
  const what = `watch ${folder}`;
  const { signal = new AbortController().signal } = options;
  checkPath(folder, what);
  if (signal.aborted) return;
  const hints = new Hints();
  let watcher: FSWatcher;
  try {
    // Deno reports a missing folder only later, and a file is no error to anyone.
    if (!(await stat(folder)).isDirectory()) throw new FileError("not-a-file", what);
    watcher = watch(folder, { recursive: true }, () => hints.ring());
  } catch (error) {
    throw toFileError(error, what, MEANINGS);
  }
  watcher.on("error", (error) => {
    // Node looks into new folders itself, and complains of those that are gone again by then.
    if (systemCodeOf(error) === "ENOENT") hints.ring();
    else hints.fail(toFileError(error, what, MEANINGS));
  });
  watcher.on("close", () => hints.end());
  const off = onAbort(signal, () => hints.end());
  try {
    if (await slept(systemClock(), ARMING_MS, signal)) {
      // Whatever changed between the caller's last look and now was not seen.
      hints.ring();
      yield* hints;
    }
  } finally {
    off();
    watcher.close();
  }
}
