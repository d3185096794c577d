/**
 * Where flags come from beside the command line: variables and a configuration file. A flag wins over a variable, a
 * variable over the file.
 *
 * @module
 */

import { type Files, readWhole } from "../env/files.ts";
import type { Host } from "../env/host.ts";
import type { DocumentedVariables, Flag } from "./flag.ts";
import type { FlagSource } from "./flags.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { nearest } from "./suggestion.ts";
import { UsageError } from "./usage_error.ts";

/** The longest configuration file. */
const MAX_CONFIG_BYTES = 1_048_576;

/** The variable of a flag: `MICROCDN_INDEX_PORT` for `--index-port`. */
export function variableOf({ name }: Pick<Flag<unknown>, "name">): string {
  return `MICROCDN_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** Flags from `MICROCDN_*` variables, and those that documents name. An empty one counts as unset. */
export function variableSource(host: Pick<Host, "variable">): FlagSource {
  const variable = (name: string): string | undefined => host.variable(name) || undefined;
  const own = (flag: Flag<unknown>): string | undefined => variable(variableOf(flag));
  return {
    label: (flag) =>
      own(flag) === undefined && flag.documented !== undefined ? setOf(flag.documented, variable) : variableOf(flag),
    get: (flag) => own(flag) ?? flag.documented?.compose(variable),
  };
}

/** The documented variables that are set. */
function setOf({ names }: DocumentedVariables, variable: (name: string) => string | undefined): string {
  return names.filter((name) => variable(name) !== undefined).join(" and ");
}

/** What a configuration file may say. */
export interface ConfigScope {
  /** The family of the command that runs. */
  readonly family: string;
  /** The command that runs. */
  readonly command: string;
  /** Every family, with its commands and the names of their flags. Commands of the first one go without its name. */
  readonly families: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
}

/**
 * Flags from a configuration file.
 *
 * Shape: a JSON object of flag names and their values, for every command that has them, and of sections, which are such
 * objects for a command or for a family and its commands: `{"log": "json", "index": {"port": 5051}, "edge": {"lat": 40,
 * "meta": {"port": 8102}}}`. Of several values for a flag the innermost counts.
 *
 * @throws {UsageError} if the file cannot be read, is no such object, or has a name that no command knows.
 */
export async function configSource(files: Files, path: string, scope: ConfigScope): Promise<FlagSource> {
  const { family, command, families } = scope;
  const shown = escapeControls(path);
  const config = await readConfig(files, path, shown);
  const where = `Cannot use ${shown}`;
  const own: Commands = families.get(family) ?? new Map();
  const [[first, common] = [family, own]] = families;
  const all = new Set([...families.values()].flatMap((commands) => [...namesOf(commands)]));
  const values = new Map<string, string>();
  const read = (section: Record<string, unknown>, known: ReadonlySet<string>, sections: readonly string[]): void => {
    for (const [name, text] of readSection(section, { known, sections, where })) values.set(name, text);
  };
  read(config, all, [...families.keys(), ...common.keys()]);
  const ofFamily = sectionOf(config, family);
  read(ofFamily, namesOf(own), [...own.keys()]);
  const known = own.get(command) ?? new Set();
  if (family === first) read(sectionOf(config, command), known, []);
  read(sectionOf(ofFamily, command), known, []);
  return {
    label: (flag) => `${flag.name} in ${shown}`,
    get: (flag) => values.get(flag.name) || undefined,
  };
}

type Commands = ReadonlyMap<string, ReadonlySet<string>>;

function namesOf(commands: Commands): ReadonlySet<string> {
  return new Set([...commands.values()].flatMap((names) => [...names]));
}

interface SectionScope extends FlagScope {
  /** The names of sections in it. One of them may be a flag's, too: an object is a section. */
  readonly sections: readonly string[];
}

/** The flags that stand in a section itself. */
function readSection(
  section: Record<string, unknown>,
  { sections, ...scope }: SectionScope,
): Array<readonly [string, string]> {
  return Object.entries(section).flatMap(([name, value]) => {
    const isSection = sections.includes(name) && (isObject(value) || !scope.known.has(name));
    if (!isSection) return [[name, readFlagText(name, value, scope)] as const];
    if (!isObject(value)) throw new UsageError(`${scope.where}: "${name}" is not an object`);
    return [];
  });
}

/** The section of a name; empty if there is none. */
function sectionOf(within: Record<string, unknown>, name: string): Record<string, unknown> {
  const section = Object.hasOwn(within, name) ? within[name] : undefined;
  return isObject(section) ? section : {};
}

async function readConfig(files: Files, path: string, shown: string): Promise<Record<string, unknown>> {
  let config: unknown;
  try {
    const bytes = await readWhole(files, path, MAX_CONFIG_BYTES);
    config = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(error instanceof SyntaxError ? `Cannot parse ${shown}: ${reason}` : reason, { cause: error });
  }
  if (!isObject(config)) throw new UsageError(`Cannot use ${shown}: expected a JSON object`);
  return config;
}

/** Where the flags of a configuration stand, and which there are. */
export interface FlagScope {
  /** The names that may stand there. */
  readonly known: ReadonlySet<string>;
  /** What to say of the place in messages: `Cannot use lab.json`. */
  readonly where: string;
}

/**
 * Returns the text of a flag that stands in a configuration: its value is a text, a number, true or false.
 *
 * @throws {UsageError} if nothing of that name may stand there, or its value is of another kind.
 */
export function readFlagText(name: string, value: unknown, { known, where }: FlagScope): string {
  if (!known.has(name)) {
    const meant = nearest(name, known);
    const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
    throw new UsageError(`${where}: unknown flag "${escapeControls(name)}"${hint}`);
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw new UsageError(`${where}: "${name}" must be a text, a number, true or false`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
