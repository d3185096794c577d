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

/** What stands for standard output. Named as a device it could not be written to as a file. */
const STANDARD_OUTPUTS: readonly string[] = ["-", "/dev/stdout"];

/** A file to be had, and where it goes; without a path, to standard output or nowhere. */
export interface Target {
  /** The file's name. */
  readonly name: string;
  /** The path to save it at. */
  readonly path?: string;
  /** Whether its bytes are checked and then forgotten. */
  readonly isDiscarded?: true;
}

/** Options of {@link planTargets}. */
export interface TargetOptions {
  /** What the user says of the place: a file, a folder, `-` or `/dev/stdout`, `/dev/null` or, on Windows, `NUL`. */
  readonly out?: string | undefined;
  /** Whether names have to be fit for Windows. Default: whether this is one. */
  readonly isWindows?: boolean;
}

/**
 * Finds the place of each file. `out` is a file for one name and a folder for several; a folder that is there, or that
 * ends with a slash, takes one too. Without it files go where the user is, under the last part of their names.
 *
 * @throws {UsageError} if a file has no name of its own there, two have the same, or a file is there for several.
 * @throws {FileError} if a folder cannot be made.
 */
export async function planTargets(
  { files, host }: Pick<Env, "files" | "host">,
  names: readonly string[],
  { out, isWindows = process.platform === "win32" }: TargetOptions,
): Promise<readonly Target[]> {
  if (out !== undefined && STANDARD_OUTPUTS.includes(out)) return names.map((name) => ({ name }));
  if (out === "/dev/null" || (isWindows && out?.toUpperCase() === "NUL")) {
    return names.map((name) => ({ name, isDiscarded: true }));
  }
  const [only] = names;
  if (out !== undefined && names.length === 1 && only !== undefined) {
    const path = userPath(host, out);
    if (!/[/\\]$/.test(out) && !await isFolder(files, path)) return [{ name: only, path }];
  }
  const saved = ownNames(names, { isWindows });
  const folder = out === undefined ? undefined : userPath(host, out);
  if (folder !== undefined) await makeFolder(files, { folder, out, names });
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

interface FolderRequest {
  readonly folder: string;
  readonly out: string | undefined;
  readonly names: readonly string[];
}

async function makeFolder(files: Files, { folder, out = folder, names }: FolderRequest): Promise<void> {
  try {
    await files.makeFolder(folder);
  } catch (error) {
    if (names.length === 1 || !(error instanceof FileError) || error.code !== "exists") throw error;
    const isFile = await files.info(folder).then(({ kind }) => kind === "file", () => false);
    if (!isFile) throw error;
    throw new UsageError(`several names need a folder, and ${escapeControls(out)} is a file`, { cause: error });
  }
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
