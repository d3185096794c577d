/**
 * What of an answer goes out, the same for every HTTP server.
 *
 * @module
 */

import type { HttpResponse } from "../protocol/http.ts";

/** How an answer goes out. */
export interface Framing {
  /** Its headers, `content-length` added if that can be told. */
  readonly headers: HttpResponse["headers"];
  /** Whether its body follows. */
  readonly hasBody: boolean;
  /** The length that its headers tell, if any. */
  readonly declaredBytes: number | undefined;
}

/** What a header's name and value may be: RFC 9110, sections 5.1 and 5.5. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// deno-lint-ignore no-control-regex -- it is the control characters that must not be there
const VALUE = /^[^\x00-\x08\x0a-\x1f\x7f\u0100-\uffff]*$/;

/**
 * Decides how the answer to a request of `method` goes out.
 *
 * Source: RFC 9110, sections 6.4.1 and 8.6.
 *
 * @throws {RangeError} if the status is not 200 to 599, or a whole body is not as long as its headers say.
 * @throws {TypeError} if a header cannot be sent.
 */
export function framingOf(method: string, { status, headers, body }: HttpResponse): Framing {
  if (!(status >= 200 && status <= 599)) throw new RangeError(`Cannot answer with status ${status}`);
  for (const [name, value] of headers) {
    if (!NAME.test(name) || !VALUE.test(value)) throw new TypeError(`Cannot send the header ${JSON.stringify(name)}`);
  }
  const isNamed = (wanted: string): boolean => headers.some(([name]) => name.toLowerCase() === wanted);
  const told = headers.find(([name]) => name.toLowerCase() === "content-length");
  const declaredBytes = told === undefined ? undefined : Number(told[1]);
  const hasBody = method !== "HEAD" && status !== 204 && status !== 304;
  if (!(body instanceof Uint8Array)) return { headers, hasBody, declaredBytes };
  if (hasBody) checkLength(body.length, declaredBytes);
  // An empty body as the answer to HEAD says nothing of what GET would get.
  const canTell = hasBody || (method === "HEAD" && body.length > 0);
  if (!canTell || declaredBytes !== undefined || isNamed("transfer-encoding")) {
    return { headers, hasBody, declaredBytes };
  }
  return {
    headers: [...headers, ["content-length", String(body.length)]],
    hasBody,
    declaredBytes: body.length,
  };
}

/**
 * Compares a body with the length that was told of it.
 *
 * @throws {RangeError} if they differ.
 */
export function checkLength(sentBytes: number, declaredBytes: number | undefined): void {
  if (declaredBytes === undefined || sentBytes === declaredBytes) return;
  throw new RangeError(`Cannot send a body of ${sentBytes} bytes: its content-length is ${declaredBytes}`);
}

/** Lets go of a body that is not iterated over. */
export async function releaseBody(body: HttpResponse["body"]): Promise<void> {
  if (!(body instanceof Uint8Array)) await body[Symbol.asyncIterator]().return?.();
}
