/**
 * Small buffers that are used again.
 *
 * A buffer's memory is outside the heap: to get it, to give it back and to keep track of it in between takes longer than
 * all else that is done in JavaScript about a short connection.
 *
 * @module
 */

/** How long a small buffer is: two to three of the lines that are spoken. */
export const SMALL_BUFFER_BYTES = 1_024;
/** How many wait to be used again: as many as connections begin and end at about the same time. */
const MAX_WAITING = 128;

const waiting: Uint8Array[] = [];

/** Takes a small buffer, with whatever is in it. */
export function takeSmallBuffer(): Uint8Array {
  return waiting.pop() ?? new Uint8Array(SMALL_BUFFER_BYTES);
}

/** Gives a small buffer back that nobody reads from or writes into any more. Others are left to the garbage collector. */
export function giveSmallBuffer(buffer: Uint8Array): void {
  const isOwn = buffer.length === SMALL_BUFFER_BYTES && buffer.buffer.byteLength === SMALL_BUFFER_BYTES;
  if (isOwn && waiting.length < MAX_WAITING) waiting.push(buffer);
}
