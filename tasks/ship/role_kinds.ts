/**
 * Which roles can be shipped, and by what program and flags each of them goes.
 *
 * @module
 */

import type { Command } from "../../src/cli/command.ts";
import { FAMILIES } from "../../src/cli/program.ts";
import { type RoleProgram, ROLES, shortNameOf } from "../../src/cli/roles.ts";

/** A role that can be shipped. */
export interface RoleKind {
  /** The word for it: `index`. One of a family beside the first goes by both words: `edge-meta`. */
  readonly word: string;
  /** The program that is copied. */
  readonly program: RoleProgram;
  /** Its command, with its flags. */
  readonly command: Command;
}

/** Returns them, by their words. */
export function roleKinds(): ReadonlyMap<string, RoleKind> {
  return new Map(
    ROLES.filter(({ kind }) => kind === "role").map((program) => {
      const family = FAMILIES.find(({ name }) => name === program.family)!;
      const command = family.commands.find(({ name }) => name === program.role)!;
      const word = shortNameOf(program);
      return [word, { word, program, command }] as const;
    }),
  );
}
