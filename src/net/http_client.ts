/**
 * Asking HTTP servers, as roles see it. Implementations: `fetch_http_client.ts` (every runtime) and `memory_http.ts`.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import type { Address } from "../base/address.ts";
import type { HttpResponse } from "../protocol/http.ts";

/** A request to be sent. */
export interface HttpQuestion {
  /** `GET`, `HEAD`, `PUT`, ... Default: `GET`. */
  readonly method?: string;
  /** The path and the query, percent-encoded: `/cdn/cache/a%20b`. No part of the path is `.` or `..`. */
  readonly target: string;
  /** Header names and values. `host`, and what frames the body, are added. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** The body: whole, or in pieces, each of which may be reused as soon as the next one is asked for. Default: none. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
}

/** The answer to a {@link HttpQuestion}: its head, and a body that comes as it is iterated over, once. */
export interface HttpAnswer extends HttpResponse {
  /**
   * Its pieces; the end of the iteration, early or not, gives the connection back. Whoever does not iterate calls
   * `releaseBody()`. Iterating throws {@link NetError} if it breaks off.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Asks HTTP servers. */
export interface HttpClient {
  /**
   * Sends a request, and resolves as soon as the head of the answer is there; redirections are answers like any other.
   * The signal counts until the body has ended, too.
   *
   * @throws {NetError} as in dialling: `"refused"`, `"reset"`, `"unknown-host"`, ... Rejects with the signal's reason.
   */
  ask(to: Address, question: HttpQuestion, options?: AbortOptions): Promise<HttpAnswer>;
}
