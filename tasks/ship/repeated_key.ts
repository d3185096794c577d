/**
 * What `JSON.parse` does not tell: a key that an object has twice, of which it drops the first.
 *
 * @module
 */

/** A string, or a sign that opens, closes or parts. The rest of a valid text does not matter. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * Finds a key that an object has twice.
 *
 * @param text A valid JSON text.
 * @returns The first such key, or `undefined` if there is none.
 */
export function findRepeatedKey(text: string): string | undefined {
  /** The keys of the objects that are open; a list that is open has none. */
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
    last = token;
  }
  return undefined;
}
