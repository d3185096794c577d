/**
 * Environment variables on Deno, without asking anybody for permission.
 *
 * @module
 */

/** Reads a variable; undefined when unset or not permitted. Never prompts, as `process.env` would on a terminal. */
export function denoVariable(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name);
}
