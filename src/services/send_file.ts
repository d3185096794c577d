/**
 * Sends a part of an open file, all of one version or not to the end.
 *
 * @module
 */

import type { FileInfo, OpenFile } from "../env/files.ts";
import { sameContent } from "../storage/folder.ts";
import type { LineConn } from "./line_conn.ts";

/** Fewer, larger writes: at 64 KiB a large file goes out at half the speed. */
const MAX_CHUNK_BYTES = 1_048_576;
const MIN_CHUNK_BYTES = 65_536;
/** What all sends of one role may hold in buffers together, on top of the smallest one for each. */
const BUFFER_BUDGET_BYTES = 134_217_728;
/** The part of what is left of the budget that goes to one send. */
const SHARE = 1 / 16;

/**
 * How much to read and write at once, so that many readers together stay within bounds. Those who came first may never
 * give back what they hold: only what they have left over is shared out.
 */
export function chunkBytesFor(remainingBytes: number, heldBytes: number): number {
  const share = Math.floor((BUFFER_BUDGET_BYTES - heldBytes) * SHARE);
  return Math.max(1, Math.min(remainingBytes, MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, share)));
}

/** What to send. */
export interface SendOptions {
  /** The file as it was when its length was announced. */
  info: FileInfo;
  /** Where to begin. */
  offsetBytes: number;
  /** How much to send. */
  lengthBytes: number;
  /** How much to read and write at once. */
  chunkBytes: number;
  /** Told of bytes that went out. */
  onSent: (bytes: number) => void;
}

/**
 * Sends bytes of a file.
 *
 * The file is looked at after each read and before the bytes go out: bytes that may be of another version are never
 * sent. A file replaced by a rename is no such case, its old bytes stay readable.
 *
 * @returns whether all bytes were sent; false if the file was written to meanwhile.
 */
export async function sendFile(lines: LineConn, file: OpenFile, options: SendOptions): Promise<boolean> {
  const { info, offsetBytes, lengthBytes, chunkBytes, onSent } = options;
  const endBytes = offsetBytes + lengthBytes;
  const buffer = new Uint8Array(chunkBytes);
  for (let offset = offsetBytes; offset < endBytes;) {
    const count = await file.readAt(buffer.subarray(0, Math.min(buffer.length, endBytes - offset)), offset);
    if (count === 0 || !sameContent(await file.info(), info)) return false;
    await lines.write(buffer.subarray(0, count));
    onSent(count);
    offset += count;
  }
  return true;
}
