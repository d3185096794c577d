/**
 * Words and paths as systemd's unit files write them.
 *
 * Source: systemd.service(5), "Command lines"; systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers".
 *
 * @module
 */

/**
 * Quotes an argument for `ExecStart=`: it reaches the program as it is.
 *
 * @throws {RangeError} if it holds a NUL.
 */
export function quoteArgument(word: string): string {
  if (word.includes("\0")) throw new RangeError("Cannot write a word with a NUL in a unit");
  // A dollar sign would begin a variable.
  const doubled = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  if (/^[\w@%$+=:,./-]+$/.test(doubled)) return doubled;
  return `"${doubled.replace(/[\\"]/g, "\\$&").replace(/\p{Cc}/gu, escapeControl)}"`;
}

/**
 * Quotes a path: a program for `ExecStart=`, one in a list, or one that stands alone. None of them knows variables.
 *
 * @throws {RangeError} if it holds a control character, which could not be written in a list.
 */
export function quotePath(path: string): string {
  const doubled = writePath(path);
  // A colon would end a path that is bound to another.
  return /^[\w@%$+=,./-]+$/.test(doubled) ? doubled : `"${doubled.replace(/[\\"]/g, "\\$&")}"`;
}

/**
 * Writes a path that is all of a setting, which takes no quotes.
 *
 * @throws {RangeError} if it holds a control character: a line end would begin a setting of its own.
 */
export function writePath(path: string): string {
  if (/\p{Cc}/u.test(path)) throw new RangeError("Cannot write a path with a control character in a unit");
  return path.replaceAll("%", "%%");
}

function escapeControl(sign: string): string {
  return [...new TextEncoder().encode(sign)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** Writes a text of one line, such as a description. A backslash at its end would join the next line to it. */
export function writeText(text: string): string {
  return text.replaceAll("%", "%%").replace(/\p{Cc}+/gu, " ").replace(/\\+$/, "").trim();
}
