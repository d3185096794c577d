/**
 * Cuts a stream of an object's bytes into blocks, and gives out none that was not checked.
 *
 * @module
 */

import type { ByteRange } from "../core/byte_ranges.ts";
import { BLOCK_BYTES, type BlockDigests } from "./block_digests.ts";

/** Options of {@link checkedBlocks}. */
export interface CheckedBlocksOptions {
  /** The digests of all blocks of the object. */
  readonly table: BlockDigests;
  /** The length of the object. */
  readonly sizeBytes: number;
  /** Which bytes are wanted. */
  readonly range: ByteRange;
  /** Makes the error of bytes that are not those that were stored. */
  readonly damaged: (damage: string) => Error;
}

/** The whole blocks that a range lies in: what has to be read of an object. */
export function blocksAround({ start, end }: ByteRange, sizeBytes: number): ByteRange {
  if (start >= end) return { start: 0, end: 0 };
  const first = Math.floor(start / BLOCK_BYTES) * BLOCK_BYTES;
  return { start: first, end: Math.min(sizeBytes, Math.ceil(end / BLOCK_BYTES) * BLOCK_BYTES) };
}

/** Takes the bytes of {@link blocksAround}, and gives out those of the range. A piece may be reused for the next. */
export async function* checkedBlocks(
  source: AsyncIterable<Uint8Array>,
  { table, sizeBytes, range, damaged }: CheckedBlocksOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { start, end } = blocksAround(range, sizeBytes);
  const block = new Uint8Array(Math.min(BLOCK_BYTES, end - start));
  let at = start;
  let filled = 0;
  for await (const piece of source) {
    for (let done = 0; done < piece.length;) {
      const wanted = Math.min(block.length, end - at);
      const part = piece.subarray(done, done + wanted - filled);
      if (part.length === 0) throw damaged("it has more bytes than were stored");
      block.set(part, filled);
      done += part.length;
      filled += part.length;
      if (filled < wanted) continue;
      const whole = block.subarray(0, filled);
      if (!table.matches(at / BLOCK_BYTES, whole)) throw damaged(`its bytes from ${at} on are others`);
      yield whole.subarray(Math.max(0, range.start - at), Math.min(filled, range.end - at));
      at += filled;
      filled = 0;
    }
  }
  if (at < end) throw damaged(`it has ${at + filled} of ${sizeBytes} bytes`);
}
