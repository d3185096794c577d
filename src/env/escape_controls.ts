/**
 * Text of others in a line of ours.
 *
 * @module
 */

/** Controls, line and paragraph separators, and format characters such as the ones that turn the writing direction. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/**
 * Writes as `\\u001b` what could break the line or drive a terminal. Inside JSON, whose strings know this form, it
 * changes nothing for who reads it.
 */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (found) => {
    let escaped = "";
    for (let at = 0; at < found.length; at++) escaped += `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`;
    return escaped;
  });
}
