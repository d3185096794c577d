/**
 * What every task does around its own work: help texts, errors as one line, exit codes.
 *
 * @module
 */

import { Console } from "../../src/cli/console.ts";
import { EXIT } from "../../src/cli/exit_codes.ts";
import { explainFailure } from "../../src/cli/failure.ts";
import type { Io } from "../../src/cli/io.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";

/** Runs a task; what it throws becomes an exit code, and a line on standard error for each line of the message. */
export async function runTask(io: Io, run: () => Promise<number>): Promise<number> {
  const console = new Console(io.errors);
  try {
    return await run();
  } catch (error) {
    const { exitCode, line } = explainFailure(error);
    for (const one of line?.split("\n") ?? []) console.line(escapeControls(one));
    return exitCode;
  } finally {
    await console.flush();
  }
}

/** Writes a help text. */
export async function printText({ output }: Pick<Io, "output">, text: string): Promise<number> {
  await output.write(new TextEncoder().encode(text));
  return EXIT.done;
}

/**
 * Calls `run` at Ctrl-Z instead of being suspended. Under `deno task` a suspended program could not even be resumed: the
 * shell sees the task alone, which runs on.
 */
export function onSuspend(run: () => void): () => void {
  if (Deno.build.os === "windows") return () => {};
  Deno.addSignalListener("SIGTSTP", run);
  return () => Deno.removeSignalListener("SIGTSTP", run);
}
