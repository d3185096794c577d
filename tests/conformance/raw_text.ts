/**
 * Bytes as text on one line, for transcripts and reports: one character a byte, controls escaped.
 *
 * @module
 */

const NAMED: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\" };

/** Any escape, and any backslash that begins none. */
const ESCAPE = /\\(?:x([0-9A-Fa-f]{2})|([nrt\\])|(.?))/gs;

/**
 * Reads text with `\n`, `\r`, `\t`, `\\` and `\xHH` in it; all else stands for its UTF-8 bytes.
 *
 * @throws {RangeError} if a backslash begins nothing of that.
 */
export function parseRaw(text: string): Uint8Array {
  const parts: number[] = [];
  const encoder = new TextEncoder();
  let from = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [escape, hex, named, unknown] = match;
    if (unknown !== undefined) throw new RangeError(`Cannot read an escape: "${escape}" is none`);
    for (const byte of encoder.encode(text.slice(from, match.index))) parts.push(byte);
    parts.push(hex !== undefined ? parseInt(hex, 16) : NAMED[named!]!.charCodeAt(0));
    from = match.index + escape.length;
  }
  for (const byte of encoder.encode(text.slice(from))) parts.push(byte);
  return Uint8Array.from(parts);
}

/** How many bytes of one line are shown. */
const SHOWN_BYTES = 200;

/** Writes bytes so that {@link parseRaw} reads them again; very many are cut short, which is said. */
export function renderRaw(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, SHOWN_BYTES)) text += renderByte(byte);
  return bytes.length <= SHOWN_BYTES ? text : `${text}... (${bytes.length} bytes)`;
}

function renderByte(byte: number): string {
  if (byte === 0x0a) return "\\n";
  if (byte === 0x0d) return "\\r";
  if (byte === 0x09) return "\\t";
  if (byte === 0x5c) return "\\\\";
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
