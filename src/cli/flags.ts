/**
 * A command line, by a table of flags.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Flag } from "./flag.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { nearest } from "./suggestion.ts";
import { UsageError } from "./usage_error.ts";

/** The flags of one command, by the names of their values. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** What the flags of a table come to. */
export type FlagValues<F extends FlagTable> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

/** Where flags can come from. */
export interface FlagSource {
  /** What to call a flag in a message: `--port`, `MICROCDN_PORT`. */
  label(flag: Flag<unknown>): string;
  /** What was given for it; `undefined` if nothing was. */
  get(flag: Flag<unknown>): string | undefined;
}

/** A command line, split but not yet read. */
export interface CommandLine extends FlagSource {
  /** What is no flag. */
  readonly operands: readonly string[];
  /** What cannot be understood, most telling first. */
  readonly problems: readonly string[];
}

/** A value that looks like a flag and is none: `-122.4`, or `-` for standard input or output. */
const DASHED_VALUE = /^-(\.?\d.*)?$/;

/**
 * Splits a command line.
 *
 * A value follows its flag (`--port 5050`, `-o file`) or is joined to it (`--port=5050`, `-ofile`); it may be a negative
 * number or `-`. Letters without values can be bundled (`-vq`). After `--` nothing is a flag.
 */
export function splitArgs(args: readonly string[], table: FlagTable): CommandLine {
  const flags = Object.values(table);
  const problems: string[] = [];
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const joined = joinValues(args.slice(0, end), flags, problems);
  const parsed = parseArgs([...joined, ...args.slice(end)], {
    string: [...flags.map((flag) => flag.name), "_"],
    collect: flags.filter((flag) => flag.isList).map((flag) => flag.name),
    unknown(arg, key): boolean {
      if (key !== undefined) problems.push(describeUnknown(arg, flags));
      return key === undefined;
    },
  }) as Record<string, unknown> & { readonly _: readonly unknown[] };
  return {
    operands: parsed._.map(String),
    problems,
    label: (flag) => `--${flag.name}`,
    get(flag): string | undefined {
      const value = parsed[flag.name];
      if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(",");
      return typeof value === "string" ? value : undefined;
    },
  };
}

/**
 * Reads every flag of a table, each from the first source that has it.
 *
 * @throws {UsageError} if a value cannot be read.
 */
export function readFlags<F extends FlagTable>(table: F, sources: readonly FlagSource[]): FlagValues<F> {
  const values = Object.entries(table).map(([key, flag]) => [key, readFlag(flag, sources)]);
  return Object.fromEntries(values);
}

/** Reads one flag from the first source that has it. */
export function readFlag<T>(flag: Flag<T>, sources: readonly FlagSource[]): T {
  for (const [position, source] of sources.entries()) {
    if (position > 0 && flag.onlyTyped) break;
    const text = source.get(flag);
    if (text === undefined) continue;
    try {
      return flag.read(text);
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`${source.label(flag)} ${error.message}`);
      throw error;
    }
  }
  return flag.initial;
}

/**
 * Writes every flag as `--name=value`, and leaves the rest as it is. `parseArgs` would take a value that begins with a
 * dash for a flag, the name `true` after a flag for its value, and `-ofile` for five letters.
 */
function joinValues(args: readonly string[], flags: readonly Flag<unknown>[], problems: string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (!/^-./s.test(arg)) {
      joined.push(arg);
      continue;
    }
    const { given, open, isEmpty = false } = arg.startsWith("--") ? readLong(arg, flags) : readLetters(arg, flags);
    joined.push(...given);
    if (open === undefined) continue;
    const next = isEmpty ? "" : args[at + 1] ?? "";
    if (next !== "" && (!next.startsWith("-") || DASHED_VALUE.test(next))) {
      joined.push(`--${open.name}=${next}`);
      at++;
    } else problems.push(`--${open.name} needs a value: ${open.placeholder ?? "true or false"}`);
  }
  return joined;
}

/** Flags as written, and one whose value is still to come. */
interface Joined {
  readonly given: readonly string[];
  readonly open?: Flag<unknown>;
  /** Whether the value was given, and is empty. */
  readonly isEmpty?: boolean;
}

function readLong(arg: string, flags: readonly Flag<unknown>[]): Joined {
  const [, name, value] = arg.match(/^--([^=]+)(?:=(.*))?$/s) ?? [];
  const flag = flags.find((flag) => flag.name === name);
  if (flag === undefined || value) return { given: [arg] };
  if (value === "") return { given: [], open: flag, isEmpty: true };
  return flag.placeholder === undefined ? { given: [`${arg}=true`] } : { given: [], open: flag };
}

function readLetters(arg: string, flags: readonly Flag<unknown>[]): Joined {
  const given: string[] = [];
  for (let at = 1; at < arg.length; at++) {
    const flag = flags.find((flag) => flag.letter === arg[at]);
    if (flag === undefined) return { given: [...given, `-${arg[at]}`] };
    if (flag.placeholder === undefined) {
      given.push(`--${flag.name}=true`);
      continue;
    }
    const value = arg.slice(at + 1).replace(/^=/, "");
    return value === "" ? { given, open: flag } : { given: [...given, `--${flag.name}=${value}`] };
  }
  return { given };
}

function describeUnknown(arg: string, flags: readonly Flag<unknown>[]): string {
  const name = arg.split("=", 1)[0]!;
  const known = flags.filter((flag) => !flag.hidden).map((flag) => `--${flag.name}`);
  const meant = name.startsWith("--") ? nearest(name, known) : undefined;
  return `Unknown flag ${escapeControls(name)}${meant === undefined ? "" : `; did you mean ${meant}?`}`;
}
