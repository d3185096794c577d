/**
 * The command line that starts this program again, however it was started.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";
import type { Permissions } from "./roles.ts";

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

/** What a process of ours needs that serves a folder. */
export interface Needs {
  /** Where it listens. */
  readonly listen: Address;
  /** The folder that it reads. */
  readonly folder: string;
}

/** Variables that the program reads. */
const VARIABLES = ["INIT_CWD", "NO_COLOR", "MICROCDN_*"];

/**
 * Returns the command line that starts the program again.
 *
 * @param permissions Flags of Deno that say what it may do. A program that is compiled, or runs elsewhere, may do what
 * the first one may.
 */
export function ownCommand(
  { runtime, path, options, script }: Executable,
  args: readonly string[],
  permissions: readonly string[],
): readonly [string, ...string[]] {
  if (script === undefined) return [path, ...args];
  if (runtime !== "deno") return [path, ...options, script, ...args];
  return [path, "run", "--quiet", "--no-prompt", "--unstable-net", ...permissions, script, ...args];
}

/** Returns the flag of Deno that lets a program read what is at a path, and below it. */
export function readFlagOf(path: string): string {
  // Deno takes a comma in a path for the end of it.
  return path.includes(",") ? "--allow-read" : `--allow-read=${path}`;
}

/** Returns the flags of Deno for a process that serves a folder, and does nothing else. */
export function servingFlags({ listen, folder }: Needs): readonly string[] {
  return [
    `--allow-net=${formatAddress(listen)}`,
    readFlagOf(folder),
    `--allow-env=${VARIABLES.join(",")}`,
    "--deny-import",
  ];
}

/** Returns the flags of Deno that give a program what it may do, and nothing else. */
export function permissionFlags({ net, read, write, run, env }: Permissions): readonly string[] {
  const whole = Object.entries({ net, read, write, run }).filter(([, may]) => may).map(([name]) => `--allow-${name}`);
  return [...whole, `--allow-env=${env.join(",")}`, "--deny-import"];
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
