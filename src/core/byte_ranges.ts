/**
 * Which bytes of a file are there.
 *
 * @module
 */

/** Bytes from `start` up to and without `end`. Whole numbers, `start` at most `end`. */
export interface ByteRange {
  /** The offset of the first byte. */
  readonly start: number;
  /** The offset after the last byte. */
  readonly end: number;
}

/** A set of bytes, kept as ranges in order that neither overlap nor touch. */
export class ByteRanges implements Iterable<ByteRange> {
  readonly #ranges: ByteRange[] = [];
  #totalBytes = 0;

  /** Creates a set of the bytes of all `ranges`, which may overlap. */
  constructor(ranges: Iterable<ByteRange> = []) {
    for (const range of ranges) this.add(range);
  }

  /** How many bytes it holds. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** How many bytes it holds without a gap from the first byte of the file on. */
  get prefixBytes(): number {
    const first = this.#ranges[0];
    return first?.start === 0 ? first.end : 0;
  }

  /** Whether all it holds is without a gap from the first byte of the file on. */
  get isPrefix(): boolean {
    return this.#totalBytes === this.prefixBytes;
  }

  /** Adds bytes; those that are there already change nothing. */
  add({ start, end }: ByteRange): void {
    if (start >= end) return;
    const from = this.#firstEndingAt(start);
    let to = from;
    let merged = { start, end };
    for (let next = this.#ranges[to]; next !== undefined && next.start <= end; next = this.#ranges[to]) {
      merged = { start: Math.min(merged.start, next.start), end: Math.max(merged.end, next.end) };
      this.#totalBytes -= next.end - next.start;
      to++;
    }
    this.#ranges.splice(from, to - from, merged);
    this.#totalBytes += merged.end - merged.start;
  }

  /** Whether it holds all of these bytes. None is held by every set. */
  covers({ start, end }: ByteRange): boolean {
    if (start >= end) return true;
    const range = this.#ranges[this.#firstEndingAt(start)];
    return range !== undefined && range.start <= start && range.end >= end;
  }

  /** The bytes below `limitBytes` that it does not hold, in order. */
  gaps(limitBytes: number): ByteRange[] {
    return this.missing({ start: 0, end: limitBytes });
  }

  /** Those of these bytes that it does not hold, in order. */
  missing({ start, end }: ByteRange): ByteRange[] {
    const gaps: ByteRange[] = [];
    let from = start;
    for (let at = this.#firstEndingAt(start); from < end; at++) {
      const range = this.#ranges[at];
      const to = Math.min(end, range?.start ?? end);
      if (from < to) gaps.push({ start: from, end: to });
      from = range?.end ?? end;
    }
    return gaps;
  }

  /** Its ranges in order. The set must not change meanwhile. */
  [Symbol.iterator](): Iterator<ByteRange> {
    return this.#ranges[Symbol.iterator]();
  }

  /** The index of the first range that ends at `offset` or after it. */
  #firstEndingAt(offset: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle]!.end < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
