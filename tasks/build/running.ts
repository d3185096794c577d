/**
 * What the tasks that build have in common: where outputs go, how they end, what they say.
 *
 * @module
 */

import { relative } from "node:path";
import process from "node:process";
import { systemClock } from "../../src/base/clock.ts";
import { optionalText, toggle } from "../../src/cli/flag.ts";
import type { FlagTable } from "../../src/cli/flags.ts";
import type { Io } from "../../src/cli/io.ts";
import { userPath } from "../../src/cli/paths.ts";
import { listenForStop } from "../../src/cli/signals.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";
import { printText, runTask } from "../cluster/running.ts";
import { ROOT, variable } from "../cluster/surroundings.ts";

/** Flags of every task that builds. */
export const BUILD_FLAGS = {
  out: optionalText({ name: "out", placeholder: "DIR", help: "The folder to write to" }),
  wantsHelp: toggle({ name: "help", letter: "h", help: "Show this help" }),
} as const satisfies FlagTable;

/** Returns the folder to write to: `dist` of the project, or one that the user names. */
export function outFolder(given: string | undefined): string {
  return given === undefined ? `${ROOT}/dist` : userPath({ variable }, given);
}

/** How a user who is in the project's folder would call a path. */
export function shownPath(path: string): string {
  const shown = relative(process.cwd(), path);
  return shown.startsWith("..") ? path : shown;
}

/** Runs a task that builds, until it ends or is asked to stop. */
export async function runBuild(io: Io, run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  return await runTask(io, async () => {
    const stop = listenForStop(io, { clock: systemClock(), supervised: false });
    try {
      return await Promise.race([run(stop.signal), stop.forced]);
    } finally {
      stop.close();
    }
  });
}

/** Says a line on standard output. */
export async function say(io: Pick<Io, "output">, line: string): Promise<void> {
  await printText(io, `${escapeControls(line)}\n`);
}
