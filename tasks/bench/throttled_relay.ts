/**
 * A slow line to a server: passes connections on, and what comes back only so fast.
 *
 * @module
 */

import type { Address } from "../../src/base/address.ts";
import { type Clock, slept } from "../../src/base/clock.ts";
import { RateLimiter } from "../../src/core/rate_limiter.ts";
import type { Conn, Listener, Net } from "../../src/net/net.ts";
import { NetError } from "../../src/net/net_error.ts";

/** How much is passed on at once. */
const CHUNK_BYTES = 262_144;

/** Options of {@link ThrottledRelay.start}. */
export interface RelayOptions {
  /** Where to pass connections on to. */
  to: Address;
  /** How fast what comes back may be, over all connections together. */
  bytesPerSecond: number;
}

/** A relay on a free port of 127.0.0.1. */
export class ThrottledRelay {
  readonly #env: { readonly net: Net; readonly clock: Clock };
  readonly #to: Address;
  readonly #limiter: RateLimiter;
  readonly #listener: Listener;
  readonly #conns = new Set<Conn>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  private constructor(env: { net: Net; clock: Clock }, { to, bytesPerSecond }: RelayOptions, listener: Listener) {
    this.#env = env;
    this.#to = to;
    this.#limiter = new RateLimiter(bytesPerSecond);
    this.#listener = listener;
    this.#keep(this.#accept());
  }

  /** Starts one. */
  static async start(env: { net: Net; clock: Clock }, options: RelayOptions): Promise<ThrottledRelay> {
    return new ThrottledRelay(env, options, await env.net.listen({ host: "127.0.0.1", port: 0 }));
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#listener.address.port;
  }

  /** Closes everything, and waits for every loop. */
  async close(): Promise<void> {
    this.#listener.close();
    this.#closing.abort();
    for (const conn of this.#conns) conn.close();
    await Promise.all(this.#running);
  }

  #keep(running: Promise<void>): void {
    const kept = running.finally(() => this.#running.delete(kept));
    this.#running.add(kept);
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) this.#keep(this.#join(near));
  }

  async #join(near: Conn): Promise<void> {
    this.#conns.add(near);
    let far: Conn | undefined;
    try {
      far = await this.#env.net.dial(this.#to);
      this.#conns.add(far);
      await Promise.all([this.#pass(near, far), this.#pass(far, near, this.#limiter)]);
    } catch (error) {
      // Either side broke off, or we close: so does the other.
      if (!(error instanceof NetError)) throw error;
    } finally {
      for (const conn of [near, far]) {
        conn?.close();
        if (conn !== undefined) this.#conns.delete(conn);
      }
    }
  }

  /** Passes on what comes from one side, and its end. */
  async #pass(from: Conn, to: Conn, limiter?: RateLimiter): Promise<void> {
    const { clock } = this.#env;
    const buffer = new Uint8Array(Math.min(CHUNK_BYTES, limiter?.burstBytes ?? CHUNK_BYTES));
    for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
      const waitMs = limiter?.take(count, clock.now()) ?? 0;
      if (waitMs > 0 && !await slept(clock, waitMs, this.#closing.signal)) return;
      await to.write(buffer.subarray(0, count));
    }
    await to.closeWrite();
  }
}
