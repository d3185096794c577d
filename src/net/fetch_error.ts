/**
 * What `fetch` throws, in terms of {@link NetError}. Runtimes agree on little more than `TypeError`.
 *
 * @module
 */

import { NetError, type NetErrorCode } from "./net_error.ts";
import { codeOfError } from "./system_error.ts";

/** How deep causes are looked into. */
const MAX_CAUSES = 5;

/** Codes of Node's own client, and of older Buns. */
const CODES: Record<string, NetErrorCode> = {
  UND_ERR_SOCKET: "reset",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  ConnectionRefused: "refused",
  ConnectionClosed: "reset",
  FailedToOpenSocket: "refused",
};

/** What Deno puts into words only, with the system's own text in it. */
const TEXTS: readonly (readonly [text: RegExp, code: NetErrorCode])[] = [
  [/dns error|failed to lookup address/, "unknown-host"],
  [/connection refused|actively refused/i, "refused"],
  [/no route to host|network is unreachable|unreachable (host|network)/i, "unreachable"],
  [
    /reset by peer|broken pipe|forcibly closed|closed before message completed|reading a body|closed connection/i,
    "reset",
  ],
  [/timed out/i, "timeout"],
  [/cannot assign requested address/i, "unavailable"],
  [/too many open files/i, "exhausted"],
  [/bad port|are blocked/, "unsupported"],
];

/** Wraps what `fetch` threw, or the reading of a body. */
export function fetchError(error: unknown, what: string): NetError {
  if (error instanceof NetError) return error;
  return new NetError(codeOf(error), what, { cause: deepest(error) });
}

function codeOf(error: unknown): NetErrorCode {
  for (const cause of causes(error)) {
    const code = codeOfError(cause);
    if (code !== "other") return code;
    const named = "code" in cause ? CODES[String(cause.code)] : undefined;
    if (named !== undefined) return named;
    const said = TEXTS.find(([text]) => text.test(cause.message))?.[1];
    if (said !== undefined) return said;
  }
  return "other";
}

/** The innermost error: `fetch failed` says nothing. */
function deepest(error: unknown): unknown {
  return causes(error).at(-1) ?? error;
}

function causes(error: unknown): Error[] {
  const found: Error[] = [];
  for (let cause = error; cause instanceof Error && found.length < MAX_CAUSES; cause = cause.cause) found.push(cause);
  return found;
}
