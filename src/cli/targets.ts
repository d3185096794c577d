/**
 * Where downloaded files go.
 *
 * @module
 */

import process from "node:process";
import type { Env } from "../env/env.ts";
import { FileError, type Files } from "../env/files.ts";
import { baseName, type BaseNameOptions, joinPath, userPath } from "./paths.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { UsageError } from "./usage_error.ts";

/** What stands for standard output. */
export const STANDARD_OUTPUT = "-";

/** A file to be had, and where it goes; without a path, to standard output. */
export interface Target {
  /** The file's name. */
  readonly name: string;
  /** The path to save it at. */
  readonly path?: string;
}

/** Options of {@link planTargets}. */
export interface TargetOptions {
  /** What the user says of the place: a file, a folder, or {@link STANDARD_OUTPUT}. */
  readonly out?: string | undefined;
  /** Whether names have to be fit for Windows. Default: whether this is one. */
  readonly isWindows?: boolean;
}

/**
 * Finds the place of each file. `out` is a file for one name and a folder for several; a folder that is there, or that
 * ends with a slash, takes one too. Without it files go where the user is, under the last part of their names.
 *
 * @throws {UsageError} if a file has no name of its own there, or two have the same.
 * @throws {FileError} if a folder cannot be made.
 */
export async function planTargets(
  { files, host }: Pick<Env, "files" | "host">,
  names: readonly string[],
  { out, isWindows = process.platform === "win32" }: TargetOptions,
): Promise<readonly Target[]> {
  if (out === STANDARD_OUTPUT) return names.map((name) => ({ name }));
  const [only] = names;
  if (out !== undefined && names.length === 1 && only !== undefined) {
    const path = userPath(host, out);
    if (!/[/\\]$/.test(out) && !await isFolder(files, path)) return [{ name: only, path }];
  }
  const saved = ownNames(names, { isWindows });
  const folder = out === undefined ? undefined : userPath(host, out);
  if (folder !== undefined) await files.makeFolder(folder);
  return saved.map(({ name, base }) => ({
    name,
    path: folder === undefined ? userPath(host, base) : joinPath(folder, base),
  }));
}

function ownNames(
  names: readonly string[],
  options: BaseNameOptions,
): ReadonlyArray<{ readonly name: string; readonly base: string }> {
  const owners = new Map<string, string>();
  return names.map((name) => {
    const base = baseName(name, options);
    const shown = escapeControls(name);
    if (base === undefined) throw new UsageError(`Cannot save "${shown}" under its own name; choose one with --out`);
    const owner = owners.get(base);
    if (owner !== undefined) {
      throw new UsageError(`Cannot save both "${escapeControls(owner)}" and "${shown}" as ${escapeControls(base)}`);
    }
    owners.set(base, name);
    return { name, base };
  });
}

async function isFolder(files: Files, path: string): Promise<boolean> {
  try {
    const { kind } = await files.info(path);
    // A link may lead to a folder; only the folder's entries tell.
    if (kind === "link") await files.list(path);
    return kind === "folder" || kind === "link";
  } catch (error) {
    if (error instanceof FileError) return false;
    throw error;
  }
}
