/**
 * Modules in one file, for Node and Bun.
 *
 * @module
 */

import { EXIT } from "../../src/cli/exit_codes.ts";
import { CommandError } from "../../src/cli/failure.ts";
import { ROOT } from "../cluster/surroundings.ts";
import { readComplaint, reasonOf } from "./complaint.ts";
import { runTool } from "./tool.ts";

/** Where a bundle comes from, and where it goes. */
export interface BundleOptions {
  /** The module that it begins with, below the project's folder. */
  readonly entry: string;
  /** The file to write. */
  readonly to: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Puts a module and all that it imports into one file.
 *
 * @throws {CommandError} if that fails.
 */
export async function bundle({ entry, to, signal }: BundleOptions): Promise<void> {
  const command = ["bundle", "--quiet", "--platform", "deno", "--output", to, entry];
  const { success, errors } = await runTool([Deno.execPath(), ...command], { folder: ROOT, signal });
  if (!success) throw explainBundle(entry, errors);
}

/** Explains why `deno bundle` failed. */
export function explainBundle(entry: string, errors: string): CommandError {
  const complaint = readComplaint(errors);
  const { what, causes } = complaint;
  if ([what, ...causes].some((line) => /error sending request|esbuild/.test(line))) {
    const reason = reasonOf(complaint);
    return new CommandError(EXIT.network, `Cannot bundle ${entry}: esbuild comes from npm on first use: ${reason}`);
  }
  return new CommandError(EXIT.file, `Cannot bundle ${entry}: ${reasonOf(complaint)}`);
}
