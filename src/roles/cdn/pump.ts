/**
 * Moves bytes from a holder to the file.
 *
 * @module
 */

import { type Clock, sleep } from "../../base/clock.ts";
import type { Holder } from "../../core/holder_pool.ts";
import type { RateLimiter } from "../../core/rate_limiter.ts";
import type { Segment } from "../../core/segment_plan.ts";
import type { HolderBody } from "./holder.ts";
import type { Transfer } from "./transfer.ts";

/** What keeps a transfer within its rate. */
export interface Pace {
  /** Times the waits. */
  readonly clock: Clock;
  /** The rate of all connections together; undefined for no limit. */
  readonly limiter: RateLimiter | undefined;
  /** How much one connection reads at once. */
  readonly pieceBytes: number;
  /** Calls the waits off. */
  readonly signal: AbortSignal;
}

/** Two buffers of one connection: one piece comes in while the one before goes to the disk. */
export type Pieces = readonly [Uint8Array, Uint8Array];

/** Makes buffers for bodies of at most `sizeBytes`. */
export function newPieces(pace: Pace, sizeBytes: number): Pieces {
  const pieceBytes = Math.min(roomFor(pace), sizeBytes);
  return [new Uint8Array(pieceBytes), new Uint8Array(pieceBytes)];
}

/** Options of {@link pump}. */
export interface PumpOptions extends Pace {
  /** Holds the bytes on their way. */
  readonly pieces: Pieces;
  /** Who sends. */
  readonly holder: Holder;
  /** Whether the body goes on past the segment's end, so that the segment may grow. */
  readonly isOpenEnded: boolean;
  /** Called before each piece, while nothing is being written. */
  readonly between?: () => Promise<void>;
}

/** Fills a segment from a body that begins where the segment goes on. */
export async function pump(
  body: HolderBody,
  segment: Segment,
  transfer: Transfer,
  { holder, pieces, isOpenEnded, between, ...pace }: PumpOptions,
): Promise<void> {
  const { plan } = transfer;
  let position = segment.next;
  let writing: Promise<void> | undefined;
  try {
    for (let turn: 0 | 1 = 0;; turn = turn === 0 ? 1 : 0) {
      const isAtEnd = position === segment.end;
      if (isAtEnd ? !(isOpenEnded && plan.extend(segment)) : !plan.needs(segment)) break;
      const piece = pieces[turn].subarray(0, segment.end - position);
      const count = await body.read(piece);
      if (count === 0) break;
      position += count;
      await writing;
      await between?.();
      writing = transfer.write(segment, piece.subarray(0, count), holder);
      // Whoever awaits it later gets the failure; until then it must not count as one that nobody handles.
      writing.catch(() => {});
      await keepPace(count, pace);
    }
    await writing;
  } finally {
    await writing?.catch(() => {});
  }
}

/** Reads and drops `sizeBytes` of a body; `take` gets them first. */
export async function drain(
  body: HolderBody,
  sizeBytes: number,
  { take, ...pace }: Pace & { readonly take: (bytes: Uint8Array) => void },
): Promise<void> {
  const piece = new Uint8Array(Math.min(sizeBytes, roomFor(pace)));
  for (let left = sizeBytes; left > 0;) {
    const count = await body.read(piece.subarray(0, left));
    if (count === 0) break;
    take(piece.subarray(0, count));
    left -= count;
    await keepPace(count, pace);
  }
}

/** A piece that is larger than a burst would wait longer than it has to. */
function roomFor({ limiter, pieceBytes }: Pace): number {
  return Math.min(pieceBytes, limiter?.burstBytes ?? pieceBytes);
}

async function keepPace(bytes: number, { clock, limiter, signal }: Pace): Promise<void> {
  signal.throwIfAborted();
  const waitMs = limiter?.take(bytes, clock.now()) ?? 0;
  if (waitMs > 0) await sleep(clock, waitMs, { signal });
}
