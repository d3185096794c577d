/**
 * Where flags come from beside the command line: variables and a configuration file. A flag wins over a variable, a
 * variable over the file.
 *
 * @module
 */

import { type Files, readWhole } from "../env/files.ts";
import type { Host } from "../env/host.ts";
import type { Flag } from "./flag.ts";
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

/** Flags from `MICROCDN_*` variables. An empty one counts as unset. */
export function variableSource(host: Pick<Host, "variable">): FlagSource {
  return {
    label: variableOf,
    get: (flag) => host.variable(variableOf(flag)) || undefined,
  };
}

/** What a configuration file may say. */
export interface ConfigScope {
  /** The command that runs. */
  readonly command: string;
  /** Every command, with the names of its flags. */
  readonly commands: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Flags from a configuration file.
 *
 * Shape: a JSON object of flag names and their values, for every command that has them, and of command names with such
 * an object each, which counts for that command and goes first: `{"log": "json", "index": {"port": 5051}}`.
 *
 * @throws {UsageError} if the file cannot be read, is no such object, or has a name that no command knows.
 */
export async function configSource(files: Files, path: string, scope: ConfigScope): Promise<FlagSource> {
  const shown = escapeControls(path);
  const config = await readConfig(files, path, shown);
  const known = new Set([...scope.commands.values()].flatMap((names) => [...names]));
  const where = `Cannot use ${shown}`;
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(config)) {
    if (scope.commands.has(name)) continue;
    values.set(name, readFlagText(name, value, { known, where }));
  }
  const section = config[scope.command];
  if (section !== undefined) {
    if (!isObject(section)) throw new UsageError(`${where}: "${scope.command}" is not an object`);
    const own = scope.commands.get(scope.command) ?? known;
    for (const [name, value] of Object.entries(section)) {
      values.set(name, readFlagText(name, value, { known: own, where }));
    }
  }
  return {
    label: (flag) => `${flag.name} in ${shown}`,
    get: (flag) => values.get(flag.name) || undefined,
  };
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
