/**
 * The types of the library, for users of the npm package: a declaration file a module, as `deno pack` writes them.
 *
 * @module
 */

import { toFileError } from "../../src/env/system_error.ts";
import { EXIT } from "../../src/cli/exit_codes.ts";
import { CommandError } from "../../src/cli/failure.ts";
import { ROOT } from "../cluster/surroundings.ts";
import { readComplaint, reasonOf } from "./complaint.ts";
import { MissingToolError, runTool } from "./tool.ts";

/** What the library's own declaration file is called. */
export const LIBRARY_DECLARATIONS = "mod.d.ts";

/** What `deno pack` would put into its tarball beside the library. */
const LEFT_OUT = ["content", "dist", "docs", "std", "tasks", "tests"];
const TARBALL = "declarations.tgz";
/** The folder that is in the tarball. */
const PACKED = "package";
/** Where the library's modules are in it. */
const MODULES = "src/";

/** Options of {@link makeDeclarations}. */
export interface DeclarationOptions {
  /** A folder for what comes in between. */
  readonly folder: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Makes declarations of the library, and of all that they refer to.
 *
 * @returns their texts, by path.
 * @throws {CommandError} if that fails.
 */
export async function makeDeclarations({ folder, signal }: DeclarationOptions): Promise<ReadonlyMap<string, string>> {
  // Bundles would do with `deno bundle --declaration`, which leaves references to modules that are not there.
  const pack = ["pack", "--quiet", "--allow-dirty", "--no-source-maps", `--ignore=${LEFT_OUT.join(",")}`];
  await mustRun([Deno.execPath(), ...pack, "--output", `${folder}/${TARBALL}`], { folder: ROOT, signal });
  await mustRun(["tar", "-xzf", TARBALL], { folder, signal });
  const found = await readDeclarations(`${folder}/${PACKED}`);
  if (found.has(LIBRARY_DECLARATIONS)) return found;
  throw failure(`deno pack made no ${LIBRARY_DECLARATIONS}`);
}

/**
 * Reads the declarations of the library and of its modules. Others were in the project's folder, as those of an earlier
 * bundle are that went there.
 *
 * @returns their texts, by path.
 * @throws {FileError} if they cannot be read.
 */
export async function readDeclarations(root: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  try {
    for (const path of await declarationsBelow(root, "")) {
      if (path !== LIBRARY_DECLARATIONS && !path.startsWith(MODULES)) continue;
      found.set(path, await Deno.readTextFile(`${root}/${path}`));
    }
  } catch (error) {
    throw toFileError(error, `read the declarations in ${root}`);
  }
  return found;
}

async function mustRun(command: [string, ...string[]], options: DeclarationOptions): Promise<void> {
  const { success, errors } = await runTool(command, options).catch((error) => {
    throw error instanceof MissingToolError ? failure(`${command[0]} is not on the PATH`) : error;
  });
  if (!success) throw failure(reasonOf(readComplaint(errors)));
}

function failure(reason: string): CommandError {
  return new CommandError(EXIT.file, `Cannot declare the types of the library: ${reason}`);
}

async function declarationsBelow(root: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
    if (isDirectory) paths.push(...await declarationsBelow(root, `${folder}${name}/`));
    else if (name.endsWith(".d.ts")) paths.push(`${folder}${name}`);
  }
  return paths.sort();
}
