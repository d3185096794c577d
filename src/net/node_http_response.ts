/**
 * Sending answers by `node:http`.
 *
 * @module
 */

import type { ServerResponse } from "node:http";
import type { HttpResponse } from "../protocol/http.ts";
import { checkLength, type Framing, framingOf, releaseBody } from "./http_framing.ts";
import { NetError } from "./net_error.ts";

/** What is written at once: a client that has not taken it in the time allowed has stopped reading. */
const PIECE_BYTES = 262_144;

/**
 * Sends an answer, and resolves when the operating system has all of it.
 *
 * @throws {NetError} `"reset"` if the client has gone, `"timeout"` if it has stopped reading. Throws a `TypeError` or
 * `RangeError` for an answer that cannot be sent, and what the iteration over the body throws.
 */
export async function sendResponse(outgoing: Outgoing, response: HttpResponse): Promise<void> {
  const { out } = outgoing;
  const { status, body } = response;
  let framing: Framing;
  try {
    framing = framingOf(out.req.method ?? "", response);
    outgoing.check();
    out.writeHead(status, framing.headers.flat());
  } catch (error) {
    await releaseBody(body);
    throw error;
  }
  if (!framing.hasBody) {
    await releaseBody(body);
    await outgoing.step((done) => void out.end(done));
  } else if (!(body instanceof Uint8Array)) {
    await sendBody(outgoing, body, framing.declaredBytes);
  } else if (body.length > PIECE_BYTES) {
    await sendBody(outgoing, [body], framing.declaredBytes);
  } else {
    await outgoing.step((done) => void out.end(body, done));
  }
}

async function sendBody(
  outgoing: Outgoing,
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  declaredBytes: number | undefined,
): Promise<void> {
  const { out } = outgoing;
  let sentBytes = 0;
  for await (const chunk of body) {
    sentBytes += chunk.length;
    if (sentBytes > (declaredBytes ?? Infinity)) checkLength(sentBytes, declaredBytes);
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      await outgoing.step((done) => void out.write(chunk.subarray(at, at + PIECE_BYTES), done));
    }
  }
  checkLength(sentBytes, declaredBytes);
  await outgoing.step((done) => void out.end(done));
}

/** An answer under way. Each step of it ends, fails as the connection goes, or fails for want of progress. */
export class Outgoing {
  /** Where it is written. */
  readonly out: ServerResponse;
  /** Resolves when it is sent, or never will be. */
  readonly settled: Promise<void>;
  #settle: () => void = () => {};
  /** When the step under way began, on the clock of `performance.now()`. */
  #stepMs = 0;
  #isGone = false;
  /** Fails the step under way. */
  #fail: ((error: Error) => void) | undefined;

  /** Begins an answer. */
  constructor(out: ServerResponse) {
    this.out = out;
    this.settled = new Promise((resolve) => this.#settle = resolve);
  }

  /** Notes that it is sent, or never will be. */
  settle(): void {
    this.#settle();
  }

  /** Whether the connection is gone. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Told when the connection is gone. A pipelined answer that waits for its turn hears of it from nobody else. */
  connectionGone(): void {
    this.#isGone = true;
    this.#fail?.(this.#gone());
  }

  /** Fails a step that has lasted longer than `timeoutMs`. Asked for all answers now and then, for a timer a step costs. */
  checkStall(nowMs: number, timeoutMs: number): void {
    if (nowMs - this.#stepMs > timeoutMs) this.#fail?.(new NetError("timeout", this.#what));
  }

  /**
   * Checks that the client is there.
   *
   * @throws {NetError} `"reset"` if it has gone.
   */
  check(): void {
    if (this.#isGone) throw this.#gone();
  }

  /** Starts one write, and waits for its callback. */
  async step(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    this.check();
    try {
      await new Promise<void>((resolve, reject) => {
        this.#fail = reject;
        this.#stepMs = performance.now();
        start((error) => error === undefined || error === null ? resolve() : reject(this.#gone(error)));
      });
    } finally {
      this.#fail = undefined;
    }
  }

  get #what(): string {
    return `answer ${this.out.req.method} ${this.out.req.url}`;
  }

  #gone(cause?: Error): NetError {
    return new NetError("reset", this.#what, { cause });
  }
}
