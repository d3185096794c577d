/**
 * The management interface of a role: `/health`, `/metrics`, `/state`.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { HttpServer, HttpServers } from "../net/http.ts";
import { type HttpRequest, type HttpResponse, jsonResponse, textResponse } from "../protocol/http.ts";

/** What a role shows. */
export interface AdminView {
  /** Why the role does not work as it should; undefined while it does. */
  failure(): string | undefined;
  /** Prometheus text. */
  metrics(): string;
  /** What `/state` shows, as JSON. */
  state(): Record<string, unknown>;
}

/**
 * Answers one request.
 *
 * Shape: `GET /health` 200 `{"status":"healthy"}` or 503 with a reason; `GET /metrics` Prometheus text; `GET /state`
 * JSON; another path 404, another method 405.
 * Source: PROTOCOL.md, "Management".
 */
export function answerAdmin(view: AdminView, { method, target }: Pick<HttpRequest, "method" | "target">): HttpResponse {
  const [path] = target.split("?");
  const answer = path === "/health" ? health : path === "/metrics" ? metrics : path === "/state" ? state : undefined;
  if (answer === undefined) {
    return jsonResponse(404, { detail: "Cannot find it: /health, /metrics and /state are here" });
  }
  if (method !== "GET" && method !== "HEAD") {
    const refusal = jsonResponse(405, { detail: `Cannot ${method} ${path}: only GET and HEAD` });
    return { ...refusal, headers: [...refusal.headers, ["allow", "GET, HEAD"]] };
  }
  return answer(view);
}

/** Serves a role's management interface. */
export function startAdmin(http: HttpServers, at: Address, view: AdminView): Promise<HttpServer> {
  return http.serve(at, (request) => Promise.resolve(answerAdmin(view, request)));
}

function health(view: AdminView): HttpResponse {
  const reason = view.failure();
  return reason === undefined
    ? jsonResponse(200, { status: "healthy" })
    : jsonResponse(503, { status: "failing", reason });
}

function metrics(view: AdminView): HttpResponse {
  return textResponse(200, view.metrics(), "text/plain; version=0.0.4; charset=utf-8");
}

function state(view: AdminView): HttpResponse {
  return jsonResponse(200, view.state());
}
