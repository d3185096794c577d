/**
 * What a failure is answered with over HTTP, the same in every role of the edge family.
 *
 * @module
 */

import { DeadlineError } from "../base/deadline.ts";
import { NetError } from "../net/net_error.ts";
import { type HttpResponse, jsonResponse } from "../protocol/http.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { StorageError, type StorageErrorCode } from "../storage/storage_error.ts";
import { BODY_STALLED, BODY_TOO_LARGE } from "./request_body.ts";
import { UpstreamError } from "./upstream_error.ts";

/** After how many seconds to ask again what cannot be had at present. */
const RETRY_AFTER_S = 1;

/** Statuses of what a client did wrong; everything else of that kind is 400. */
const PROTOCOL: Readonly<Record<string, number>> = { [BODY_TOO_LARGE]: 413, [BODY_STALLED]: 408 };

/** Statuses of what an engine behind the role did. */
const STORAGE: Readonly<Record<StorageErrorCode, number>> = {
  unavailable: 503,
  timeout: 504,
  full: 507,
  denied: 502,
  corrupt: 502,
  unsupported: 501,
  other: 500,
};

/** An error with its reason: `{"detail":"..."}`. */
export function failure(status: number, detail: string, headers: HttpResponse["headers"] = []): HttpResponse {
  const answer = jsonResponse(status, { detail });
  const retry: HttpResponse["headers"] = status === 503 ? [["retry-after", String(RETRY_AFTER_S)]] : [];
  return { ...answer, headers: [...answer.headers, ...retry, ...headers] };
}

/**
 * What an error is answered with.
 *
 * Shape: 400, 408 or 413 for a `ProtocolError`; 503, 504, 507 or 502 for a `StorageError`; 502 for an `UpstreamError`, or
 * 503 if it is one of 5xx; 504 for a deadline, 503 for any other failure of the network.
 *
 * @returns `undefined` if it is nothing of the kind: our own bug, which becomes a 500 without particulars.
 */
export function answerFailure(error: unknown): HttpResponse | undefined {
  if (error instanceof ProtocolError) return failure(PROTOCOL[error.code] ?? 400, error.message);
  if (error instanceof StorageError) return failure(STORAGE[error.code], error.message);
  if (error instanceof DeadlineError) return failure(504, error.message);
  if (error instanceof UpstreamError) return failure(error.status >= 500 ? 503 : 502, error.message);
  if (error instanceof NetError) return failure(error.code === "timeout" ? 504 : 503, error.message);
  return undefined;
}
