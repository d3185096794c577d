/**
 * Programs made by Bun: a bundle behind Bun's own executable. It knows no permissions.
 *
 * @module
 */

import { EXIT } from "../../src/cli/exit_codes.ts";
import { CommandError } from "../../src/cli/failure.ts";
import { packedEntryOf } from "../../src/cli/roles.ts";
import { bundle } from "./bundle.ts";
import type { CompileOptions } from "./deno_compile.ts";
import { lastLine } from "./complaint.ts";
import { ownTarget } from "./targets.ts";
import { MissingToolError, runTool } from "./tool.ts";
import tools from "./tools.json" with { type: "json" };

/** How Bun is started here. */
export interface Bun {
  /** The words before its arguments. */
  readonly command: readonly [string, ...string[]];
  /** Its version. */
  readonly version: string;
}

/** The package that has Bun in it. */
const PACKAGE = `bun@${tools.bun}`;

/** What a program must not take from the folder that it happens to run in. */
const ON_ITS_OWN = ["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"];

/**
 * Finds Bun: on the PATH, else by npx, which downloads it on first use.
 *
 * @throws {CommandError} if there is none.
 */
export async function findBun(folder: string, signal: AbortSignal): Promise<Bun> {
  let complaint = "";
  for (const command of [["bun"], ["npx", "-y", PACKAGE]] as const) {
    try {
      const { success, output, errors } = await runTool([...command, "--version"], { folder, signal });
      if (success) return { command, version: lastLine(output) };
      complaint = `${command.join(" ")}: ${lastLine(errors)}`;
    } catch (error) {
      if (!(error instanceof MissingToolError)) throw error;
      complaint ||= "neither bun nor npx is on the PATH";
    }
  }
  throw new CommandError(EXIT.network, `Cannot compile with Bun: ${complaint}`);
}

/**
 * Says that Bun compiles for this machine alone.
 *
 * @throws {CommandError} if one of the systems is another one.
 */
export function checkBunTargets(targets: readonly (string | undefined)[]): void {
  const other = targets.find((target) => target !== undefined && target !== ownTarget());
  if (other === undefined) return;
  const line = `Cannot compile for ${other} with Bun: its binary would have to be downloaded; do it on such a machine`;
  throw new CommandError(EXIT.usage, line);
}

/**
 * Compiles a program.
 *
 * @param folder An empty folder for what comes in between.
 * @throws {CommandError} if that fails.
 */
export async function compileWithBun(
  bun: Bun,
  { program, to, signal }: CompileOptions,
  folder: string,
): Promise<void> {
  const { name } = program;
  const module = `${folder}/${name}.mjs`;
  await bundle({ entry: packedEntryOf(program), to: module, signal });
  const how = ["build", "--compile", ...ON_ITS_OWN, "--outfile", to, module];
  const { success, errors } = await runTool([...bun.command, ...how], { folder, signal });
  if (!success) throw new CommandError(EXIT.file, `Cannot compile ${name} with Bun: ${explainBun(errors)}`);
}

/** Returns the line that says why Bun failed; what follows it says only of what. */
export function explainBun(errors: string): string {
  return errors.split("\n").find((line) => line.startsWith("error: "))?.slice("error: ".length) ?? lastLine(errors);
}
