/**
 * One flag: its name, what it takes, what it means.
 *
 * @module
 */

import { type Address, MAX_PORT, parseAddress } from "../base/address.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { parseRate } from "./units.ts";
import { UsageError } from "./usage_error.ts";

/** A flag whose value is a `T`. */
export interface Flag<T> {
  /** Its name without dashes: `index-port`. */
  readonly name: string;
  /** Its letter: `o` for `-o`. */
  readonly letter?: string | undefined;
  /** What stands for its value in the help text: `PORT`. A flag without one is on or off. */
  readonly placeholder?: string | undefined;
  /** What it means, in one line. */
  readonly help: string;
  /** Its default, for the help text. */
  readonly shown?: string | undefined;
  /** Whether it is left out of the help text. */
  readonly hidden?: boolean | undefined;
  /** Whether it comes from the command line only, and not from variables and files. */
  readonly onlyTyped?: boolean | undefined;
  /** Whether its value is a path, which starts where the user is. */
  readonly isPath?: boolean | undefined;
  /** Whether it may be given several times; the texts are read as one then, with commas between them. */
  readonly isList?: boolean | undefined;
  /** Whether its value is for nobody else: no unit and no list of processes is to show it. */
  readonly isSecret?: boolean | undefined;
  /** Variables that a document has for the same. That of our own goes before them. */
  readonly documented?: DocumentedVariables | undefined;
  /** Its value when it is given nowhere. */
  readonly initial: T;
  /**
   * Reads its value.
   *
   * @throws {UsageError} with the end of a sentence that begins with the flag's name: `must be 1 to 65535, got 0`.
   */
  readonly read: (text: string) => T;
}

/** What a document calls a flag. */
export interface DocumentedVariables {
  /** The variables that have a part in it. */
  readonly names: readonly string[];
  /** The flag's text that they come to; `undefined` if they say nothing of it. */
  readonly compose: (variable: (name: string) => string | undefined) => string | undefined;
}

/** A variable that says just what the flag does. */
export function documentedAs(name: string): DocumentedVariables {
  return { names: [name], compose: (variable) => variable(name) };
}

/** What a flag is made of, apart from its value. */
export type FlagOptions = Omit<Flag<unknown>, "placeholder" | "initial" | "read">;

/** The longest duration that a flag takes, in seconds: about 23 days, which fits in a timer. */
const MAX_SECONDS = 2_000_000;

/** What flags for sizes count in: 1,048,576 bytes. */
export const MIB = 1_048_576;

/** A port. `mayBeAny` also takes 0: any free one, where something is to listen. */
export function port(options: FlagOptions & { initial: number; mayBeAny?: boolean }): Flag<number> {
  const { initial, mayBeAny = false, ...rest } = options;
  return { shown: String(initial), ...rest, placeholder: "PORT", initial, read: (text) => readPort(text, mayBeAny) };
}

/** A port that may be left out. */
export function optionalPort(options: FlagOptions): Flag<number | undefined> {
  return { ...options, placeholder: "PORT", initial: undefined, read: (text) => readPort(text, false) };
}

/** A host: a name, an IPv4 or an IPv6 address, with or without brackets. */
export function host(options: FlagOptions & { initial: string }): Flag<string> {
  return { shown: options.initial, ...options, placeholder: "HOST", read: (text) => readHost(text) };
}

/** A host that may be left out. */
export function optionalHost(options: FlagOptions): Flag<string | undefined> {
  return { ...options, placeholder: "HOST", initial: undefined, read: (text) => readHost(text) };
}

/** An address that may be left out. */
export function optionalAddress(options: FlagOptions): Flag<Address | undefined> {
  return {
    ...options,
    placeholder: "HOST:PORT",
    initial: undefined,
    read(text): Address {
      try {
        return parseAddress(text);
      } catch {
        return refuse("HOST:PORT", text);
      }
    },
  };
}

/** A duration in seconds, with fractions; the value is in milliseconds. `mayBeZero`: 0 has a meaning. */
export function seconds(
  options: FlagOptions & { initialMs: number; mayBeZero?: boolean },
): Flag<number> {
  const { initialMs, mayBeZero = false, ...rest } = options;
  const read = (text: string): number => readSeconds(text, mayBeZero);
  return { shown: String(initialMs / 1000), ...rest, placeholder: "S", initial: initialMs, read };
}

/** A duration in seconds that may be left out; the value is in milliseconds. */
export function optionalSeconds(options: FlagOptions): Flag<number | undefined> {
  return { ...options, placeholder: "S", initial: undefined, read: (text) => readSeconds(text, false) };
}

/** A whole number from `min` to `max`. */
export function count(options: FlagOptions & { initial: number; min: number; max: number }): Flag<number> {
  const { initial, min, max, ...rest } = options;
  return {
    shown: String(initial),
    ...rest,
    placeholder: "N",
    initial,
    read(text): number {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : refuse(`${min} to ${max}`, text);
    },
  };
}

/** A size in whole MiB from 0 to `maxMib`; the value is in bytes. */
export function mebibytes(options: FlagOptions & { initialMib: number; maxMib: number }): Flag<number> {
  const { initialMib, maxMib, ...rest } = options;
  const mib = count({ ...rest, initial: initialMib, min: 0, max: maxMib });
  return { ...mib, placeholder: "MIB", initial: initialMib * MIB, read: (text) => mib.read(text) * MIB };
}

/** Bytes a second, such as `500k` or `2M`, that may be left out. */
export function optionalRate(options: FlagOptions): Flag<number | undefined> {
  return {
    ...options,
    placeholder: "RATE",
    initial: undefined,
    read: (text) => parseRate(text) ?? refuse("bytes a second above 0, such as 500k or 2M", text),
  };
}

/** One word of a few. */
export function choice<const T extends string>(
  options: FlagOptions & { initial: T; among: readonly T[] },
): Flag<T> {
  const { initial, among, ...rest } = options;
  const read = (text: string): T => among.find((word) => word === text) ?? refuse(among.join(" or "), text);
  return { shown: initial, ...rest, placeholder: among.join("|"), initial, read };
}

/** Any text that may be left out. */
export function optionalText(options: FlagOptions & { placeholder: string }): Flag<string | undefined> {
  return { ...options, initial: undefined, read: (text) => text };
}

/** Text of a given form. */
export function text(
  options: FlagOptions & { initial: string; placeholder: string; form: RegExp; expected: string },
): Flag<string> {
  const { form, expected, ...rest } = options;
  const read = (text: string): string => form.test(text) ? text : refuse(expected, text);
  return { shown: options.initial, ...rest, read };
}

/** On or off, off by default. */
export function toggle(options: FlagOptions): Flag<boolean> {
  return {
    ...options,
    initial: false,
    read(text): boolean {
      if (/^(true|1|yes|on)$/i.test(text)) return true;
      return /^(false|0|no|off)$/i.test(text) ? false : refuse("true or false", text);
    },
  };
}

function readPort(text: string, mayBeAny: boolean): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= MAX_PORT) return value;
  return value === 0 && mayBeAny ? 0 : refuse(`1 to ${MAX_PORT}`, text);
}

/**
 * Reads a host: a name, an IPv4 or an IPv6 address, with or without brackets.
 *
 * @throws {UsageError} as {@link refuse} does.
 */
export function readHost(text: string, expected = "a host without a port"): string {
  const plain = text.match(/^\[(.+)\]$/)?.[1] ?? text;
  const isV6 = /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[\w.-]+)?$/.test(plain);
  return isV6 || /^[^\s:[\]/?#@\p{Cc}]+$/u.test(plain) ? plain : refuse(expected, text);
}

function readSeconds(text: string, mayBeZero: boolean): number {
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
  if (value <= MAX_SECONDS && (value >= 0.001 || (value === 0 && mayBeZero))) return value * 1000;
  const least = mayBeZero ? "0 or more" : "above 0";
  return refuse(value > MAX_SECONDS ? `at most ${MAX_SECONDS} seconds` : `a number of seconds ${least}`, text);
}

/**
 * Refuses a text.
 *
 * @throws {UsageError} with the end of a sentence that begins with the flag's name.
 */
export function refuse(expected: string, text: string): never {
  const got = /^-?\d+(\.\d+)?$/.test(text) ? text : `"${escapeControls(text)}"`;
  throw new UsageError(`must be ${expected}, got ${got}`);
}
