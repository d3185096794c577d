/**
 * Programs made by `deno compile`: the modules behind Deno's own base binary, with the permissions built in.
 *
 * @module
 */

import { EXIT } from "../../src/cli/exit_codes.ts";
import { CommandError } from "../../src/cli/failure.ts";
import { permissionFlags } from "../../src/cli/own_command.ts";
import { packedEntryOf } from "../../src/cli/roles.ts";
import { ROOT } from "../cluster/surroundings.ts";
import type { CompiledProgram } from "./choice.ts";
import { readComplaint, reasonOf } from "./complaint.ts";
import { ownTarget } from "./targets.ts";
import { runTool } from "./tool.ts";

/** What is to be compiled, and how. */
export interface CompileOptions {
  /** The program. */
  readonly program: CompiledProgram;
  /** The system that it is for. Default: this machine's own. */
  readonly target: string | undefined;
  /** The file to write. */
  readonly to: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Returns the command line. */
export function compileCommand({ program, target, to }: Omit<CompileOptions, "signal">): [string, ...string[]] {
  const { permissions } = program;
  const place = ["--target", target ?? ownTarget(), "--output", to];
  // Without prompts: a program that asks whether it may would wait for an answer that nobody gives.
  // Without types: the gate checks them, and here each program would take ten times as long.
  const how = ["--quiet", "--no-prompt", "--exclude-unused-npm", "--no-check", ...permissionFlags(permissions)];
  return [Deno.execPath(), "compile", ...how, ...place, packedEntryOf(program)];
}

/**
 * Compiles a program.
 *
 * @throws {CommandError} if that fails.
 */
export async function compileWithDeno(options: CompileOptions): Promise<void> {
  const { success, errors } = await runTool(compileCommand(options), { folder: ROOT, signal: options.signal });
  if (!success) throw explainCompile(options, errors);
}

/** Explains why `deno compile` failed. */
export function explainCompile(
  { program: { name }, target }: Pick<CompileOptions, "program" | "target">,
  errors: string,
): CommandError {
  const complaint = readComplaint(errors);
  const reason = reasonOf(complaint);
  if (!complaint.causes.some((cause) => cause.startsWith("Setting up base binary"))) {
    return new CommandError(EXIT.file, `Cannot compile ${name}: ${reason}`);
  }
  const isOwn = target === undefined || target === ownTarget();
  const advice = isOwn ? "; --with bun does without it" : "";
  const system = target ?? ownTarget();
  const line = `Cannot compile ${name}: Deno's base binary for ${system} cannot be downloaded: ${reason}${advice}`;
  return new CommandError(EXIT.network, line);
}
