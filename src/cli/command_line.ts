/**
 * Which command the words of a command line ask for.
 *
 * @module
 */

import type { Command, Family } from "./command.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { nearest } from "./suggestion.ts";
import { PROGRAM } from "./usage.ts";
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
export function readRequest(args: readonly string[], families: readonly Family[]): Request {
  const [first, ...rest] = args;
  if (first === undefined) return { kind: "none" };
  if (first === "--version" || first === "-V") return { kind: "version" };
  if (first === "--help" || first === "-h") return { kind: "overview" };
  if (first === "help") {
    if (rest.length === 0) return { kind: "overview" };
    return { kind: "usage", command: findCommand(rest, families).command };
  }
  if (first.startsWith("-")) {
    throw new UsageError(`The command goes before ${escapeControls(first)} (try ${PROGRAM} --help)`);
  }
  return { kind: "run", ...findCommand(args, families) };
}

interface Found {
  readonly command: Command;
  readonly args: readonly string[];
}

function findCommand(words: readonly string[], families: readonly Family[]): Found {
  const family = families.find(({ name }) => name === words[0]);
  const args = family === undefined ? words : words.slice(1);
  const among = family === undefined ? families : [family];
  const [word, ...rest] = args;
  for (const one of among) {
    const found = findIn(one, word, rest);
    if (found !== undefined) return found;
  }
  if (word === undefined) throw new UsageError(`Missing command (try ${PROGRAM} --help)`);
  const meant = nearest(word, [...among.flatMap(wordsOf), "help"]);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw new UsageError(`Unknown command ${escapeControls(word)}${hint} (try ${PROGRAM} --help)`);
}

function findIn(family: Family, word: string | undefined, rest: readonly string[]): Found | undefined {
  const command = family.commands.find(({ name }) => name === word);
  if (command !== undefined) return { command, args: rest };
  const synonym = word !== undefined && Object.hasOwn(family.synonyms, word) ? family.synonyms[word] : undefined;
  if (synonym === undefined) return undefined;
  const [next, ...further] = rest;
  const isNamed = next !== undefined && synonym.commands.includes(next);
  const meant = family.commands.find(({ name }) => name === (isNamed ? next : synonym.otherwise))!;
  return { command: meant, args: isNamed ? further : rest };
}

function wordsOf(family: Family): string[] {
  return [...family.commands.map(({ name }) => name), ...Object.keys(family.synonyms)];
}
