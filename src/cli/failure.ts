/**
 * What went wrong, as an exit code and one line.
 *
 * @module
 */

import { DeadlineError } from "../base/deadline.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { FileError } from "../env/files.ts";
import { NetError } from "../net/net_error.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { StorageError, type StorageErrorCode } from "../storage/storage_error.ts";
import type { Console } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import { OutputClosedError } from "./io.ts";
import { exitCodeOf, StopError } from "./signals.ts";
import { UsageError } from "./usage_error.ts";

/** A command failed in a way that it can explain better than the error below it, its `cause`. */
export class CommandError extends Error {
  /** The name of this class. */
  override readonly name = "CommandError";
  /** How the program is to end. */
  readonly exitCode: number;

  /** Creates an error whose message is the line for the user. */
  constructor(exitCode: number, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** How the program is to end, and what it says; nothing is said where the user knows anyway. */
export interface Failure {
  /** The exit code. */
  readonly exitCode: number;
  /** The line. */
  readonly line?: string;
}

const STORAGE_EXITS: Readonly<Record<StorageErrorCode, number>> = {
  unavailable: EXIT.network,
  timeout: EXIT.network,
  // Another runtime or another version is needed: to try again is of no use.
  unsupported: EXIT.usage,
  corrupt: EXIT.integrity,
  full: EXIT.file,
  denied: EXIT.file,
  other: EXIT.file,
};

/** Explains an error that ended a command. */
export function explainFailure(error: unknown): Failure {
  if (error instanceof CommandError) return { exitCode: error.exitCode, line: error.message };
  if (error instanceof UsageError) return { exitCode: EXIT.usage, line: error.message };
  if (error instanceof OutputClosedError) return { exitCode: EXIT.outputClosed };
  if (error instanceof StopError) return { exitCode: exitCodeOf(error.stopCause) };
  if (error instanceof FileError) return { exitCode: EXIT.file, line: error.message };
  if (error instanceof StorageError) return { exitCode: STORAGE_EXITS[error.code], line: error.message };
  if (error instanceof NetError || error instanceof DeadlineError || error instanceof ProtocolError) {
    return { exitCode: EXIT.network, line: error.message };
  }
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { exitCode: EXIT.internal, line: `Internal error: ${said} (-v shows where)` };
}

/**
 * Says what went wrong in one line; with `isVerbose` also where.
 *
 * @returns The exit code.
 */
export function reportFailure(
  console: Pick<Console, "line">,
  error: unknown,
  { isVerbose }: { readonly isVerbose: boolean },
): number {
  const { exitCode, line } = explainFailure(error);
  if (line !== undefined) console.line(escapeControls(line));
  if (!isVerbose || line === undefined || exitCode === EXIT.usage) return exitCode;
  for (let at = error; at instanceof Error; at = at.cause) {
    for (const row of (at.stack ?? String(at)).split("\n")) console.line(escapeControls(row));
  }
  return exitCode;
}
