/**
 * Files to serve.
 *
 * @module
 */

import { MIB } from "./byte_units.ts";

/** How much is written at once. */
const CHUNK_BYTES = 4 * MIB;
/** A file system may share blocks that are alike, but not those that look random. */
const SEED = 0x9e3779b9;

/** Writes a file of so many bytes, no two chunks of them alike. */
export async function writeBytes(path: string, bytes: number, signal: AbortSignal): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true, truncate: true });
  const chunk = new Uint32Array(CHUNK_BYTES / Uint32Array.BYTES_PER_ELEMENT);
  let state = SEED;
  for (let at = 0; at < chunk.length; at++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + SEED | 0;
    chunk[at] = state;
  }
  const view = new Uint8Array(chunk.buffer);
  for (let left = bytes; left > 0;) {
    signal.throwIfAborted();
    chunk[0]!++;
    const part = view.subarray(0, Math.min(left, view.length));
    for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
    left -= part.length;
  }
  // What the disk still had to take in would slow down whatever is measured next.
  await file.sync();
}
