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
  | { readonly kind: "overview" }
  | { readonly kind: "none" }
  | { readonly kind: "usage"; readonly command: Command }
  | { readonly kind: "run"; readonly command: Command; readonly args: readonly string[] };

/**
 * Finds the command that the first words name. A family's name may go before it.
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
    return { kind: "usage", command: findCommand([...said, ...rest], program).command };
  }
  if (first.startsWith("-") && word === undefined) {
    throw new UsageError(`The command goes before ${escapeControls(first)} (try ${name} --help)`);
  }
  return { kind: "run", ...findCommand([...said, ...args], program) };
}

interface Found {
  readonly command: Command;
  readonly args: readonly string[];
}

function findCommand(words: readonly string[], { name, families }: Program): Found {
  const family = families.find((one) => one.name === words[0]);
  const args = family === undefined ? words : words.slice(1);
  const among = family === undefined ? families : [family];
  const [word, ...rest] = args;
  for (const one of among) {
    const found = findIn(one, word, rest);
    if (found !== undefined) return found;
  }
  if (word === undefined) throw new UsageError(`Missing command (try ${name} --help)`);
  const meant = nearest(word, [...among.flatMap(wordsOf), "help"]);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw new UsageError(`Unknown command ${escapeControls(word)}${hint} (try ${name} --help)`);
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
