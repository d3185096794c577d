/**
 * Paths as the user means them.
 *
 * @module
 */

import type { Host } from "../env/host.ts";

/** Whether a path does not depend on a folder: `/a`, `C:\a`, `\\server\a`. */
export function isAbsolute(path: string): boolean {
  return /^([/\\]|[A-Za-z]:[/\\])/.test(path);
}

/**
 * Returns a path that starts where the user is. A `deno task` runs in the project's folder and keeps the user's in
 * `INIT_CWD`.
 */
export function userPath(host: Pick<Host, "variable">, path: string): string {
  const folder = host.variable("INIT_CWD");
  return folder === undefined || folder === "" || isAbsolute(path) ? path : joinPath(folder, path);
}

/** Puts a name into a folder. */
export function joinPath(folder: string, name: string): string {
  return /[/\\]$/.test(folder) ? folder + name : `${folder}/${name}`;
}

/**
 * Returns what a file is called without its folders; `undefined` if that is no name for a file. A backslash counts too:
 * on some systems it would lead out of the folder.
 */
export function baseName(name: string): string | undefined {
  const base = name.split(/[/\\]/).at(-1)!;
  return base === "" || base === "." || base === ".." ? undefined : base;
}
