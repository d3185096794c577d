/**
 * File names on the wire.
 *
 * A line is ASCII words between spaces, a file name may be anything. So a name travels with the UTF-8 bytes of spaces,
 * control characters, `%` and everything beyond ASCII written as `%XX`: its canonical form. Peers that know nothing of
 * this send names raw, and are understood.
 *
 * Source: PROTOCOL.md, "File names".
 *
 * @module
 */

/** The longest canonical form, in bytes. Leaves room in a line for the words around it. */
export const MAX_FILE_NAME_BYTES = 4096;

/** A name in which nothing needs encoding. */
const PLAIN = /^[!-$&-~]+$/;
const ENCODED_BYTES = /(?:%[0-9A-Fa-f]{2})+/g;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Writes a name in its canonical form. Different names have different forms, except that half of a surrogate pair, which
 * UTF-8 cannot say, counts as U+FFFD.
 *
 * @param name The name itself: `Größe 1.txt`.
 * @returns The canonical form: `Gr%C3%B6%C3%9Fe%201.txt`.
 */
export function encodeFileName(name: string): string {
  if (PLAIN.test(name)) return name;
  let encoded = "";
  for (const byte of encoder.encode(name)) {
    encoded += byte > 0x20 && byte < 0x7f && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Reads a name with `%XX` in it; `undefined` if a `%` stands for nothing or the bytes are not UTF-8. */
export function decodeFileName(text: string): string | undefined {
  if (!text.includes("%")) return text;
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  try {
    return text.replace(ENCODED_BYTES, (run) => {
      const bytes = Uint8Array.from(run.slice(1).split("%"), (pair) => parseInt(pair, 16));
      return strictDecoder.decode(bytes);
    });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/**
 * Returns the canonical form of a name as a peer wrote it, encoded or raw; `undefined` if that is empty or longer than
 * {@link MAX_FILE_NAME_BYTES}.
 */
export function canonicalFileName(text: string): string | undefined {
  return bounded(encodeFileName(decodeFileName(text) ?? text));
}

/**
 * Returns the canonical forms that a name in a request may mean, the likelier first: read as encoded, then as raw.
 * `a%20b` is first the file `a b`, then the file that really is called `a%20b`.
 */
export function fileNameReadings(text: string): string[] {
  const encoded = canonicalFileName(text);
  const raw = bounded(encodeFileName(text));
  if (encoded === undefined || encoded === raw) return raw === undefined ? [] : [raw];
  return raw === undefined ? [encoded] : [encoded, raw];
}

function bounded(canonical: string): string | undefined {
  return canonical.length === 0 || canonical.length > MAX_FILE_NAME_BYTES ? undefined : canonical;
}
