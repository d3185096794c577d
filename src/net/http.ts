/**
 * HTTP servers as roles see them: a handler of our own small types, served by `node:http` on every runtime
 * (`node_http.ts`) and called directly in memory (`memory_http.ts`).
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { HttpRequest, HttpResponse } from "../protocol/http.ts";

/** Answers one request. What it throws becomes a 500 without particulars. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** A listening HTTP server. */
export interface HttpServer {
  /** Where it really listens. */
  readonly address: Address;
  /** Stops listening, ends idle connections, waits for answers under way. Idempotent. */
  close(): Promise<void>;
}

/** Starts HTTP servers. */
export interface HttpServers {
  /**
   * Serves `handler` at an address. Port 0 takes any free one.
   *
   * Limits: a request's head within 10 s and 16 KiB, a whole request within 60 s, an idle connection 5 s.
   *
   * @throws {NetError} `"in-use"`, `"denied"` or `"unavailable"` if it cannot be had.
   */
  serve(at: Address, handler: HttpHandler): Promise<HttpServer>;
}
