/**
 * Which command the words of a command line ask for.
 *
 * @module
 */

import { type Command, type Family, type Program, synonymOf } from "./command.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { nearest } from "./suggestion.ts";
import { UsageError } from "./usage_error.ts";

/** What is asked for. */
export type Request =
  | { readonly kind: "version" }
  | { readonly kind: "overview"; readonly family?: Family }
  | { readonly kind: "none" }
  | { readonly kind: "usage"; readonly command: Command }
  | { readonly kind: "run"; readonly command: Command; readonly args: readonly string[] };

/**
 * Finds the command that the first words name. A family's name goes before it; that of the first family may be left out.
 *
 * @throws {UsageError} if they name none.
 */
export function readRequest(args: readonly string[], program: Program): Request {
  const { name, families, word } = program;
  const alone = families.flatMap(({ commands }) => commands).find((command) => command.name === word);
  if (alone !== undefined) return { kind: "run", command: alone, args };
  const [first, ...rest] = args;
  const said = word === undefined ? [] : [word];
  if (first === undefined) return { kind: "none" };
  if (first === "--version" || first === "-V") return { kind: "version" };
  if (first === "--help" || first === "-h") return { kind: "overview" };
  if (first === "help") {
    if (rest.length === 0) return { kind: "overview" };
    const family = familyAlone(rest, program);
    if (family !== undefined) return { kind: "overview", family };
    return { kind: "usage", command: findCommand([...said, ...rest], program).command };
  }
  if (first.startsWith("-") && word === undefined) {
    throw new UsageError(`The command goes before ${escapeControls(first)} (try ${name} --help)`);
  }
  const asked = rest.length === 1 && /^(--help|-h|help)$/.test(rest[0]!) ? familyAlone([first], program) : undefined;
  if (asked !== undefined) return { kind: "overview", family: asked };
  return { kind: "run", ...findCommand([...said, ...args], program) };
}

/** The family that is named, if nothing else is. */
function familyAlone([name, ...rest]: readonly string[], { families, word }: Program): Family | undefined {
  return rest.length > 0 || word !== undefined ? undefined : families.find((family) => family.name === name);
}

interface Found {
  readonly command: Command;
  readonly args: readonly string[];
}

function findCommand(words: readonly string[], program: Program): Found {
  const { name, families } = program;
  const named = families.find((one) => one.name === words[0]);
  const family = named ?? families[0]!;
  const [word, ...rest] = named === undefined ? words : words.slice(1);
  const found = findIn(family, word, rest);
  if (found !== undefined) return found;
  const help = named === undefined || named === families[0] ? `${name} --help` : `${name} ${named.name} --help`;
  if (word === undefined) throw new UsageError(`Missing command (try ${help})`);
  const meant = suggest(word, family, program);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  const shown = named === undefined ? word : `${named.name} ${word}`;
  throw new UsageError(`Unknown command ${escapeControls(shown)}${hint} (try ${help})`);
}

/** What was meant by a word that a family has not: first another family's, then one that is spelled nearly so. */
function suggest(word: string, family: Family, { families }: Program): string | undefined {
  const calls = (one: Family): string[] => wordsOf(one).map((own) => one === families[0] ? own : `${one.name} ${own}`);
  const elsewhere = families.filter((one) => one !== family && wordsOf(one).includes(word));
  if (elsewhere.length > 0) return calls(elsewhere[0]!)[wordsOf(elsewhere[0]!).indexOf(word)];
  if (family !== families[0]) {
    const near = nearest(word, wordsOf(family));
    return near === undefined ? undefined : `${family.name} ${near}`;
  }
  const near = nearest(word, [...wordsOf(family), ...families.map((one) => one.name), "help"]);
  if (near !== undefined) return near;
  return families.slice(1).map((one) => [one, nearest(word, wordsOf(one))] as const)
    .flatMap(([one, own]) => own === undefined ? [] : [`${one.name} ${own}`])[0];
}

function findIn(family: Family, word: string | undefined, rest: readonly string[]): Found | undefined {
  const command = family.commands.find(({ name }) => name === word);
  if (command !== undefined) return { command, args: rest };
  const synonym = word === undefined ? undefined : synonymOf(family, word);
  if (synonym === undefined) return undefined;
  const [next, ...further] = rest;
  const isNamed = next !== undefined && synonym.commands.includes(next);
  const meant = family.commands.find(({ name }) => name === (isNamed ? next : synonym.otherwise))!;
  return { command: meant, args: isNamed ? further : rest };
}

function wordsOf(family: Family): string[] {
  return [...family.commands.map(({ name }) => name), ...Object.keys(family.synonyms)];
}
