/**
 * The place in a document that a program rewrites, between two marks. What people wrote around it stays.
 *
 * @module
 */

/** The marks of a section: comments, which nobody sees who reads the document rendered. */
export function sectionMarks(name: string): { readonly begin: string; readonly end: string } {
  return { begin: `<!-- ${name}: begin -->`, end: `<!-- ${name}: end -->` };
}

/**
 * Puts lines between the marks.
 *
 * @throws {RangeError} if the document does not have each mark once, in this order.
 */
export function replaceSection(document: string, name: string, lines: readonly string[]): string {
  const { begin, end } = sectionMarks(name);
  const [before, inside, ...more] = document.split(begin);
  const [, after, ...yetMore] = inside?.split(end) ?? [];
  if (after === undefined || more.length > 0 || yetMore.length > 0) {
    throw new RangeError(`Cannot write the tables: the document needs "${begin}" and "${end}", once each`);
  }
  return `${before}${begin}\n\n${lines.join("\n").trim()}\n\n${end}${after}`;
}
