/**
 * One stream as a transcript sees it: what comes is kept until a step asks for it, and no wait is without an end.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import type { Conn } from "../../src/net/net.ts";
import { NetError } from "../../src/net/net_error.ts";
import { Bell } from "../../src/services/bell.ts";

/** What came, or did not. */
export type Arrival =
  | { readonly kind: "line"; readonly text: string; readonly bytes: Uint8Array; readonly atMs: number }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly atMs: number }
  /** The other side ended its direction; `rest` is what came before that and was not asked for. */
  | { readonly kind: "end"; readonly rest: Uint8Array; readonly atMs: number }
  /** The other side broke off. */
  | { readonly kind: "reset"; readonly rest: Uint8Array; readonly atMs: number }
  /** Nothing more came in time. */
  | { readonly kind: "silence"; readonly rest: Uint8Array };

/** The most that is kept of what nobody asks for. */
const MAX_BYTES = 64 * 1_048_576;
const LF = 0x0a;
const NEVER = new AbortController().signal;

/** A stream, and what came over it. */
export class Conversation {
  /** The stream itself. */
  readonly conn: Conn;
  readonly #clock: Clock;
  readonly #bell = new Bell();
  readonly #pumping: Promise<void>;
  #bytes = new Uint8Array(4_096);
  #from = 0;
  #to = 0;
  #atMs: number;
  #ended: "end" | "reset" | undefined;

  /** Begins to listen. */
  constructor(conn: Conn, clock: Clock) {
    this.conn = conn;
    this.#clock = clock;
    this.#atMs = clock.now();
    this.#pumping = this.#pump();
  }

  /** What came and was not asked for yet. */
  get pending(): Uint8Array {
    return this.#bytes.subarray(this.#from, this.#to);
  }

  /** Waits for a line, which ends with LF. */
  async readLine(limitMs: number): Promise<Arrival> {
    const length = (): number => this.pending.indexOf(LF) + 1;
    const missing = await this.#waitFor(() => length() > 0, limitMs);
    if (missing !== undefined) return missing;
    const bytes = this.#take(length());
    return { kind: "line", text: new TextDecoder().decode(bytes.subarray(0, -1)), bytes, atMs: this.#atMs };
  }

  /** The first word of the first line once that is there; undefined if it does not come. Takes nothing. */
  async peekVerb(limitMs: number): Promise<string | undefined> {
    const missing = await this.#waitFor(() => this.pending.includes(LF), limitMs);
    if (missing !== undefined) return undefined;
    const line = this.pending.subarray(0, this.pending.indexOf(LF));
    return new TextDecoder().decode(line).split(/[ \r]/, 1)[0]!;
  }

  /** Waits for so many bytes. */
  async readBytes(count: number, limitMs: number): Promise<Arrival> {
    const missing = await this.#waitFor(() => this.pending.length >= count, limitMs);
    return missing ?? { kind: "bytes", bytes: this.#take(count), atMs: this.#atMs };
  }

  /** Waits until anything comes or ends, and takes all of it. */
  async readAny(limitMs: number): Promise<Arrival> {
    const missing = await this.#waitFor(() => this.pending.length > 0, limitMs);
    return missing ?? { kind: "bytes", bytes: this.#take(this.pending.length), atMs: this.#atMs };
  }

  /** Sends bytes, each of `pieces` in a write of its own. Says whether the other side took them. */
  async send(pieces: Iterable<Uint8Array>): Promise<boolean> {
    try {
      for (const piece of pieces) await this.conn.write(piece);
      return true;
    } catch (error) {
      if (error instanceof NetError) return false;
      throw error;
    }
  }

  /** Hangs up, and waits until nothing is left of it. */
  async close(): Promise<void> {
    this.conn.close();
    await this.#pumping;
  }

  async #waitFor(isThere: () => boolean, limitMs: number): Promise<Arrival | undefined> {
    const endMs = this.#clock.now() + limitMs;
    for (;;) {
      if (isThere()) return undefined;
      if (this.#ended !== undefined) {
        return { kind: this.#ended, rest: this.#take(this.pending.length), atMs: this.#atMs };
      }
      const leftMs = endMs - this.#clock.now();
      if (leftMs <= 0) return { kind: "silence", rest: this.pending.slice() };
      await this.#bell.wait(this.#clock, { signal: NEVER, limitMs: leftMs });
    }
  }

  #take(count: number): Uint8Array {
    const taken = this.#bytes.slice(this.#from, this.#from + count);
    this.#from += count;
    if (this.#from === this.#to) this.#from = this.#to = 0;
    return taken;
  }

  async #pump(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await this.conn.read(buffer);
        this.#atMs = this.#clock.now();
        if (count === null) break;
        this.#keep(buffer.subarray(0, count));
        this.#bell.ring();
        if (this.pending.length > MAX_BYTES) return;
      }
      this.#ended = "end";
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      this.#ended = "reset";
    } finally {
      this.#bell.ring();
    }
  }

  #keep(bytes: Uint8Array): void {
    if (this.#to + bytes.length > this.#bytes.length) {
      const { pending } = this;
      const larger = new Uint8Array(2 * (pending.length + bytes.length));
      larger.set(pending);
      this.#bytes = larger;
      this.#to = pending.length;
      this.#from = 0;
    }
    this.#bytes.set(bytes, this.#to);
    this.#to += bytes.length;
  }
}
