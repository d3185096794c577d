/**
 * A folder of files to serve: what is in it, and its bytes, version by version.
 *
 * Nothing outside can be reached through it. A scan follows no link and lists what it finds; a file is opened by what the
 * scan found, and what was opened must be the very file that was found. A path that leads elsewhere by now is refused,
 * whatever trick made it do so.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import { FileError, type FileInfo, type Files, type OpenFile } from "../env/files.ts";

/** A file as a scan found it. */
export interface FoundFile {
  /** Its path below the folder, `/` between the parts. */
  readonly name: string;
  /** What is known of it. */
  readonly info: FileInfo;
}

/** What a scan found. */
export interface Scan {
  /** Files by name. */
  readonly files: ReadonlyMap<string, FoundFile>;
  /** What was passed over, in words, the first few. */
  readonly skipped: readonly string[];
  /** Those of them that may be files, or hold some, and cannot be had: the first few. */
  readonly missed: readonly MissedEntry[];
}

/** What a scan could not look into. */
export interface MissedEntry {
  /** Its path below the folder. */
  readonly name: string;
  /** Why, in words. */
  readonly reason: string;
}

/** Limits of {@link scanFolder}. */
export interface ScanLimits extends AbortOptions {
  /** The most files; the rest are passed over. Default: 1,000,000. */
  maxFiles?: number;
  /** How deep folders may nest. Default: 32. */
  maxDepth?: number;
}

const MAX_SKIPPED = 20;

/**
 * Lists the regular files below a folder. Links, devices, and names that begin with a dot are passed over; so is what
 * disappears or cannot be read while it is looked at.
 *
 * @throws {FileError} if the folder itself cannot be listed, or no file descriptors are left; the signal's reason.
 */
export async function scanFolder(files: Files, folder: string, limits: ScanLimits = {}): Promise<Scan> {
  const { maxFiles = 1_000_000, maxDepth = 32, signal } = limits;
  const found = new Map<string, FoundFile>();
  const skipped: string[] = [];
  const missed: MissedEntry[] = [];
  function skip(name: string, reason: string): void {
    if (skipped.length < MAX_SKIPPED) skipped.push(`${name}: ${reason}`);
  }
  function miss(name: string, reason: string): void {
    if (missed.length < MAX_SKIPPED) missed.push({ name, reason });
    skip(name, reason);
  }
  async function visit(below: string, depth: number): Promise<void> {
    for (const entry of await files.list(below === "" ? folder : `${folder}/${below}`)) {
      signal?.throwIfAborted();
      if (entry.name.startsWith(".")) continue;
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.kind === "folder") {
        if (depth >= maxDepth) miss(name, `nested deeper than ${maxDepth} folders`);
        else await attempt(name, () => visit(name, depth + 1));
      } else if (entry.kind !== "file") skip(name, entry.kind === "link" ? "a link" : "not a regular file");
      else if (found.size >= maxFiles) miss(name, `over ${maxFiles} files`);
      else {
        await attempt(name, async () => {
          const info = await files.info(`${folder}/${name}`);
          if (info.kind === "file") found.set(name, { name, info });
        });
      }
    }
    if (below !== "") await confirm(below);
  }
  /** A folder that made way for a link while it was looked at has shown what is outside. */
  async function confirm(below: string): Promise<void> {
    if ((await files.info(`${folder}/${below}`)).kind === "folder") return;
    for (const name of found.keys()) if (name.startsWith(`${below}/`)) found.delete(name);
    skip(below, "no longer a folder");
  }
  async function attempt(name: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      // Without a descriptor nothing can be seen: that says nothing about the file.
      if (!(error instanceof FileError) || error.code === "exhausted") throw error;
      // What disappears is not there to be had.
      if (error.code === "not-found") skip(name, error.message);
      else miss(name, error.message);
    }
  }
  await visit("", 0);
  return { files: found, skipped, missed };
}

/** Whether two looks at a file saw the same bytes: as long, and not written to in between. */
export function sameContent(a: FileInfo, b: FileInfo): boolean {
  return a.sizeBytes === b.sizeBytes && a.modifiedMs === b.modifiedMs;
}

/**
 * Opens a file that a scan found.
 *
 * @returns the open file, or `undefined` if the path leads to something else by now: look at the folder again.
 * @throws {FileError} `"exhausted"`, `"denied"` or `"other"` if it is there and cannot be opened.
 */
export async function openFound(files: Files, folder: string, found: FoundFile): Promise<OpenFile | undefined> {
  let file: OpenFile;
  try {
    file = await files.open(`${folder}/${found.name}`);
  } catch (error) {
    if (error instanceof FileError && (error.code === "not-found" || error.code === "not-a-file")) return undefined;
    throw error;
  }
  let isSame = false;
  try {
    isSame = (await file.info()).version === found.info.version;
  } finally {
    if (!isSame) await file.close();
  }
  return isSame ? file : undefined;
}
