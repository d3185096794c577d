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
  /** Stops listening, ends idle connections, waits up to 10 s for answers under way. Idempotent. */
  close(): Promise<void>;
}

/** Options of {@link HttpServers.serve}. */
export interface HttpServeOptions {
  /**
   * Told what a handler threw, and why an answer could not be sent unless the client had gone. Default: the
   * implementation's own way.
   *
   * @param what The request, in the form `GET /state from 127.0.0.1:51234`.
   */
  onError?: (error: unknown, what: string) => void;
}

/** Starts HTTP servers. */
export interface HttpServers {
  /**
   * Serves `handler` at an address. Port 0 takes any free one.
   *
   * Limits: a request's head within 10 s and 16 KiB; each 64 KiB of a body within 60 s of waiting for it, however long the
   * whole takes, and each 256 KiB of an answer taken by the client within 60 s; an idle connection 5 s; 4,096 connections,
   * 100 requests at once on one of them. A body that comes too slowly fails with `"timeout"`.
   *
   * @throws {NetError} `"in-use"`, `"denied"`, `"unavailable"` or `"unknown-host"` if it cannot be had.
   */
  serve(at: Address, handler: HttpHandler, options?: HttpServeOptions): Promise<HttpServer>;
}
