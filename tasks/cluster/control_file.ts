/**
 * The file by which `deno task stop` finds a running cluster.
 *
 * @module
 */

import { MAX_PORT } from "../../src/base/address.ts";
import { toFileError } from "../../src/env/system_error.ts";

/** What the file says. */
export interface ControlRecord {
  /** The cluster's process id: for people. Nothing is ever sent to it, as it may be another's by now. */
  readonly pid: number;
  /** Where on loopback the cluster takes orders. */
  readonly port: number;
  /** Proves that an order comes from somebody who can read the file, and the answer from the cluster that wrote it. */
  readonly token: string;
  /** When it started: `2026-01-01T12:00:00.000Z`. */
  readonly since: string;
}

/** Where the file is. */
export function controlPath(dataFolder: string): string {
  return `${dataFolder}/cluster.json`;
}

/** Writes a record as the file's text. */
export function encodeControl(record: ControlRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** Reads the file's text; undefined if it is none of ours. */
export function parseControl(text: string): ControlRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { pid, port, token, since } = json as Record<string, unknown>;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  if (typeof port !== "number" || !Number.isSafeInteger(port) || port < 1 || port > MAX_PORT) return undefined;
  if (typeof token !== "string" || !/^[0-9a-f]{32}$/.test(token)) return undefined;
  if (typeof since !== "string" || Number.isNaN(Date.parse(since))) return undefined;
  return { pid, port, token, since };
}

/** Makes a token: 128 random bits in hexadecimal digits. */
export function createToken(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Reads the file. `undefined`: there is none. `broken`: it is none of ours, or half written.
 *
 * @throws {FileError} if it cannot be read, such as that of another user.
 */
export async function readControl(path: string): Promise<ControlRecord | "broken" | undefined> {
  try {
    return parseControl(await Deno.readTextFile(path)) ?? "broken";
  } catch (error) {
    const failure = toFileError(error, `read ${path}`);
    if (failure.code === "not-found") return undefined;
    throw failure;
  }
}

/**
 * Writes the file, readable by its owner alone, unless there is one.
 *
 * @throws {FileError} `"exists"` if there is one.
 */
export async function writeControl(dataFolder: string, record: ControlRecord): Promise<void> {
  const path = controlPath(dataFolder);
  try {
    await Deno.mkdir(dataFolder, { recursive: true });
    await Deno.writeTextFile(path, encodeControl(record), { createNew: true, mode: 0o600 });
  } catch (error) {
    throw toFileError(error, `write ${path}`);
  }
}

/**
 * Removes the file if it is still the one with this token, or still `"broken"`.
 *
 * @throws {FileError} if it cannot be read or removed.
 */
export async function removeControl(path: string, token: string): Promise<void> {
  const found = await readControl(path);
  if (found === undefined || (found === "broken" ? token !== "broken" : found.token !== token)) return;
  try {
    await Deno.remove(path);
  } catch (error) {
    const failure = toFileError(error, `remove ${path}`);
    if (failure.code !== "not-found") throw failure;
  }
}
