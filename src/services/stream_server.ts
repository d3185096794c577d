/**
 * Serves the streams of one listener: a handler each, a limit on how many, and an orderly end.
 *
 * @module
 */

import { formatAddress } from "../base/address.ts";
import { type Clock, sleep, slept } from "../base/clock.ts";
import { DeadlineError } from "../base/deadline.ts";
import type { Log } from "../env/log.ts";
import type { Conn, Listener } from "../net/net.ts";
import { NetError } from "../net/net_error.ts";

/** Options of {@link StreamServer}. */
export interface StreamServerOptions {
  /** Times the drain. */
  clock: Clock;
  /** Told of peers that fail. */
  log: Log;
  /** Serves one stream. It is closed when this settles; a rejection ends that stream alone. */
  handle: (conn: Conn) => Promise<void>;
  /** The most streams at once; the next ones wait in the backlog. Default: 10,000. */
  maxConns?: number;
}

/** How long to wait after an error of the listener before the next stream is asked for. */
const RETRY_MS = 1_000;
/** The share of the limit below which reaching it again is worth another word. */
const RELIEF = 0.9;

/** An open stream. */
interface Serving {
  readonly conn: Conn;
  /** Its place among all of them. */
  at: number;
}

/** A listener at work. */
export class StreamServer {
  readonly #listener: Listener;
  readonly #options: StreamServerOptions;
  /**
   * Open streams, in no order. Not a set: one through which many pass grows tables that hang together, and the garbage
   * collector has to move all that passed, again and again, before it finds that none of it is used.
   */
  readonly #open: Serving[] = [];
  readonly #accepting: Promise<void>;
  readonly #stopped = new AbortController();
  #stopping: Promise<void> | undefined;
  #isFull = false;
  #roomMade: (() => void) | undefined;
  #allGone: (() => void) | undefined;

  /** Begins to accept. */
  constructor(listener: Listener, options: StreamServerOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#accepting = this.#accept();
  }

  /** How many streams are open. */
  get active(): number {
    return this.#open.length;
  }

  /**
   * Accepts no more, closes streams on which nothing was asked yet, lets the others finish for `drainMs`, then closes
   * them, too. Idempotent.
   */
  stop(drainMs: number): Promise<void> {
    return this.#stopping ??= this.#stop(drainMs);
  }

  async #stop(drainMs: number): Promise<void> {
    this.#stopped.abort();
    this.#listener.close();
    this.#roomMade?.();
    await this.#accepting;
    // Whoever has asked nothing yet has nothing to lose: a stop does not wait for it.
    for (const { conn } of this.#open) if (conn.receivedBytes === 0) conn.close();
    const drained = new Promise<void>((resolve) => this.#allGone = resolve);
    if (this.#open.length === 0) this.#allGone?.();
    if (this.#open.length > 0 && drainMs > 0) {
      const timer = new AbortController();
      await Promise.race([drained, sleep(this.#options.clock, drainMs, { signal: timer.signal }).catch(() => {})]);
      timer.abort();
    }
    for (const { conn } of this.#open) conn.close();
    await drained;
  }

  /** Accepts until the listener ends. What one stream did to it must not keep the others away. */
  async #accept(): Promise<void> {
    const { log, clock } = this.#options;
    const { signal } = this.#stopped;
    do {
      try {
        await this.#acceptAll();
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!signal.aborted) log.error("accepting failed", { at: formatAddress(this.#listener.address), reason });
      }
    } while (await slept(clock, RETRY_MS, signal));
  }

  async #acceptAll(): Promise<void> {
    const { maxConns = 10_000 } = this.#options;
    const { signal } = this.#stopped;
    for await (const conn of this.#listener) {
      if (signal.aborted) {
        conn.close();
        continue;
      }
      const serving = { conn, at: this.#open.length };
      this.#open.push(serving);
      void this.#serve(serving);
      this.#noteLoad(this.#open.length, maxConns);
      while (this.#open.length >= maxConns && !signal.aborted) {
        await new Promise<void>((resolve) => this.#roomMade = resolve);
      }
    }
  }

  /** Says once that the limit is reached, not with each stream that comes while it lasts. */
  #noteLoad(connections: number, maxConns: number): void {
    if (connections < maxConns * RELIEF) this.#isFull = false;
    if (connections < maxConns || this.#isFull) return;
    this.#isFull = true;
    this.#options.log.warn("connection limit reached", { connections });
  }

  async #serve(serving: Serving): Promise<void> {
    const { conn } = serving;
    try {
      await this.#options.handle(conn);
    } catch (error) {
      this.#complain(conn, error);
    } finally {
      conn.close();
      this.#remove(serving);
      this.#roomMade?.();
      if (this.#open.length === 0) this.#allGone?.();
    }
  }

  /** The last one takes its place. */
  #remove(serving: Serving): void {
    const last = this.#open.pop()!;
    if (last === serving) return;
    this.#open[serving.at] = last;
    last.at = serving.at;
  }

  #complain(conn: Conn, error: unknown): void {
    const { log } = this.#options;
    const fields = { peer: formatAddress(conn.remote), reason: error instanceof Error ? error.message : String(error) };
    // A peer that leaves or stalls is everyday life; anything else is a bug of ours that must be seen.
    if (error instanceof NetError || error instanceof DeadlineError) log.debug("connection ended early", fields);
    else log.error("connection failed", { ...fields, stack: error instanceof Error ? error.stack : undefined });
  }
}
