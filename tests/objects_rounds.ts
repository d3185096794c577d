/**
 * Objects that tell which one they are: what `objects_writer.ts` stores, for whoever looks afterwards.
 *
 * @module
 */

import { bytesOf, textBytes } from "./objects_bench.ts";

/** The names that are stored again and again, each by a loop of its own. */
export const NAMES: readonly string[] = ["a", "a-b", "c"];

/** The bytes of a round: its number and a line end, then some that look like chance. */
export function roundBytes(round: number): Uint8Array<ArrayBuffer> {
  const head = textBytes(`${round}\n`);
  const rest = bytesOf([0, 100, 5_000, 140_000, 700_000][round % 5]!, round + 1);
  const bytes = new Uint8Array(head.length + rest.length);
  bytes.set(head);
  bytes.set(rest, head.length);
  return bytes;
}

/** Which round some bytes are of. */
export function roundOf(bytes: Uint8Array): number {
  return parseInt(new TextDecoder().decode(bytes.subarray(0, 20)), 10);
}
