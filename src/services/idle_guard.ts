/**
 * Ends a connection on which a wait makes no progress.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Conn } from "../net/net.ts";

/**
 * Watches one connection with one timer. It counts only while somebody waits for the peer: the time that we take
 * ourselves is not the peer's fault. A reader that takes bytes, however few, makes progress; a sender makes progress when
 * the caller says so.
 */
export class IdleGuard {
  readonly #clock: Clock;
  readonly #conn: Conn;
  readonly #idleMs: number;
  #waits = 0;
  #sinceMs = 0;
  #sentBytes = 0;
  #expired = false;
  #stopped = false;
  #cancel: (() => void) | undefined;

  /** Creates a guard that closes `conn` when a wait stands still for `idleMs`. */
  constructor(clock: Clock, conn: Conn, idleMs: number) {
    this.#clock = clock;
    this.#conn = conn;
    this.#idleMs = idleMs;
  }

  /** Whether it has closed the connection. */
  get expired(): boolean {
    return this.#expired;
  }

  /** Begins a wait. */
  begin(): void {
    this.#waits++;
    this.progress();
    if (this.#cancel === undefined && !this.#expired && !this.#stopped) this.#arm(this.#idleMs);
  }

  /** Ends a wait. */
  end(): void {
    this.#waits--;
  }

  /** Notes that the peer did its part. */
  progress(): void {
    this.#sinceMs = this.#clock.now();
    this.#sentBytes = this.#conn.sentBytes;
  }

  /** Takes the timer off for good: a wait on a closed connection ends by itself, and must not set it again. */
  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#clock.schedule(delayMs, () => this.#check());
  }

  #check(): void {
    this.#cancel = undefined;
    if (this.#waits === 0) return;
    if (this.#conn.sentBytes !== this.#sentBytes) this.progress();
    const leftMs = this.#sinceMs + this.#idleMs - this.#clock.now();
    if (leftMs > 0) {
      this.#arm(leftMs);
      return;
    }
    this.#expired = true;
    this.#conn.close();
  }
}
