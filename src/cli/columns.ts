/**
 * How wide text is on a terminal.
 *
 * @module
 */

/** Letters and signs that take two columns. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
/** Marks that take no column of their own. */
const NARROW = /[\p{M}\p{Cf}]/u;

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
