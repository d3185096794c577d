/**
 * Words as a POSIX shell reads them.
 *
 * @module
 */

/**
 * Quotes a word so that a shell takes it as it is, whatever is in it.
 *
 * Source: POSIX.1-2017, Shell Command Language, 2.2.2: between single quotes every character stands for itself.
 *
 * @throws {RangeError} if there is a NUL in it, which no argument of a program can have.
 */
export function quoteWord(word: string): string {
  if (word.includes("\0")) throw new RangeError("Cannot quote a word with a NUL in it");
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Quotes several, with a blank between them. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(" ");
}
