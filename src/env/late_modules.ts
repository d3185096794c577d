/**
 * Modules that are loaded when they are first used, and not looked for before: clients of engines, and what needs packages.
 *
 * An `import()` whose name is written out is part of the program from its start: Deno downloads what it needs before the
 * first line runs, whether it is used or not. One whose name is computed is loaded when it is reached, but then no tool can
 * put it into a bundle or a compiled program. So a module has a name here, which is computed from source, and a program that
 * is packed provides it.
 *
 * @module
 */

import { NetError } from "../net/net_error.ts";

/** What names of modules of this project begin with. */
const OWN = "src/";

/** What this program has inside. The one place that all of it can reach, as a runtime's own table of modules is. */
const provided = new Map<string, () => Promise<unknown>>();

/** Says how a module is loaded in this program: `provideModule("postgres", () => import("postgres"))`. */
export function provideModule(name: string, load: () => Promise<unknown>): void {
  provided.set(name, load);
}

/**
 * Loads a module: as it was provided, else by its name. A runtime keeps what is loaded, so that a second call costs nothing.
 *
 * @typeParam T The module: `typeof import("postgres")`, which loads nothing.
 * @param name A package that deno.json names, or the path of one of our modules, below the project's folder:
 * `src/roles/edge/meta.ts`. From source, Deno wants permission to read the latter.
 * @throws {NetError} `"other"` if a package cannot be had. What the module itself throws comes through.
 */
export async function lateModule<T>(name: string): Promise<T> {
  const load = provided.get(name);
  if (load !== undefined) return await load() as T;
  if (name.startsWith(OWN)) return await import(new URL(`../../${name}`, import.meta.url).href) as T;
  try {
    return await import(name) as T;
  } catch (error) {
    throw isMissing(error) ? new NetError("other", `load the package ${name}`, { cause: inOneLine(error) }) : error;
  }
}

function isMissing(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}

/** Deno gives its reasons below each other, and numbers them. */
function inOneLine(error: Error): Error {
  const lines = error.message.split("\n").map((line) => line.trim().replace(/^\d+: /, ""));
  return new Error(lines.filter((line) => line !== "").join(": "), { cause: error });
}
