/**
 * Talks with one content server that has a file.
 *
 * @module
 */

import { onAbort } from "../../base/abort.ts";
import { formatAddress } from "../../base/address.ts";
import { DeadlineError, withDeadline } from "../../base/deadline.ts";
import type { Holder } from "../../core/holder_pool.ts";
import type { Conn } from "../../net/net.ts";
import { NetError } from "../../net/net_error.ts";
import { type ContentRequest, encodeContentRequest, parseOk } from "../../protocol/cdn.ts";
import { parseError } from "../../protocol/replies.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import type { AskEnv } from "../../services/ask.ts";
import { LineConn } from "../../services/line_conn.ts";
import { HolderError, reasonOf } from "./client_error.ts";

/** How long things may take. */
export interface ClientTimes {
  /** Milliseconds until a connection is open, or the index has answered. */
  readonly dialMs: number;
  /** Milliseconds that a holder may make no progress. */
  readonly idleMs: number;
}

/** How long a holder may keep the connection open after the last byte before it is hung up on, in milliseconds. */
const END_MS = 500;

/** The bytes that a holder sends as its answer to `GET` or `RANGE`. */
export class HolderBody {
  /** How many bytes it announced. */
  readonly sizeBytes: number;
  readonly #holder: Holder;
  readonly #env: AskEnv;
  readonly #lines: LineConn;
  readonly #signal: AbortSignal;
  readonly #off: () => void;
  #leftBytes: number;

  /** Takes over a connection on which the head of the answer was read. */
  constructor(env: AskEnv, holder: Holder, lines: LineConn, { sizeBytes, signal }: BodyOptions) {
    this.#env = env;
    this.#holder = holder;
    this.#lines = lines;
    this.#signal = signal;
    this.#off = onAbort(signal, () => lines.close());
    this.sizeBytes = sizeBytes;
    this.#leftBytes = sizeBytes;
  }

  /**
   * Reads the next bytes, at least one and never past the end, to the start of `into`. The last ones are handed out only
   * once it is clear that no more than announced follow.
   *
   * @returns the count; 0 at the end.
   * @throws {HolderError} `"short"`, `"stalled"`, `"overflow"` or `"unreachable"`.
   */
  async read(into: Uint8Array): Promise<number> {
    if (this.#leftBytes === 0) {
      if (this.sizeBytes === 0) await this.#checkEnd();
      return 0;
    }
    const count = await guarded(this.#holder, this.#signal, () => this.#lines.read(into.subarray(0, this.#leftBytes)));
    if (count === null) {
      const sentBytes = this.sizeBytes - this.#leftBytes;
      throw new HolderError("short", this.#holder, `it ended after ${sentBytes} of ${this.sizeBytes} bytes`);
    }
    this.#leftBytes -= count;
    if (this.#leftBytes === 0) await this.#checkEnd();
    return count;
  }

  /** Hangs up. Idempotent. */
  close(): void {
    this.#off();
    this.#lines.close();
  }

  async #checkEnd(): Promise<void> {
    const cancel = this.#env.clock.schedule(END_MS, () => this.#lines.close());
    let count: number | null = null;
    try {
      count = await this.#lines.read(new Uint8Array(1));
    } catch (error) {
      // All bytes are here: how the connection ends does not matter any more.
      if (!(error instanceof NetError || error instanceof DeadlineError)) throw error;
      this.#signal.throwIfAborted();
    } finally {
      cancel();
    }
    if (count === null) return;
    throw new HolderError("overflow", this.#holder, `it sends more than the ${this.sizeBytes} bytes it announced`);
  }
}

interface BodyOptions {
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
}

/** Options of {@link openBody}. */
export interface OpenBodyOptions extends ClientTimes {
  /** What the file may be called, the likelier first. */
  readonly names: readonly string[];
  /** The part to ask for with `RANGE`. Default: all of it, with `GET`. */
  readonly part?: { readonly offsetBytes: number; readonly lengthBytes: number };
  /** Breaks off, also while the body is read. */
  readonly signal: AbortSignal;
}

/**
 * Asks a holder for a file or a part of it. The body has to be closed.
 *
 * @throws {HolderError} if it does not answer `OK <size>`.
 */
export async function openBody(env: AskEnv, holder: Holder, options: OpenBodyOptions): Promise<HolderBody> {
  const { names, part, signal } = options;
  let code = "";
  for (const name of names) {
    const request: ContentRequest = part === undefined ? { kind: "get", name } : { kind: "range", ...part, name };
    const lines = await openLines(env, holder, options);
    let body: HolderBody | undefined;
    try {
      const head = await guarded(holder, signal, () => readHead(lines, request, signal));
      if (head === undefined) throw new HolderError("short", holder, "it hung up without an answer");
      const refusal = parseError(head);
      if (refusal === undefined) {
        const sizeBytes = await guarded(holder, signal, () => parseOk(head));
        return body = new HolderBody(env, holder, lines, { sizeBytes, signal });
      }
      code = refusal;
    } finally {
      if (body === undefined) lines.close();
    }
    if (code !== "FILE_NOT_FOUND") break;
  }
  if (code === "FILE_NOT_FOUND") throw new HolderError("not-found", holder, "it does not have the file");
  throw new HolderError("refused", holder, `it answers ERROR ${code.slice(0, 80)}`);
}

async function openLines({ net, clock }: AskEnv, holder: Holder, options: OpenBodyOptions): Promise<LineConn> {
  const { dialMs, idleMs, signal } = options;
  const what = `dial ${formatAddress(holder.address)}`;
  const dial = (): Promise<Conn> =>
    withDeadline(clock, { deadlineMs: dialMs, what, signal }, async (within) => {
      const conn = await net.dial(holder.address, { signal: within });
      // Called off at the very moment: nobody is going to take it over.
      if (within.aborted) conn.close();
      return conn;
    });
  return new LineConn(await guarded(holder, signal, dial), { clock, idleMs });
}

async function readHead(lines: LineConn, request: ContentRequest, signal: AbortSignal): Promise<string | undefined> {
  const off = onAbort(signal, () => lines.close());
  try {
    await lines.writeLines(encodeContentRequest(request));
    return await lines.readLine();
  } finally {
    off();
  }
}

/**
 * Runs `run`, and turns what the holder does wrong into a {@link HolderError}.
 *
 * @throws The signal's reason if that aborted meanwhile.
 */
export async function guarded<T>(
  holder: Holder,
  signal: AbortSignal | undefined,
  run: () => T | Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NetError) throw new HolderError("unreachable", holder, reasonOf(error), { cause: error });
    if (error instanceof DeadlineError) throw new HolderError("stalled", holder, reasonOf(error), { cause: error });
    if (!(error instanceof ProtocolError)) throw error;
    throw new HolderError("nonsense", holder, reasonOf(error), { cause: error });
  }
}
