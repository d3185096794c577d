/**
 * Where the tasks run: the project's folder, the user's, and a few variables.
 *
 * @module
 */

import { resolve } from "node:path";
import { userPath } from "../../src/cli/paths.ts";

/** The project's folder. */
export const ROOT: string = resolve(import.meta.dirname!, "../..");

/** Reads an environment variable; undefined when unset, empty, or not permitted. */
export function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name) || undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** Where a family's cluster keeps what has to be found later: the project's own folder, or one that the user names. */
export function dataFolder(given: string | undefined, family: string): string {
  return given === undefined ? `${ROOT}/.microcdn/${family}` : userPath({ variable }, given);
}

/** How the user starts tasks: `deno task`, or through npx, which sets this variable. */
export function taskCommand(): string {
  return variable("npm_command") === "exec" ? `npx -y deno@${Deno.version.deno} task` : "deno task";
}

/** Whether a terminal can move its cursor and show colours. */
export function isCapable(terminal: { readonly isTerminal: boolean }): boolean {
  return terminal.isTerminal && variable("TERM") !== "dumb";
}

/** Whether to paint what goes to an output. */
export function wantsColour(output: { readonly isTerminal: boolean }): boolean {
  return isCapable(output) && variable("NO_COLOR") === undefined;
}
