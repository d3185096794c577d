/**
 * How much room there is on a disk.
 *
 * @module
 */

import { GIB, KIB } from "./byte_units.ts";

/** How many bytes may still be written where a folder is. */
export async function roomIn(folder: string): Promise<number> {
  const { stdout } = await new Deno.Command("df", { args: ["-Pk", folder], stdin: "null", stderr: "null" }).output();
  return parseRoom(new TextDecoder().decode(stdout));
}

/**
 * Reads what `df -Pk` says.
 *
 * @throws {RangeError} if it says something else.
 */
export function parseRoom(text: string): number {
  const [, kib] = /^\S.*\s\d+\s+\d+\s+(\d+)\s+\d+%/m.exec(text) ?? [];
  if (kib === undefined) throw new RangeError("Cannot tell how much room there is on the disk");
  return Number(kib) * KIB;
}

/** Writes how much room there is: `2.3 GiB`. */
export function formatRoom(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
