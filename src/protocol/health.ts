/**
 * The question whether a role is well, as it goes over a connection.
 *
 * Source: PROTOCOL.md, "Management".
 *
 * @module
 */

import { ProtocolError } from "./protocol_error.ts";

/** How a role is. */
export type Health =
  | { readonly status: "healthy" }
  | { readonly status: "failing"; readonly reason: string };

/** The port is somebody else's, or that of another service of the role: the code of the error. */
export const NOT_A_ROLE = "NOT_A_ROLE";

/** The longest answer that is read, in bytes; a role's own has about a hundred. */
export const MAX_HEALTH_BYTES = 16_384;

/**
 * Writes the question. HTTP/1.0, so that the answer comes in one piece and the connection ends with it.
 *
 * @param host What to call the role: `127.0.0.1:15050`.
 */
export function encodeHealthQuestion(host: string): string {
  return `GET /health HTTP/1.0\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
}

/**
 * Reads the answer, which must be whole.
 *
 * Shape: HTTP, status 200 with `{"status":"healthy"}`, or 503 with `{"status":"failing","reason":"..."}`.
 *
 * @throws {ProtocolError} `"NOT_A_ROLE"` if it is anything else. The message is the end of a sentence.
 */
export function decodeHealthAnswer(text: string): Health {
  const [, code, body] = text.match(/^HTTP\/1\.[01] (\d{3})(?: [^\r\n]*)?\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*)$/s) ?? [];
  if (code === undefined || body === undefined) {
    throw new ProtocolError(NOT_A_ROLE, text === "" ? "no answer before the end" : "the answer is no HTTP");
  }
  const { status, reason } = readObject(body);
  if (code === "200" && status === "healthy") return { status };
  if (code === "503" && status === "failing" && typeof reason === "string") return { status, reason };
  throw new ProtocolError(NOT_A_ROLE, `status ${code}, and not as a role answers`);
}

function readObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}
