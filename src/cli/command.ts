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
  config: optionalText({
    name: "config",
    placeholder: "FILE",
    isPath: true,
    help: "Take flags from this JSON file too",
  }),
  log: choice({ name: "log", among: ["text", "json"], initial: "text", help: "How to log, on standard error" }),
  isVerbose: toggle({ name: "verbose", letter: "v", help: "Log every message, and where a failure comes from" }),
  isQuiet: toggle({ name: "quiet", letter: "q", help: "Log warnings and errors only, show no progress" }),
  wantsHelp: toggle({ name: "help", letter: "h", onlyTyped: true, help: "Show this help" }),
  wantsVersion: toggle({ name: "version", letter: "V", onlyTyped: true, help: "Show the version" }),
} as const satisfies FlagTable;

/** Flags of every command that can run as a service. */
export const SERVICE_FLAGS = {
  printsUnit: toggle({
    name: "print-unit",
    onlyTyped: true,
    help: "Print a systemd unit that runs it with these flags, and end",
  }),
  printsUserUnit: toggle({
    name: "print-user-unit",
    onlyTyped: true,
    help: "The same for systemd --user",
  }),
} as const satisfies FlagTable;

/** Full paths for a service, which starts elsewhere. */
export interface ServicePaths {
  /** That of a path that the user wrote. */
  readonly fromUser: (path: string) => string;
  /** That of a path of our own. */
  readonly fromHere: (path: string) => string;
}

/** What a role needs where it runs as a service. */
export interface ServiceNeeds {
  /** What tells it from others of its kind, if there can be several on a machine: `CS1`. */
  readonly label?: string;
  /** The folders that it reads, by their full paths. */
  readonly folders: readonly string[];
  /** The folders that it writes to, by their full paths. Default: none. */
  readonly writes?: readonly string[];
  /** Whether it needs a folder of its own, in which it runs, for what outlives it. Default: false. */
  readonly hasState?: boolean;
  /** Variables with secrets that it reads whatever its flags say. Default: none. */
  readonly secrets?: readonly string[];
  /** Values of flags that go before the user's, by name: a default may lead elsewhere where a service starts. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Whether it starts processes. */
  readonly startsProcesses: boolean;
  /** How long connections may finish at a stop, in milliseconds. */
  readonly drainMs: number;
}

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
  /** What it needs as a service. Default: it cannot be one. */
  readonly service?: (values: FlagValues<F>, paths: ServicePaths) => ServiceNeeds;
  /** Does it; resolves to the exit code. */
  readonly run: (context: CommandContext, values: FlagValues<F>, operands: readonly string[]) => Promise<number>;
}

/** A command as the program sees it: the types of its flags are its own business. */
export interface Command extends Omit<CommandSpec<FlagTable>, "run" | "service"> {
  /** All its flags, those of every command included. */
  readonly flags: FlagTable;
  /**
   * Says what it needs as a service with what the sources say; `undefined` if it cannot be one.
   *
   * @throws {UsageError} if a flag cannot be read.
   */
  readonly service: ((sources: readonly FlagSource[], paths: ServicePaths) => ServiceNeeds) | undefined;
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
  const { service } = spec;
  return {
    ...spec,
    flags: { ...spec.flags, ...service === undefined ? {} : SERVICE_FLAGS, ...COMMON_FLAGS },
    service: service && ((sources, paths) => service(readFlags(spec.flags, sources), paths)),
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
  /** What it is, in one line. */
  readonly summary: string;
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
  /** Its families of commands. Those of the first one go without the family's name. */
  readonly families: readonly Family[];
  /**
   * The word that is said already: a command, to which the whole line belongs then, or a synonym, which leaves a choice.
   * Default: none, so that the line begins with it.
   */
  readonly word?: string;
}

/** The words by which the user calls a command of a program: `index`, `edge meta`; none where that is all there is. */
export function callWords(command: Command, { families, word }: Program): readonly string[] {
  const { name } = command;
  if (name === word) return [];
  const family = families.find(({ commands }) => commands.includes(command));
  return family === undefined || family === families[0] ? [name] : [family.name, name];
}
