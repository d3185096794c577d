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

/**
 * How many times as long as a slow operation took the thread is used: at the most, so that at most a twentieth is lost to
 * waits, and at the least. A single slow one among many quick ones says little, the system may have been busy elsewhere;
 * each more doubles it, each quick one takes a little off.
 */
const MAX_CAUTION = 20;
const MIN_CAUTION = 1;
const TRUST = 0.97;

/** What a {@link Pace} goes by. */
export interface PaceOptions {
  /** Milliseconds since an arbitrary start, never stepping back. */
  now(): number;
  /** Calls `run` once when the event loop has its next turn. */
  onTurn(run: () => void): void;
}

/**
 * Runs operations on the event loop while the file system answers from memory.
 *
 * Measured on Deno 2.9 and Node 20, page cache warm: a 4 KiB read takes 1 us of CPU on the loop and 25 us through the
 * thread, 64 KiB 3 and 25 us, 1 MiB 36 and 72 us; an open or a stat 4 and 30 us. The price is that a cold disk stops
 * the loop now and then, at most a twentieth of the time; for the rest of it everything goes through the thread.
 */
export class Pace {
  readonly #options: PaceOptions;
  /** When the event loop last certainly had its turn. */
  #turnMs = -Infinity;
  #isTurnAwaited = false;
  /** Until when the thread is used. */
  #cautiousUntilMs = -Infinity;
  #caution = MIN_CAUTION;

  /** Creates a pace that knows nothing of the file system yet. */
  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Does one operation, by `inline` on the event loop or by `offloaded` through the runtime's thread. */
  async run<T>(inline: () => T, offloaded: () => Promise<T>): Promise<T> {
    const { now } = this.#options;
    const startMs = now();
    if (!this.#isTurnAwaited) this.#awaitTurn(startMs);
    if (startMs - this.#turnMs >= TURN_MS || startMs < this.#cautiousUntilMs) return await this.offload(offloaded);
    try {
      return inline();
    } finally {
      this.#learn(now(), startMs);
    }
  }

  /** Does one operation through the runtime's thread: one that takes long enough for others to get on meanwhile. */
  async offload<T>(offloaded: () => Promise<T>): Promise<T> {
    try {
      return await offloaded();
    } finally {
      this.#turnMs = this.#options.now();
    }
  }

  /** The loop has its turn now; the next time is noted when it comes. */
  #awaitTurn(nowMs: number): void {
    this.#turnMs = nowMs;
    this.#isTurnAwaited = true;
    this.#options.onTurn(() => this.#isTurnAwaited = false);
  }

  #learn(endMs: number, startMs: number): void {
    const tookMs = endMs - startMs;
    if (tookMs <= SLOW_MS) {
      this.#caution = Math.max(MIN_CAUTION, this.#caution * TRUST);
      return;
    }
    this.#cautiousUntilMs = endMs + this.#caution * tookMs;
    this.#caution = Math.min(MAX_CAUTION, 2 * this.#caution);
  }
}
