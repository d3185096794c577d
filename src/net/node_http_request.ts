/**
 * Requests as `node:http` parsed them.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import type { Address } from "../base/address.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../protocol/http.ts";
import { unmapHost } from "./mapped_host.ts";
import { NetError } from "./net_error.ts";
import { toNetError } from "./system_error.ts";

/** What must come of a body, or its rest, in the time allowed: a client that takes longer has stopped sending. */
const PIECE_BYTES = 65_536;

/** Translates a request. Its body is read as it is iterated over; leaving off in the middle is allowed. */
export function requestOf(request: IncomingMessage, incoming: Incoming): HttpRequest {
  const headers: [string, string][] = [];
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.push([rawHeaders[at]!, rawHeaders[at + 1]!]);
  const { method = "", url: target = "" } = request;
  return { method, target, headers, body: incoming.pieces(), peer: peerOf(request) };
}

/** Who sent a request. A connection that is gone already no longer tells. */
export function peerOf({ socket: { remoteAddress = "?", remotePort = 0 } }: IncomingMessage): Address {
  return { host: unmapHost(remoteAddress), port: remotePort };
}

/**
 * Checks what `node:http` lets through: no Host field, or two, of which each server and proxy picks its own, and transfer
 * codings that nobody here understands, which make two requests of one or one of two. Returns the answer, if any.
 *
 * Source: RFC 9112, sections 3.2 and 6.1.
 */
export function refusalOf({ rawHeaders, httpVersion }: IncomingMessage): HttpResponse | undefined {
  let hosts = 0;
  const codings: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
    else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") codings.push(rawHeaders[at + 1]!);
  }
  if (hosts === 0 && httpVersion === "1.1") return jsonResponse(400, { detail: "No Host" });
  if (hosts > 1) return jsonResponse(400, { detail: "More than one Host" });
  if (codings.length === 0) return undefined;
  if (httpVersion === "1.0") return jsonResponse(400, { detail: "Transfer-Encoding in HTTP/1.0" });
  if (codings.length > 1 || codings[0]!.trim().toLowerCase() !== "chunked") {
    return jsonResponse(501, { detail: "Transfer-Encoding other than chunked" });
  }
  return undefined;
}

/** The body of a request on its way in. */
export class Incoming {
  readonly #request: IncomingMessage;
  readonly #sendContinue: (() => void) | undefined;
  readonly #now: () => number;
  /** How long the handler has waited for the piece that is due. */
  #waitedMs = 0;
  /** Since when it waits now. */
  #sinceMs: number | undefined;
  /** What has come of the piece that is due. */
  #pieceBytes = 0;
  #hasStalled = false;
  /** Fails the wait under way. */
  #fail: ((error: NetError) => void) | undefined;

  /**
   * Begins to look after a body.
   *
   * @param sendContinue Called once when the body is asked for: the client waits for it.
   * @param now The clock that `checkStall()` goes by. Default: that of `performance.now()`.
   */
  constructor(request: IncomingMessage, sendContinue?: () => void, now: () => number = () => performance.now()) {
    this.#request = request;
    this.#sendContinue = sendContinue;
    this.#now = now;
  }

  /** Whether the client has been too slow. */
  get hasStalled(): boolean {
    return this.#hasStalled;
  }

  /**
   * Fails the wait for a piece that has lasted longer than `timeoutMs`. Time in which nobody waits does not count. Asked
   * for all bodies now and then, for a timer a wait costs.
   */
  checkStall(nowMs: number, timeoutMs: number): void {
    if (this.#sinceMs === undefined || this.#waitedMs + nowMs - this.#sinceMs <= timeoutMs) return;
    this.#hasStalled = true;
    this.#fail?.(new NetError("timeout", this.#what));
  }

  /** Its pieces. */
  async *pieces(): AsyncGenerator<Uint8Array, void, void> {
    this.#sendContinue?.();
    const chunks = this.#request.iterator({ destroyOnReturn: false });
    try {
      for (;;) {
        const { done, value } = await this.#wait(chunks.next());
        if (done === true) return;
        const { buffer, byteOffset, byteLength } = value as Uint8Array<ArrayBuffer>;
        yield new Uint8Array(buffer, byteOffset, byteLength);
      }
    } catch (error) {
      throw toNetError(error, this.#what);
    } finally {
      // Not waited for: it would wait for a chunk that never comes.
      chunks.return?.().catch(() => {}); // That the client has gone was said already.
    }
  }

  async #wait(next: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    const stalled = new Promise<never>((_, reject) => this.#fail = reject);
    this.#sinceMs = this.#now();
    try {
      const result = await Promise.race([next, stalled]);
      this.#waitedMs += this.#now() - this.#sinceMs;
      this.#pieceBytes += result.done === true ? 0 : (result.value as Uint8Array).length;
      if (this.#pieceBytes >= PIECE_BYTES) this.#waitedMs = this.#pieceBytes = 0;
      return result;
    } finally {
      this.#sinceMs = undefined;
      this.#fail = undefined;
    }
  }

  get #what(): string {
    return `read the body of ${this.#request.method} ${this.#request.url}`;
  }
}
