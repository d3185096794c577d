/**
 * Downloads files for somebody who waits.
 *
 * @module
 */

import { type Addresses, formatAddress } from "../base/address.ts";
import { createLog } from "../env/log.ts";
import { ClientError, type Download, getFile, type GetFileOptions, type Holder } from "../roles/cdn/client.ts";
import { PART_SUFFIX } from "../services/part_file.ts";
import { explainClientError, isIndexDown } from "./client_failure.ts";
import type { CommandContext } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { CommandError, reportFailure } from "./failure.ts";
import { destinationOf } from "./get_destination.ts";
import { ProgressLine } from "./progress_line.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { exitCodeOf, StopError } from "./signals.ts";
import { planTargets, type Target } from "./targets.ts";
import { formatBytes } from "./units.ts";
import { checkWantedName } from "./wanted_name.ts";

/** How files are to be had. */
export interface GetOptions
  extends Pick<GetFileOptions, "parallel" | "retries" | "limitBytesPerSecond" | "maxTimeMs" | "idleMs" | "direct"> {
  /** Who knows where they are. */
  readonly index: Addresses;
  /** Where they go; see {@link planTargets}. */
  readonly out: string | undefined;
  /** Whether each file has to be on the disk before it is called by its name. */
  readonly isSynced: boolean;
  /** Calls it off. */
  readonly signal: AbortSignal;
}

/**
 * Downloads files one after another. Of several, one that cannot be had does not keep the others from being tried.
 *
 * @returns The exit code: that of the first failure.
 * @throws {UsageError} if a name or its place makes no sense. The failure of a single file is thrown, too.
 */
export async function getFiles(
  context: CommandContext,
  names: readonly string[],
  options: GetOptions,
): Promise<number> {
  for (const name of names) checkWantedName(name);
  const targets = await planTargets(context.env, names, options);
  let exitCode: number = EXIT.done;
  for (const [position, target] of targets.entries()) {
    const label = targets.length === 1 ? target.name : `[${position + 1}/${targets.length}] ${target.name}`;
    try {
      await getOne(context, { target, label }, options);
    } catch (error) {
      const failure = await explain(context, error, { target, index: options.index });
      if (targets.length === 1) throw failure;
      const code = reportFailure(context.console, failure, context.common);
      if (exitCode === EXIT.done) exitCode = code;
      if (!mayOthersSucceed(error, options.index)) break;
    }
  }
  return exitCode;
}

async function getOne(
  context: CommandContext,
  { target, label }: { readonly target: Target; readonly label: string },
  options: GetOptions,
): Promise<void> {
  const { common, console, env, io } = context;
  const isWatched = console.output.isTerminal && !common.isQuiet;
  // Bytes that go to the terminal would be mixed with a progress line.
  const hasLine = isWatched && !(target.path === undefined && !target.isDiscarded && io.output.isTerminal);
  const line = hasLine ? new ProgressLine(console, env.clock) : undefined;
  const { name } = target;
  try {
    line?.note(label, options.direct === undefined ? "asking the index" : "asking the content server");
    const download = await getFile(line === undefined ? env : withNotes(context, line, label), {
      ...options,
      name,
      to: destinationOf(target, { output: io.output, line, isSynced: options.isSynced }),
      onState: (to, from) => env.log.debug("state", { file: name, from, to }),
      onProgress: ({ doneBytes, totalBytes }) => line?.show({ name: label, doneBytes, totalBytes }),
    });
    line?.close();
    if (isWatched || common.isVerbose) console.line(describeDownload(download));
    if (download.untoldBy !== undefined && !common.isQuiet) console.line(describeDoubt(name, download.untoldBy));
  } finally {
    line?.close();
  }
}

/** Shows in the progress line what would be logged as a warning: it explains a wait, and has passed once bytes come. */
function withNotes(
  { env, common }: Pick<CommandContext, "env" | "common">,
  line: ProgressLine,
  label: string,
): CommandContext["env"] {
  if (common.isVerbose) return env;
  const log = createLog({
    clock: env.clock,
    level: "warn",
    sink: ({ event, fields: { reason } }) => line.note(label, `${reason ?? event}; trying again`),
  });
  return { ...env, log };
}

/** Writes what came of it: `hello.txt  42 B  from CS1  sha256 verified`. */
export function describeDownload({ name, sizeBytes, isVerified, resumedBytes, holders }: Download): string {
  const senders = holders.map(shortName).join(", ");
  const parts = [
    name,
    formatBytes(sizeBytes),
    ...(senders === "" ? [] : [`from ${senders}`]),
    ...(resumedBytes > 0 ? [`${formatBytes(resumedBytes)} resumed`] : []),
    isVerified ? "sha256 verified" : "length verified",
  ];
  return escapeControls(parts.join("  "));
}

function describeDoubt(name: string, holder: Holder): string {
  return escapeControls(`warning: ${name}: only its length was checked: ${shortName(holder)} did not tell its SHA-256`);
}

function shortName({ id, address }: Holder): string {
  return id ?? formatAddress(address);
}

/** Whether a failure says nothing of the next file. */
function mayOthersSucceed(error: unknown, index: Addresses): boolean {
  if (error instanceof CommandError) return true;
  if (!(error instanceof ClientError) || isIndexDown(error, index)) return false;
  return error.kind !== "aborted" && error.kind !== "local";
}

async function explain(
  { env }: Pick<CommandContext, "env">,
  error: unknown,
  { target: { path }, index }: { readonly target: Target; readonly index: Addresses },
): Promise<unknown> {
  const explained = explainClientError(error, index);
  if (!(explained instanceof StopError) || path === undefined) return explained;
  const part = `${path}${PART_SUFFIX}`;
  const isKept = await env.files.info(part).then(() => true, () => false);
  if (!isKept) return explained;
  const message = `${explained.message}; the same command goes on from ${part}`;
  return new CommandError(exitCodeOf(explained.stopCause), message, { cause: error });
}
