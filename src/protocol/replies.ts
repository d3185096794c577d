/**
 * Replies that every line protocol of ours shares: the end of a list, and a refusal.
 *
 * Source: PROTOCOL.md.
 *
 * @module
 */

/** Ends a list. */
export const END = "END";

/** Writes an error reply. */
export function encodeError(code: string): string {
  return `ERROR ${code}`;
}

/** Reads an error reply: its code, or `undefined` if the line is none. */
export function parseError(line: string): string | undefined {
  if (line === "ERROR") return "";
  return line.startsWith("ERROR ") ? line.slice("ERROR ".length) : undefined;
}
