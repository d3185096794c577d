/**
 * Requests as `node:http` parsed them.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import type { Address } from "../base/address.ts";
import { type HttpRequest, type HttpResponse, textResponse } from "../protocol/http.ts";
import { unmapHost } from "./mapped_host.ts";
import { toNetError } from "./system_error.ts";

/**
 * Translates a request. Its body is read as it is iterated over; leaving off in the middle is allowed.
 *
 * @param sendContinue Called once when the body is asked for: the client waits for it.
 */
export function requestOf(request: IncomingMessage, sendContinue?: () => void): HttpRequest {
  const headers: [string, string][] = [];
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.push([rawHeaders[at]!, rawHeaders[at + 1]!]);
  const { method = "", url: target = "" } = request;
  return { method, target, headers, body: bodyOf(request, sendContinue), peer: peerOf(request) };
}

/** Who sent a request. A connection that is gone already no longer tells. */
export function peerOf({ socket: { remoteAddress = "?", remotePort = 0 } }: IncomingMessage): Address {
  return { host: unmapHost(remoteAddress), port: remotePort };
}

/**
 * Checks what `node:http` lets through: two Host fields, of which each server and proxy picks its own, and transfer
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
  if (hosts > 1) return textResponse(400, "More than one Host\n");
  if (codings.length === 0) return undefined;
  if (httpVersion === "1.0") return textResponse(400, "Transfer-Encoding in HTTP/1.0\n");
  if (codings.length > 1 || codings[0]!.trim().toLowerCase() !== "chunked") {
    return textResponse(501, "Transfer-Encoding other than chunked\n");
  }
  return undefined;
}

async function* bodyOf(request: IncomingMessage, sendContinue?: () => void): AsyncGenerator<Uint8Array, void, void> {
  sendContinue?.();
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const { buffer, byteOffset, byteLength } = chunk as Uint8Array<ArrayBuffer>;
      yield new Uint8Array(buffer, byteOffset, byteLength);
    }
  } catch (error) {
    throw toNetError(error, `read the body of ${request.method} ${request.url}`);
  }
}
