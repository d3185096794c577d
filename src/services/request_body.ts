/**
 * Reading the body of a request, within limits.
 *
 * @module
 */

import { NetError } from "../net/net_error.ts";
import { fieldOf } from "../protocol/http_fields.ts";
import type { HttpRequest } from "../protocol/http.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";

/** The code of the error for a body over its limit: 413. */
export const BODY_TOO_LARGE = "BODY_TOO_LARGE";
/** The code of the error for a body that does not come: 408. */
export const BODY_STALLED = "BODY_STALLED";

/** A request, as far as its body is concerned. */
export type BodyRequest = Pick<HttpRequest, "headers" | "body">;

/**
 * The body of a request, at most so many bytes. What its head says is checked at once; what it does not say, as it comes:
 * nothing is read beyond the piece that goes over the limit.
 *
 * @throws {ProtocolError} `BODY_TOO_LARGE`, here or from the iteration; `BODY_STALLED` from the iteration if the client
 *   is too slow. The iteration throws {@link NetError} if the client has gone.
 */
export function limitedBody({ headers, body }: BodyRequest, limitBytes: number): AsyncIterable<Uint8Array> {
  const declared = declaredBytes(headers);
  if (declared !== undefined && declared > limitBytes) throw tooLarge(limitBytes);
  return limited(body, limitBytes);
}

/** How long a body is by its head; `undefined` if it comes in chunks. */
export function declaredBytes(headers: HttpRequest["headers"]): number | undefined {
  if (fieldOf(headers, "transfer-encoding") !== undefined) return undefined;
  return Number(fieldOf(headers, "content-length") ?? 0);
}

/**
 * Reads a body whole.
 *
 * @throws as {@link limitedBody}.
 */
export async function wholeBody(request: BodyRequest, limitBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of limitedBody(request, limitBytes)) {
    pieces.push(piece);
    sizeBytes += piece.length;
  }
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function* limited(
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  let sizeBytes = 0;
  try {
    for await (const piece of body) {
      sizeBytes += piece.length;
      if (sizeBytes > limitBytes) throw tooLarge(limitBytes);
      yield piece;
    }
  } catch (error) {
    // Told apart from a time-out of anybody else whom the answer depends on.
    if (!(error instanceof NetError && error.code === "timeout")) throw error;
    throw new ProtocolError(BODY_STALLED, "Cannot read the body: it comes too slowly");
  }
}

function tooLarge(limitBytes: number): ProtocolError {
  return new ProtocolError(BODY_TOO_LARGE, `Cannot take the body: it has over ${limitBytes} bytes`);
}
