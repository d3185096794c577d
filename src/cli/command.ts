/**
 * A command of the program: its flags, its operands, what it does.
 *
 * @module
 */

import type { Env } from "../env/env.ts";
import type { Console } from "./console.ts";
import { choice, optionalText, toggle } from "./flag.ts";
import { type FlagSource, type FlagTable, type FlagValues, readFlags } from "./flags.ts";
import type { Io } from "./io.ts";

/** Flags of every command. */
export const COMMON_FLAGS = {
  config: optionalText({ name: "config", placeholder: "FILE", help: "Take flags from this JSON file too" }),
  log: choice({ name: "log", among: ["text", "json"], initial: "text", help: "How to log, on standard error" }),
  isVerbose: toggle({ name: "verbose", letter: "v", help: "Log every message, and where a failure comes from" }),
  isQuiet: toggle({ name: "quiet", letter: "q", help: "Log warnings and errors only, show no progress" }),
  wantsHelp: toggle({ name: "help", letter: "h", onlyTyped: true, help: "Show this help" }),
  wantsVersion: toggle({ name: "version", letter: "V", onlyTyped: true, help: "Show the version" }),
} as const satisfies FlagTable;

/** The values of {@link COMMON_FLAGS}. */
export type CommonValues = FlagValues<typeof COMMON_FLAGS>;

/** What a command runs in. */
export interface CommandContext {
  /** The outside world, with the program's log. */
  readonly env: Env;
  /** The program's streams and signals. */
  readonly io: Io;
  /** Standard error as lines. */
  readonly console: Console;
  /** The flags of every command. */
  readonly common: CommonValues;
  /** The program that the command belongs to. */
  readonly program: Program;
}

/** What a command takes beside flags. */
export interface Operands {
  /** What stands for one in the help text: `NAME`. */
  readonly placeholder: string;
  /** How many there must be. */
  readonly min: number;
  /** How many there may be. */
  readonly max: number;
}

/** A command as it is declared. */
export interface CommandSpec<F extends FlagTable> {
  /** The word for it. */
  readonly name: string;
  /** `role`: runs until it is stopped. `client`: asks, answers, ends. */
  readonly kind: "role" | "client";
  /** What it does, in one line. */
  readonly summary: string;
  /** What else there is to know, line by line. */
  readonly notes?: readonly string[];
  /** What it takes beside flags. Default: nothing. */
  readonly operands?: Operands;
  /** Its own flags. */
  readonly flags: F;
  /** Does it; resolves to the exit code. */
  readonly run: (context: CommandContext, values: FlagValues<F>, operands: readonly string[]) => Promise<number>;
}

/** A command as the program sees it: the types of its flags are its own business. */
export interface Command extends Omit<CommandSpec<FlagTable>, "run"> {
  /** All its flags, those of every command included. */
  readonly flags: FlagTable;
  /**
   * Does it with what the sources say; resolves to the exit code.
   *
   * @throws {UsageError} if a flag cannot be read.
   */
  readonly run: (
    context: CommandContext,
    sources: readonly FlagSource[],
    operands: readonly string[],
  ) => Promise<number>;
}

/** Declares a command. */
export function defineCommand<F extends FlagTable>(spec: CommandSpec<F>): Command {
  return {
    ...spec,
    flags: { ...spec.flags, ...COMMON_FLAGS },
    run: async (context, sources, operands) => await spec.run(context, readFlags(spec.flags, sources), operands),
  };
}

/** A word that stands for one of `commands` when that one's word follows, and for `otherwise` when none does. */
export interface Synonym {
  /** Names of commands. */
  readonly commands: readonly string[];
  /** The name of a command. */
  readonly otherwise: string;
}

/** Commands of one family. */
export interface Family {
  /** The word for it. */
  readonly name: string;
  /** Its commands, in the order of the help text. */
  readonly commands: readonly Command[];
  /** Other words. */
  readonly synonyms: Readonly<Record<string, Synonym>>;
}

/** What a word stands for in a family, if it is a synonym there. */
export function synonymOf({ synonyms }: Family, word: string): Synonym | undefined {
  return Object.hasOwn(synonyms, word) ? synonyms[word] : undefined;
}

/** A program: what it is called, and what it takes. */
export interface Program {
  /** What the user calls it. */
  readonly name: string;
  /** Its families of commands. */
  readonly families: readonly Family[];
  /**
   * The word that is said already: a command, to which the whole line belongs then, or a synonym, which leaves a choice.
   * Default: none, so that the line begins with it.
   */
  readonly word?: string;
}
