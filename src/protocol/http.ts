/**
 * HTTP messages as values. Our own small types: the web's `Request` normalises targets and refuses some methods.
 *
 * @module
 */

import type { Address } from "../base/address.ts";

/** A request as it came in. */
export interface HttpRequest {
  /** `GET`, `HEAD`, ... as sent. */
  readonly method: string;
  /** The request target as sent, undecoded: `/state?pretty`. */
  readonly target: string;
  /** Header names and values in the order sent, names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body, in pieces; empty when there is none. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Who is at the other end of the connection: a client, or the last proxy before this server. */
  readonly peer: Address;
}

/** An answer. */
export interface HttpResponse {
  /** 200 to 599. */
  readonly status: number;
  /**
   * Header names and values in the order to send; those of one name may be moved together. `content-length` is added
   * when the body is whole.
   */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /**
   * The body: whole, or in pieces. A piece may be reused as soon as the next one is asked for. When the body is not
   * wanted, or not to its end, its iterator's `return()` is called; a generator that has not begun runs nothing then.
   */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Makes a whole answer of UTF-8 text. */
export function textResponse(status: number, text: string, contentType = "text/plain; charset=utf-8"): HttpResponse {
  return { status, headers: [["content-type", contentType]], body: new TextEncoder().encode(text) };
}

/** Makes a whole answer of JSON. */
export function jsonResponse(status: number, value: unknown): HttpResponse {
  return textResponse(status, `${JSON.stringify(value)}\n`, "application/json");
}
