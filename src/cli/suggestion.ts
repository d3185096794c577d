/**
 * What somebody may have meant who mistyped a word.
 *
 * @module
 */

/**
 * Returns the word of `known` nearest to `typed`, or `undefined` if none is near: at most one edit in up to three
 * letters, two in more, or two in five of a long word. An edit is a letter more, less, another one, or two neighbours swapped. Words left out count
 * as one: `--port` is near to `--udp-port`.
 */
export function nearest(typed: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  const letters = typed.replace(/^-+/, "").length;
  // A short word is two edits away from nearly everything.
  let bestEdits = letters <= 3 ? 1 : Math.max(2, Math.floor(letters * 0.4));
  for (const word of known) {
    const edits = isPartOf(typed, word) ? 1 : editDistance(typed, word);
    if (edits < bestEdits || (edits === bestEdits && best === undefined)) {
      best = word;
      bestEdits = edits;
    }
  }
  return best;
}

/** Whether `typed` is `word` with some of the words between its dashes left out. */
function isPartOf(typed: string, word: string): boolean {
  const parts = typed.split("-").filter(Boolean);
  let at = 0;
  for (const part of word.split("-")) if (part === parts[at]) at++;
  return parts.length > 0 && at === parts.length;
}

/**
 * Counts the edits between two words.
 *
 * Source: the optimal string alignment distance (Damerau 1964).
 */
export function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let edits = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, older[j - 2]! + 1);
      next.push(edits);
    }
    older = row;
    row = next;
  }
  return row[b.length]!;
}
