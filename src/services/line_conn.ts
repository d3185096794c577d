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
import { giveSmallBuffer, SMALL_BUFFER_BYTES, takeSmallBuffer } from "./small_buffers.ts";

/** Options of {@link LineConn}. */
export interface LineConnOptions {
  /** Times the waits. */
  clock: Clock;
  /** How long the peer may make no progress, in milliseconds. A line has to be whole by then. */
  idleMs: number;
  /** The longest line in bytes. Default: 8,192. */
  lineLimitBytes?: number;
}

/** How much is read at once after a read has filled a small buffer, with which a crowd of idle connections costs little. */
const READ_BYTES = 16_384;
/** How much of a peer's unread input is taken in before we hang up on it. */
const LINGER_BYTES = 262_144;
const LINGER_MS = 2_000;
/** How many bytes a UTF-16 code unit may take. */
const MAX_UTF8_BYTES = 3;
const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();

/** Lines and bodies over one {@link Conn}. Every wait ends: by progress, by `idleMs`, or by `close()`. */
export class LineConn {
  /** The connection itself. */
  readonly conn: Conn;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #guard: IdleGuard;
  readonly #decoder: LineDecoder;
  #incoming: Uint8Array | undefined;
  /** What was written last; one write at a time. */
  #outgoing: Uint8Array | undefined;

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
        const buffer = this.#scratch();
        const count = await this.conn.read(buffer);
        if (count === null) return this.#decoder.finish();
        this.#decoder.push(buffer, count);
        if (count === SMALL_BUFFER_BYTES) this.#incoming = new Uint8Array(READ_BYTES);
        const line = this.#decoder.next();
        if (line !== undefined) return line;
      }
    } catch (error) {
      throw this.#explain(error, "read from");
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
  writeLines(...lines: readonly string[]): Promise<void> {
    return this.writeJoined(lines.map((line) => `${line}\n`).join(""), EMPTY);
  }

  /** Writes text and bytes behind it in one go, for which the bytes are copied. */
  writeJoined(text: string, bytes: Uint8Array): Promise<void> {
    const mostBytes = text.length * MAX_UTF8_BYTES + bytes.length;
    const isSmall = mostBytes <= SMALL_BUFFER_BYTES;
    if (!isSmall && bytes.length === 0) return this.write(encoder.encode(text));
    const buffer = isSmall ? this.#outgoing ??= takeSmallBuffer() : new Uint8Array(mostBytes);
    const { written } = encoder.encodeInto(text, buffer);
    buffer.set(bytes, written);
    return this.write(buffer.subarray(0, written + bytes.length));
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
      this.#giveBuffers();
    }
  }

  /** Hangs up at once. Idempotent. */
  close(): void {
    this.#guard.stop();
    this.conn.close();
  }

  #takePending(into: Uint8Array): number {
    const pending = this.#decoder.takeRest();
    const count = Math.min(pending.length, into.length);
    into.set(pending.subarray(0, count));
    this.#decoder.push(pending.subarray(count));
    return count;
  }

  #scratch(): Uint8Array {
    return this.#incoming ??= takeSmallBuffer();
  }

  /** Only where every read and write has ended: what is still in use must not become another connection's. */
  #giveBuffers(): void {
    if (this.#incoming !== undefined) giveSmallBuffer(this.#incoming);
    if (this.#outgoing !== undefined) giveSmallBuffer(this.#outgoing);
    this.#incoming = this.#outgoing = undefined;
  }

  #explain(error: unknown, what: string): unknown {
    if (!this.#guard.expired) return error;
    return new DeadlineError(`Cannot ${what} ${this.peer}: no progress within ${this.#idleMs} ms`);
  }
}
