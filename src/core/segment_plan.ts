/**
 * Who fetches which bytes of a file when several connections share the work.
 *
 * @module
 */

import { type ByteRange, ByteRanges } from "./byte_ranges.ts";

/** The least that is worth a request of its own. */
export const MIN_SEGMENT_BYTES = 1_048_576;
/** The most that one request asks for while others share the work: what is lost if its holder turns out slow. */
export const MAX_SEGMENT_BYTES = 8_388_608;
/** How many segments each connection gets at least, where the file is large enough for that. */
const SEGMENTS_EACH = 4;
/** After how long without a byte a connection counts as stalled. */
const STALL_MS = 2_000;
/** How many times longer than us another must need for its segment before we fetch it too. */
const TWIN_FACTOR = 3;

/** How much of a file one request asks for. One connection alone asks for all of it. */
export function segmentBytesFor(sizeBytes: number, parallel: number): number {
  if (parallel <= 1) return Number.MAX_SAFE_INTEGER;
  const share = Math.ceil(sizeBytes / (parallel * SEGMENTS_EACH));
  return Math.min(MAX_SEGMENT_BYTES, Math.max(MIN_SEGMENT_BYTES, share));
}

/** What all connections of one download hold in pieces, unless there are too many of them. */
const PIECES_BUDGET_BYTES = 8_388_608;
/** One piece comes in while the one before goes to the disk. */
const PIECES_EACH = 2;
/** Larger ones are no faster. */
const MAX_PIECE_BYTES = 2_097_152;
/** Smaller ones cost more for the calls than for the bytes. */
const MIN_PIECE_BYTES = 131_072;

/** How much one of several connections reads and writes at once. It holds two pieces of that. */
export function pieceBytesFor(parallel: number): number {
  const share = Math.floor(PIECES_BUDGET_BYTES / (parallel * PIECES_EACH));
  return Math.min(MAX_PIECE_BYTES, Math.max(MIN_PIECE_BYTES, share));
}

/** A piece of the file that one connection fetches. */
export interface Segment extends ByteRange {
  /** The offset of the next byte to arrive. */
  readonly next: number;
}

/** How a segment goes. */
interface Work extends Segment {
  next: number;
  end: number;
  readonly beganMs: number;
  lastMs: number;
  /** The same bytes at another connection. */
  twin: Work | undefined;
}

/** Options of {@link SegmentPlan}. */
export interface SegmentPlanOptions {
  /** How long the file is. */
  readonly sizeBytes: number;
  /** The most that one segment holds; see {@link segmentBytesFor}. */
  readonly segmentBytes: number;
  /** What is there already. Kept, and added to. */
  readonly have?: ByteRanges;
}

/**
 * Hands out the bytes of a file until all have arrived. Every byte is handed out once, but for two reasons: its
 * connection failed, or the segment is taken over from a connection that is much slower.
 */
export class SegmentPlan {
  /** How long the file is. */
  readonly sizeBytes: number;
  /** What has arrived. */
  readonly have: ByteRanges;
  /** The most that one segment holds. */
  readonly segmentBytes: number;
  readonly #works = new Set<Work>();

  /** Creates a plan that nobody works on. */
  constructor({ sizeBytes, segmentBytes, have = new ByteRanges() }: SegmentPlanOptions) {
    this.sizeBytes = sizeBytes;
    this.segmentBytes = segmentBytes;
    this.have = have;
  }

  /** Whether all bytes have arrived. */
  get complete(): boolean {
    return this.have.totalBytes >= this.sizeBytes;
  }

  /** How many segments are being fetched. */
  get active(): number {
    return this.#works.size;
  }

  /** Takes the first bytes that nobody fetches; undefined if there are none. */
  claimFirst(nowMs: number): Segment | undefined {
    const [gap] = this.#free();
    if (gap === undefined) return undefined;
    return this.#begin({ start: gap.start, end: Math.min(gap.end, gap.start + this.segmentBytes) }, nowMs);
  }

  /** Takes the last bytes that nobody fetches, so that whoever works from the front can go on without a new request. */
  claimLast(nowMs: number): Segment | undefined {
    const gap = this.#free().at(-1);
    if (gap === undefined) return undefined;
    return this.#begin({ start: Math.max(gap.start, gap.end - this.segmentBytes), end: gap.end }, nowMs);
  }

  /**
   * Takes over what is left of the segment that is furthest from its end, for a connection that gets `bytesPerMs`.
   * Undefined unless that is well faster than who has it now, who goes on too: the first to end wins.
   */
  claimTwin(bytesPerMs: number, nowMs: number): Segment | undefined {
    let slowest: Work | undefined;
    let slowestMs = 0;
    for (const work of this.#works) {
      const leftMs = expectedMs(work, nowMs);
      if (work.twin !== undefined || leftMs <= slowestMs) continue;
      slowest = work;
      slowestMs = leftMs;
    }
    if (slowest === undefined) return undefined;
    const oursMs = (slowest.end - slowest.next) / bytesPerMs;
    if (slowestMs < Math.max(STALL_MS, oursMs * TWIN_FACTOR)) return undefined;
    return slowest.twin = this.#begin({ start: slowest.next, end: slowest.end }, nowMs, slowest);
  }

  /** Moves a segment's end on over bytes that nobody fetches. Returns whether there were any. */
  extend(segment: Segment): boolean {
    const work = this.#workOf(segment);
    if (work === undefined) return false;
    const gap = this.#free().find(({ start }) => start === work.end);
    if (gap === undefined) return false;
    work.end = Math.min(gap.end, gap.start + this.segmentBytes);
    return true;
  }

  /** Notes that the next `bytes` of a segment arrived. Its end gives it back. */
  arrived(segment: Segment, bytes: number, nowMs: number): void {
    const work = this.#workOf(segment);
    if (work === undefined) return;
    this.have.add({ start: work.next, end: work.next + bytes });
    work.next += bytes;
    work.lastMs = nowMs;
  }

  /** Whether some of a segment is still missing: a twin may have been faster. */
  needs(segment: Segment): boolean {
    return !this.have.covers({ start: segment.next, end: segment.end });
  }

  /** Gives a segment back, fetched or not. What is missing of it is handed out again. Idempotent. */
  release(segment: Segment): void {
    const work = this.#workOf(segment);
    if (work === undefined) return;
    this.#works.delete(work);
    if (work.twin !== undefined) work.twin.twin = undefined;
  }

  #begin({ start, end }: ByteRange, nowMs: number, twin?: Work): Work {
    const work: Work = { start, next: start, end, beganMs: nowMs, lastMs: nowMs, twin };
    this.#works.add(work);
    return work;
  }

  #workOf(segment: Segment): Work | undefined {
    return this.#works.has(segment as Work) ? segment as Work : undefined;
  }

  /** What has neither arrived nor is being fetched. */
  #free(): ByteRange[] {
    const taken = new ByteRanges(this.have);
    for (const { next, end } of this.#works) taken.add({ start: next, end });
    return taken.gaps(this.sizeBytes);
  }
}

/** How long a segment will go on at the rate it had so far; for ever once nothing arrives. */
function expectedMs({ start, next, end, beganMs, lastMs }: Work, nowMs: number): number {
  if (next === end) return 0;
  if (nowMs - lastMs >= STALL_MS) return Infinity;
  const bytesPerMs = (next - start) / Math.max(1, nowMs - beganMs);
  return bytesPerMs === 0 ? nowMs - lastMs : (end - next) / bytesPerMs;
}
