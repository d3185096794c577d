/**
 * The script that becomes a role on its machine: which program, with which flags. Two versions of a role are the same
 * if their scripts are.
 *
 * @module
 */

import type { ShippedRole } from "./machine.ts";
import { quoteWords } from "./shell_words.ts";

/** How many digits of a program's SHA-256 its name there has. All of them are compared all the same. */
const NAME_DIGITS = 16;

/** Returns what a program is called on a machine. */
export function programFile(name: string, sha256: string): string {
  return `${name}-${sha256.slice(0, NAME_DIGITS)}`;
}

/** Returns the part of such a name that tells versions apart, short enough for people. */
export function shortVersion(file: string): string {
  return file.slice(file.lastIndexOf("-") + 1).slice(0, 8);
}

/** Writes the script. It runs in the machine's folder; `machine.sh` reads its first line. */
export function renderLaunchScript({ args }: Pick<ShippedRole, "args">, program: string): string {
  const words = args.length === 0 ? "" : ` ${quoteWords(args)}`;
  return `# program ${program}\n# Made by "deno task ship".\nexec ./bin/${program}${words}\n`;
}
