/**
 * Downloads files of the `edge` family for somebody who waits.
 *
 * @module
 */

import { escapeControls } from "../env/escape_controls.ts";
import { checkEdgeName } from "../protocol/edge_name.ts";
import type { EdgeDownload, GetEvent } from "../roles/edge/client.ts";
import type { CommandContext } from "./command.ts";
import type { EdgeTarget } from "./edge_client.ts";
import { explained } from "./edge_failure.ts";
import { loadEdgeClient } from "./edge_queries.ts";
import { EXIT } from "./exit_codes.ts";
import { reportFailure } from "./failure.ts";
import { destinationOf } from "./get_destination.ts";
import { ProgressLine } from "./progress_line.ts";
import { planTargets, type Target } from "./targets.ts";
import { formatBytes } from "./units.ts";
import { UsageError } from "./usage_error.ts";

/** How files are to be had. */
export interface EdgeGetOptions extends EdgeTarget {
  /** Where they go; see {@link planTargets}. */
  readonly out: string | undefined;
  /** Whether each file has to be on the disk before it is called by its name. */
  readonly isSynced: boolean;
  /** How many more attempts there may be after the first that failed. */
  readonly retries: number;
  /** How long a server may make no progress, in milliseconds. */
  readonly idleMs: number;
}

/**
 * Downloads files one after another. Of several, one that cannot be had does not keep the others from being tried.
 *
 * @returns The exit code: that of the first failure.
 * @throws {UsageError} if a name or its place makes no sense. The failure of a single file is thrown, too.
 */
export async function getEdgeFiles(
  context: CommandContext,
  names: readonly string[],
  options: EdgeGetOptions,
): Promise<number> {
  for (const name of names) checkName(name);
  const targets = await planTargets(context.env, names, options);
  let exitCode: number = EXIT.done;
  for (const [position, target] of targets.entries()) {
    const label = targets.length === 1 ? target.name : `[${position + 1}/${targets.length}] ${target.name}`;
    try {
      await explained(options.origin, () => getOne(context, { target, label }, options));
    } catch (error) {
      options.signal.throwIfAborted();
      if (targets.length === 1) throw error;
      const code = reportFailure(context.console, error, context.common);
      if (exitCode === EXIT.done) exitCode = code;
    }
  }
  return exitCode;
}

async function getOne(
  context: CommandContext,
  { target, label }: { readonly target: Target; readonly label: string },
  options: EdgeGetOptions,
): Promise<void> {
  const { common, console, env, io } = context;
  const { getEdgeFile } = await loadEdgeClient();
  const isWatched = console.output.isTerminal && !common.isQuiet;
  // Bytes that go to the terminal would be mixed with a progress line.
  const hasLine = isWatched && !(target.path === undefined && !target.isDiscarded && io.output.isTerminal);
  const line = hasLine ? new ProgressLine(console, env.clock) : undefined;
  const { name } = target;
  const onEvent = (event: GetEvent): void => {
    if (event.kind === "retrying") {
      if (common.isVerbose) console.line(escapeControls(`${name}: ${event.reason}; trying again`));
      return line?.note(label, `${event.reason}; trying again`);
    }
    line?.show({ name: label, doneBytes: event.receivedBytes, totalBytes: event.sizeBytes });
  };
  try {
    line?.note(label, "asking the origin");
    const to = destinationOf(target, { output: io.output, line, isSynced: options.isSynced });
    const download = await getEdgeFile(env, { ...options, name, to, onEvent });
    line?.close();
    if (isWatched || common.isVerbose) console.line(describe(name, download));
    if (!download.isVerified && !common.isQuiet) console.line(describeDoubt(name, download));
  } finally {
    line?.close();
  }
}

/** Writes what came of it: `hello.txt  42 B  from 127.0.0.1:4000  HIT memory  sha256 verified`. */
function describe(name: string, { sizeBytes, server, cache, isVerified }: EdgeDownload): string {
  const parts = [name, formatBytes(sizeBytes), `from ${server}`, ...cache === undefined ? [] : [cache]];
  return escapeControls([...parts, isVerified ? "sha256 verified" : "length verified"].join("  "));
}

function describeDoubt(name: string, { server }: EdgeDownload): string {
  return escapeControls(`warning: ${name}: only its length was checked: ${server} did not tell its SHA-256`);
}

function checkName(name: string): void {
  try {
    checkEdgeName(name);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
