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
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(config)) {
    if (scope.commands.has(name)) continue;
    values.set(name, readValue(name, value, known, shown));
  }
  const section = config[scope.command];
  if (section !== undefined) {
    if (!isObject(section)) throw new UsageError(`Cannot use ${shown}: "${scope.command}" is not an object`);
    const own = scope.commands.get(scope.command) ?? known;
    for (const [name, value] of Object.entries(section)) values.set(name, readValue(name, value, own, shown));
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

function readValue(name: string, value: unknown, known: ReadonlySet<string>, shown: string): string {
  if (!known.has(name)) {
    const meant = nearest(name, known);
    const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
    throw new UsageError(`Cannot use ${shown}: unknown flag "${escapeControls(name)}"${hint}`);
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw new UsageError(`Cannot use ${shown}: "${name}" must be a text, a number, true or false`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
