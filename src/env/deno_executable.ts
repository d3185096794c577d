/**
 * What Deno knows of the program that runs.
 *
 * @module
 */

/** Whether the program was compiled into one file with Deno. */
export function isDenoCompiled(): boolean {
  return Deno.build.standalone;
}
