/**
 * Which machines and roles a command line means.
 *
 * @module
 */

import { nearest } from "../../src/cli/suggestion.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";
import type { Machine } from "./machine.ts";

/** A machine, and what of it is meant. */
export interface Selected {
  /** The machine, with those of its roles that are meant. */
  readonly machine: Machine;
  /** Whether all of it is meant: its roles, and whatever else is in its folder. */
  readonly isWhole: boolean;
}

/**
 * Picks machines and roles.
 *
 * @param words Names: `lab1` is a machine with all its roles, `lab1/index` one role of it. None: all machines.
 * @throws {UsageError} if there is none of a name.
 */
export function selectMachines(machines: readonly Machine[], words: readonly string[]): readonly Selected[] {
  for (const word of words) checkWord(machines, word);
  return machines.flatMap((machine) => {
    const isWhole = words.length === 0 || words.includes(machine.name);
    const roles = machine.roles.filter(({ name }) => isWhole || words.includes(`${machine.name}/${name}`));
    return roles.length === 0 ? [] : [{ machine: { ...machine, roles }, isWhole }];
  });
}

function checkWord(machines: readonly Machine[], word: string): void {
  const known = machines.flatMap(({ name, roles }) => [name, ...roles.map((role) => `${name}/${role.name}`)]);
  if (known.includes(word)) return;
  const meant = nearest(word, known);
  const hint = meant === undefined
    ? `: there are ${list(machines.map(({ name }) => name))}`
    : `; did you mean ${meant}?`;
  throw new UsageError(`The inventory has no ${escapeControls(word)}${hint}`);
}

/** How many names fit in a line. */
const MAX_SHOWN = 10;

function list(names: readonly string[]): string {
  const rest = names.length - MAX_SHOWN;
  return names.slice(0, MAX_SHOWN).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
