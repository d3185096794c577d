/**
 * The command line that starts this program again, however it was started.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";

/** How this program was started. */
export interface Executable {
  /** Which runtime runs it. */
  readonly runtime: "deno" | "node" | "bun";
  /** The runtime's own file, or the compiled program's. */
  readonly path: string;
  /** The runtime's options. Deno does not tell them. */
  readonly options: readonly string[];
  /** The module that was started; `undefined` if it is inside the executable. */
  readonly script: string | undefined;
}

/** What the new process must be allowed to do, where a runtime asks for that. */
export interface Needs {
  /** Where it listens. */
  readonly listen: Address;
  /** The folder that it reads. */
  readonly folder: string;
}

/** Variables that the program reads. */
const VARIABLES = ["INIT_CWD", "NO_COLOR", "MICROCDN_*"];

/**
 * Returns the command line that starts the program again. From source on Deno it may do what it needs, and nothing else; a
 * compiled program may do what the first one may.
 */
export function ownCommand(
  { runtime, path, options, script }: Executable,
  args: readonly string[],
  needs: Needs,
): readonly [string, ...string[]] {
  if (script === undefined) return [path, ...args];
  if (runtime !== "deno") return [path, ...options, script, ...args];
  return [path, "run", "--quiet", "--no-prompt", "--unstable-net", ...permissions(needs), script, ...args];
}

function permissions({ listen, folder }: Needs): string[] {
  // Deno takes a comma in a path for the end of it.
  const folders = folder.includes(",") ? "" : `=${folder}`;
  return [
    `--allow-net=${formatAddress(listen)}`,
    `--allow-read${folders}`,
    `--allow-env=${VARIABLES.join(",")}`,
    "--deny-import",
  ];
}

/** Where Bun keeps the modules of a compiled program. */
const BUN_INSIDE = /^(\/\$bunfs\/|B:[/\\]~BUN[/\\])/i;

/** What a process tells of itself: `node:process`, as far as it matters. */
export interface ProcessFacts {
  /** Versions of the runtimes that it is, or passes for. */
  readonly versions: Readonly<Record<string, string | undefined>>;
  /** The runtime's own file. */
  readonly execPath: string;
  /** The runtime's options. */
  readonly execArgv: readonly string[];
  /** The whole command line. */
  readonly argv: readonly string[];
}

/** Finds out how this program was started. */
export function describeExecutable(
  { versions, execPath, execArgv, argv }: ProcessFacts,
  { isDenoCompiled }: { readonly isDenoCompiled: boolean },
): Executable {
  const runtime = versions.deno !== undefined ? "deno" : versions.bun !== undefined ? "bun" : "node";
  const [, script] = argv;
  const isInside = isDenoCompiled || (runtime === "bun" && BUN_INSIDE.test(script ?? ""));
  return { runtime, path: execPath, options: execArgv, script: isInside ? undefined : script };
}
