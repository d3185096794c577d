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

/** Names of devices: on Windows they mean those in every folder, whatever ending they have. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\.|$)/i;

/** Options of {@link baseName}. */
export interface BaseNameOptions {
  /** Whether it has to be a name on Windows, where a colon leads elsewhere, and dots and spaces at the end are dropped. */
  readonly isWindows: boolean;
}

/**
 * Returns what a file is called without its folders; `undefined` if that is no name for a file. A backslash counts too:
 * on some systems it would lead out of the folder.
 */
export function baseName(name: string, { isWindows }: BaseNameOptions): string | undefined {
  const base = name.split(/[/\\]/).at(-1)!;
  if (base === "" || base === "." || base === "..") return undefined;
  const isMisread = isWindows && (/[<>:"|?*\p{Cc}]|[. ]$/u.test(base) || WINDOWS_DEVICE.test(base));
  return isMisread ? undefined : base;
}
