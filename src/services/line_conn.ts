/**
 * A connection that speaks in lines, and now and then in bodies.
 *
 * @module
 */

import { formatAddress } from "../base/address.ts";
import type { Clock } from "../base/clock.ts";
import { DeadlineError } from "../base/deadline.ts";
import type { Conn } from "../net/net.ts";
import { NetError } from "../net/net_error.ts";
import { LineDecoder, MAX_LINE_BYTES } from "../protocol/line_decoder.ts";
import { IdleGuard } from "./idle_guard.ts";

/** Options of {@link LineConn}. */
export interface LineConnOptions {
  /** Times the waits. */
  clock: Clock;
  /** How long the peer may make no progress, in milliseconds. A line has to be whole by then. */
  idleMs: number;
  /** The longest line in bytes. Default: 8,192. */
  lineLimitBytes?: number;
}

/** How much is read at once: little until a read fills it, so that a crowd of idle connections costs little. */
const FIRST_READ_BYTES = 1_024;
const READ_BYTES = 16_384;
/** How much of a peer's unread input is taken in before we hang up on it. */
const LINGER_BYTES = 262_144;
const LINGER_MS = 2_000;
const encoder = new TextEncoder();

/** Lines and bodies over one {@link Conn}. Every wait ends: by progress, by `idleMs`, or by `close()`. */
export class LineConn {
  /** The connection itself. */
  readonly conn: Conn;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #guard: IdleGuard;
  readonly #decoder: LineDecoder;
  #buffer: Uint8Array | undefined;

  /** Takes over `conn`. */
  constructor(conn: Conn, { clock, idleMs, lineLimitBytes = MAX_LINE_BYTES }: LineConnOptions) {
    this.conn = conn;
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#guard = new IdleGuard(clock, conn, idleMs);
    this.#decoder = new LineDecoder(lineLimitBytes);
  }

  /** Who is at the other end, for messages. */
  get peer(): string {
    return formatAddress(this.conn.remote);
  }

  /**
   * Reads the next line; `undefined` when the peer has ended its input. An end of input also ends a line.
   *
   * @throws {ProtocolError} `"LINE_TOO_LONG"`.
   * @throws {DeadlineError} if the line is not whole within `idleMs`.
   * @throws {NetError} if the connection breaks.
   */
  async readLine(): Promise<string | undefined> {
    const ready = this.#decoder.next();
    if (ready !== undefined) return ready;
    this.#guard.begin();
    try {
      for (;;) {
        const count = await this.#fill();
        if (count === null) return this.#decoder.finish();
        const line = this.#decoder.next();
        if (line !== undefined) return line;
      }
    } finally {
      this.#guard.end();
    }
  }

  /**
   * Reads bytes of a body into the start of `into`, beginning with what came along with the last line.
   *
   * @returns the count, or `null` at the end of input.
   */
  async read(into: Uint8Array): Promise<number | null> {
    if (this.#decoder.pendingBytes > 0) return this.#takePending(into);
    this.#guard.begin();
    try {
      return await this.conn.read(into);
    } catch (error) {
      throw this.#explain(error, "read from");
    } finally {
      this.#guard.end();
    }
  }

  /** Writes lines in one go. */
  async writeLines(...lines: readonly string[]): Promise<void> {
    await this.write(encoder.encode(lines.map((line) => `${line}\n`).join("")));
  }

  /** Writes bytes; the peer may take its time as long as it takes some. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#guard.begin();
    try {
      await this.conn.write(bytes);
    } catch (error) {
      throw this.#explain(error, "write to");
    } finally {
      this.#guard.end();
    }
  }

  /**
   * Ends our direction, and hangs up once the peer has read it.
   *
   * Closing with unread input makes the kernel send a reset, which may overtake our last words. So what the peer still
   * sends is read and dropped, within bounds.
   */
  async finish(): Promise<void> {
    const cancel = this.#clock.schedule(Math.min(LINGER_MS, this.#idleMs), () => this.close());
    try {
      await this.conn.closeWrite();
      const sink = this.#scratch();
      for (let dropped = 0; dropped < LINGER_BYTES;) {
        const count = await this.conn.read(sink);
        if (count === null) break;
        dropped += count;
      }
    } catch (error) {
      // The peer is gone, or the time is up: either way there is nobody left to be polite to.
      if (!(error instanceof NetError)) throw error;
    } finally {
      cancel();
      this.close();
    }
  }

  /** Hangs up at once. Idempotent. */
  close(): void {
    this.#guard.stop();
    this.conn.close();
  }

  async #fill(): Promise<number | null> {
    const buffer = this.#scratch();
    try {
      const count = await this.conn.read(buffer);
      if (count !== null) this.#decoder.push(buffer.subarray(0, count));
      if (count === FIRST_READ_BYTES) this.#buffer = new Uint8Array(READ_BYTES);
      return count;
    } catch (error) {
      throw this.#explain(error, "read from");
    }
  }

  #takePending(into: Uint8Array): number {
    const pending = this.#decoder.takeRest();
    const count = Math.min(pending.length, into.length);
    into.set(pending.subarray(0, count));
    this.#decoder.push(pending.subarray(count));
    return count;
  }

  #scratch(): Uint8Array {
    return this.#buffer ??= new Uint8Array(FIRST_READ_BYTES);
  }

  #explain(error: unknown, what: string): unknown {
    if (!this.#guard.expired) return error;
    return new DeadlineError(`Cannot ${what} ${this.peer}: no progress within ${this.#idleMs} ms`);
  }
}
