/**
 * Memory for sends that read their file as they go.
 *
 * @module
 */

/** Fewer, larger writes: at 64 KiB a large file goes out at half the speed. */
const MAX_CHUNK_BYTES = 1_048_576;
/** Below this, reading ahead costs more than it saves: a read that does not wait takes a fraction of a hand-over. */
const MIN_AHEAD_BYTES = 262_144;
/** What a send gets however many there are. */
const MIN_SHARE_BYTES = 65_536;
/** What all sends of one role may hold together, on top of the smallest share for each. */
const BUDGET_BYTES = 134_217_728;
/** The part of what is left of the budget that goes to one send. */
const SHARE = 1 / 16;

/** What one send reads into. */
export interface SendBuffers {
  /** How much to read and write at once. */
  readonly chunkBytes: number;
  /** 1, or 2 where one is filled while the other is sent. */
  readonly count: 1 | 2;
}

/**
 * Decides what a send may hold, so that many readers together stay within bounds. Those who came first may never give
 * back what they hold: only what they have left over is shared out.
 */
export function sendBuffersFor(remainingBytes: number, heldBytes: number): SendBuffers {
  const share = Math.max(MIN_SHARE_BYTES, Math.floor((BUDGET_BYTES - heldBytes) * SHARE));
  const wholeBytes = Math.min(share, MAX_CHUNK_BYTES);
  if (remainingBytes <= wholeBytes) return { chunkBytes: Math.max(1, remainingBytes), count: 1 };
  const halfBytes = Math.min(MAX_CHUNK_BYTES, Math.floor(share / 2));
  return halfBytes >= MIN_AHEAD_BYTES ? { chunkBytes: halfBytes, count: 2 } : { chunkBytes: wholeBytes, count: 1 };
}

/** What the sends of one role hold. */
export class SendBudget {
  #heldBytes = 0;

  /** How much that is. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes buffers for a send of so many bytes. */
  take(remainingBytes: number): SendBuffers {
    const buffers = sendBuffersFor(remainingBytes, this.#heldBytes);
    this.#heldBytes += buffers.chunkBytes * buffers.count;
    return buffers;
  }

  /** Gives them back. */
  give({ chunkBytes, count }: SendBuffers): void {
    this.#heldBytes -= chunkBytes * count;
  }
}
