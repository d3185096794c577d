/**
 * Text of others on a terminal: it must neither drive the terminal nor break the line.
 *
 * @module
 */

/** Controls, line and paragraph separators, and format characters such as the ones that turn the writing direction. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;
/** Letters and signs that take two columns. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
/** Marks that take no column of their own. */
const NARROW = /[\p{M}\p{Cf}]/u;

/** Writes what could drive a terminal as `\u001b`; the result is one line. It is also fit for JSON that holds it. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (found) => {
    let escaped = "";
    for (let at = 0; at < found.length; at++) escaped += `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`;
    return escaped;
  });
}

/** How many columns a line takes on a terminal. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const sign of text) columns += columnsOfSign(sign);
  return columns;
}

/** Shortens a line to `columns`, with an ellipsis in place of what is missing. */
export function fitColumns(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let fitted = "";
  let left = columns - 1;
  for (const sign of text) {
    left -= columnsOfSign(sign);
    if (left < 0) break;
    fitted += sign;
  }
  return columns < 1 ? "" : `${fitted}…`;
}

function columnsOfSign(sign: string): number {
  if (sign >= " " && sign <= "~") return 1;
  if (NARROW.test(sign)) return 0;
  return WIDE.test(sign) ? 2 : 1;
}
