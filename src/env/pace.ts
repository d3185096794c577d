/**
 * Which file operations run on the event loop itself, and which go through the runtime's thread.
 *
 * @module
 */

/**
 * The longest that operations on the event loop may follow one another. A loop over a large file whose reads never
 * wait would stop everything else, heartbeats included.
 */
const TURN_MS = 5;

/** An operation that took longer than this was not answered from memory: the disk is slow, cold or remote. */
const SLOW_MS = 2;

/** How many times as long as a slow operation took the thread is used, so that at most a twentieth is lost to waits. */
const CAUTION = 20;

/**
 * Runs operations on the event loop while the file system answers from memory.
 *
 * Measured on Deno 2.9 and Node 20, page cache warm: a 4 KiB read takes 1 us of CPU on the loop and 25 us through the
 * thread, 64 KiB 3 and 25 us, 1 MiB 36 and 72 us; an open or a stat 4 and 30 us. The price is that a cold disk stops
 * the loop once; after that everything goes through the thread for a while.
 */
export class Pace {
  readonly #now: () => number;
  /** When the event loop last certainly had its turn. */
  #turnMs = -Infinity;
  /** Until when the thread is used. */
  #cautiousUntilMs = -Infinity;

  /**
   * Creates a pace that knows nothing of the file system yet.
   *
   * @param now Milliseconds since an arbitrary start, never stepping back.
   */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Does one operation, by `inline` on the event loop or by `offloaded` through the runtime's thread. */
  async run<T>(inline: () => T, offloaded: () => Promise<T>): Promise<T> {
    const startMs = this.#now();
    if (startMs - this.#turnMs >= TURN_MS || startMs < this.#cautiousUntilMs) return await this.offload(offloaded);
    try {
      return inline();
    } finally {
      const endMs = this.#now();
      if (endMs - startMs > SLOW_MS) this.#cautiousUntilMs = endMs + CAUTION * (endMs - startMs);
    }
  }

  /** Does one operation through the runtime's thread: one that takes long enough for others to get on meanwhile. */
  async offload<T>(offloaded: () => Promise<T>): Promise<T> {
    try {
      return await offloaded();
    } finally {
      this.#turnMs = this.#now();
    }
  }
}
