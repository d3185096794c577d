/**
 * Which programs are asked for.
 *
 * @module
 */

import { type RoleProgram, ROLES, shortNameOf, WHOLE_PROGRAM } from "../../src/cli/roles.ts";
import { nearest } from "../../src/cli/suggestion.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";

/** What has to be known of a program to compile it. */
export type CompiledProgram = Pick<RoleProgram, "name" | "entry" | "packed" | "permissions">;

/** All programs: one a role, and the whole. */
export const PROGRAMS: readonly CompiledProgram[] = [...ROLES, WHOLE_PROGRAM];

/** What a user may call a program: `index` for `microcdn-index`, and its own name. */
function wordsOf(program: CompiledProgram): string[] {
  return [shortNameOf(program), program.name];
}

/**
 * Returns the programs that words name, each once, in the order of {@link PROGRAMS}; no words ask for all.
 *
 * @throws {UsageError} if there is none of that name.
 */
export function pickPrograms(words: readonly string[]): readonly CompiledProgram[] {
  const known = PROGRAMS.flatMap(wordsOf);
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) {
    const meant = nearest(unknown, known);
    const names = PROGRAMS.map(shortNameOf).join(", ");
    const hint = meant === undefined ? `: there are ${names}` : `; did you mean ${meant}?`;
    throw new UsageError(`Unknown role ${escapeControls(unknown)}${hint}`);
  }
  return PROGRAMS.filter((program) => words.length === 0 || wordsOf(program).some((word) => words.includes(word)));
}
