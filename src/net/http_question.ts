/**
 * What of a question goes out, the same for every HTTP client.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";
import type { HttpResponse } from "../protocol/http.ts";
import type { HttpQuestion } from "./http_client.ts";
import { NetError } from "./net_error.ts";

/** Codings that one runtime takes off an answer and another leaves on. */
const TAKEN_OFF = /\b(gzip|deflate|br|zstd)\b/i;

/** Fields that are about one connection, not about the message: RFC 9110, section 7.6.1. */
const OF_CONNECTION: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** The fields that go out with a question, but for Host and the framing of a streamed body. */
export function headersOf({ headers = [], body }: HttpQuestion): [name: string, value: string][] {
  const sent: [string, string][] = [["accept-encoding", "identity"]];
  for (const [name, value] of headers) {
    // The length of a whole body is counted, not believed.
    if (!(body instanceof Uint8Array && isNamed(name, "content-length"))) sent.push([name, value]);
  }
  return sent;
}

/**
 * Returns the URL of a question.
 *
 * @throws {TypeError} if a URL cannot say the target as it is: one with a part `..`, a quote in the query, a `#`.
 * @throws {NetError} `"unknown-host"` if there can be no such host.
 */
export function urlOf(to: Address, target: string): string {
  const origin = `http://${formatAddress(to)}`;
  if (!URL.canParse(origin)) throw new NetError("unknown-host", `ask ${formatAddress(to)}`);
  if (!target.startsWith("/")) throw new TypeError(`Cannot ask for ${JSON.stringify(target)}: it is no path`);
  const { pathname, search } = new URL(origin + target);
  if (pathname + search !== target) {
    throw new TypeError(`Cannot ask for ${JSON.stringify(target)}: it would be changed`);
  }
  return origin + target;
}

/** What of an answer's fields are its own. */
export function fieldsOf(headers: Iterable<readonly [name: string, value: string]>): [name: string, value: string][] {
  return [...headers].filter(([name]) => !OF_CONNECTION.has(name.toLowerCase())) as [string, string][];
}

/**
 * Checks that the bytes of an answer's body are those that the server sent: runtimes decode some codings, unasked.
 *
 * @throws {NetError} `"unsupported"` if that cannot be told.
 */
export function checkCoding(headers: HttpResponse["headers"], what: string): void {
  const coding = headers.find(([name]) => isNamed(name, "content-encoding"))?.[1] ?? "";
  if (!TAKEN_OFF.test(coding)) return;
  const cause = new Error(`the answer is encoded as ${coding}, which was not asked for`);
  throw new NetError("unsupported", what, { cause });
}

/** Says what is done, for errors: `GET 10.0.0.1:5050/get/a`. */
export function describeQuestion(to: Address, { method = "GET", target }: HttpQuestion): string {
  return `${method} ${formatAddress(to)}${target}`;
}

function isNamed(name: string, wanted: string): boolean {
  return name.length === wanted.length && name.toLowerCase() === wanted;
}
