/**
 * What this program is.
 *
 * @module
 */

/** The version; a test compares it with that of `deno.json`, which `src` may not import. */
export const VERSION = "0.1.0";
