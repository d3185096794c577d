/**
 * What the failure messages have in common.
 *
 * @module
 */

/** Ends a sentence: with the caller's own words if there are any. */
export function ending(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

/** Shows a value in full, one entry a line, keys sorted, so that two texts can be compared line by line. */
export function format(value: unknown): string {
  return Deno.inspect(value, {
    depth: Infinity,
    iterableLimit: Infinity,
    strAbbreviateSize: Infinity,
    compact: false,
    getters: true,
    sorted: true,
    trailingComma: true,
  });
}
