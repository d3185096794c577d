/**
 * The unit that runs a role as it was started just now.
 *
 * @module
 */

import { normalize } from "node:path/posix";
import type { Address } from "../base/address.ts";
import type { Host } from "../env/host.ts";
import {
  callWords,
  type Command,
  COMMON_FLAGS,
  type Program,
  SERVICE_FLAGS,
  type ServiceNeeds,
  type ServicePaths,
} from "./command.ts";
import { isSecretText } from "./engine_flags.ts";
import type { Flag } from "./flag.ts";
import { variableOf } from "./flag_sources.ts";
import { type FlagSource, readFlag } from "./flags.ts";
import type { Io } from "./io.ts";
import { type Executable, ownCommand, permissionFlags, readFlagOf } from "./own_command.ts";
import { isAbsolute, joinPath, userPath } from "./paths.ts";
import { type RoleProgram, ROLES, shortNameOf, WHOLE_PROGRAM } from "./roles.ts";
import { renderAdvice, renderUnit, type ServiceUnit } from "./service_unit.ts";
import { UsageError } from "./usage_error.ts";

/** Which unit a command line asks for, if it asks for one. */
export function unitWanted({ service }: Command, line: FlagSource): ServiceUnit["manager"] | undefined {
  if (service === undefined) return undefined;
  if (readFlag(SERVICE_FLAGS.printsUserUnit, [line])) return "user";
  return readFlag(SERVICE_FLAGS.printsUnit, [line]) ? "system" : undefined;
}

/** Options of {@link renderOwnUnit}. */
export interface OwnUnitOptions {
  /** Whose unit it is to be. */
  readonly manager: ServiceUnit["manager"];
  /** Where flags come from: the command line, the variables, and perhaps a file, of which the unit has the name. */
  readonly sources: readonly FlagSource[];
  /** The program that the command belongs to. */
  readonly program: Program;
  /** How it was started, and where. */
  readonly io: Pick<Io, "executable" | "folder">;
  /** The user's variables. */
  readonly host: Pick<Host, "variable">;
}

/**
 * Writes a unit with exactly the flags given, and a comment that says what to do with it.
 *
 * @throws {UsageError} if a flag cannot be read, or a path cannot stand in a unit.
 */
export function renderOwnUnit(command: Command, { manager, sources, program, io, host }: OwnUnitOptions): string {
  const here = io.folder();
  // Systemd passes over a path with ".." in it: the role would be without its folder.
  const fromHere = (path: string): string => normalize(isAbsolute(path) ? path : joinPath(here, path));
  const paths: ServicePaths = { fromHere, fromUser: (path) => fromHere(userPath(host, path)) };
  const needs = command.service!(sources, paths);
  const executable = io.executable();
  const role = roleOf(command, program);
  const given = readFlag(COMMON_FLAGS.config, sources);
  const config = given === undefined ? undefined : paths.fromUser(given);
  const words = [...callWords(command, program), ...argsOf(command, { sources, needs, paths })];
  const unit: ServiceUnit = {
    name: [role.name, ...needs.label === undefined ? [] : [needs.label.replace(/[^\w.-]+/g, "-")]].join("-"),
    description: ["Micro-CDN", ...descriptionOf(role), ...needs.label === undefined ? [] : [needs.label]].join(" "),
    command: commandOf(executable, words, { role, needs, config, fromHere }),
    manager,
    reads: [
      ...sourceOf(executable, fromHere),
      ...needs.folders,
      ...config === undefined ? [] : [config],
    ],
    writes: needs.writes ?? [],
    hasState: needs.hasState ?? false,
    secrets: [
      ...Object.values(command.flags).filter((flag) => isGivenSecret(flag, sources)).map(variableOf),
      ...needs.secrets ?? [],
    ],
    ports: portsOf(command, role, sources),
    drainMs: needs.drainMs,
    hasCache: executable.runtime === "deno" && executable.script !== undefined,
  };
  try {
    return renderAdvice(unit) + renderUnit(unit);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function roleOf(command: Command, { families }: Program): RoleProgram {
  const family = families.find(({ commands }) => commands.includes(command))!;
  return ROLES.find((role) => role.role === command.name && role.family === family.name)!;
}

function descriptionOf(role: RoleProgram): string[] {
  return shortNameOf(role).split("-");
}

/** Whether a flag is given that is not to be read by everybody who may read a unit. */
function isGivenSecret(flag: Flag<unknown>, sources: readonly FlagSource[]): boolean {
  return sources.slice(0, 2).some((source) => {
    const text = source.get(flag);
    return text !== undefined && isSecretText(flag, text);
  });
}

interface ArgsContext {
  readonly sources: readonly FlagSource[];
  readonly needs: ServiceNeeds;
  readonly paths: ServicePaths;
}

/** The flags as words, those of variables too, which a service has not. */
function argsOf({ flags }: Command, { sources, needs, paths }: ArgsContext): string[] {
  const [line, variables] = sources;
  return Object.values(flags).flatMap((flag) => {
    if (flag.onlyTyped) return [];
    const given = line?.get(flag) ?? variables?.get(flag);
    if (given !== undefined && isSecretText(flag, given)) return [];
    const full = given !== undefined && flag.isPath ? paths.fromUser(given) : given;
    const text = needs.fixed[flag.name] ?? full;
    return text === undefined ? [] : [`--${flag.name}=${text}`];
  });
}

interface CommandParts {
  readonly role: RoleProgram;
  readonly needs: ServiceNeeds;
  readonly config: string | undefined;
  readonly fromHere: (path: string) => string;
}

function commandOf(
  executable: Executable,
  words: readonly string[],
  { role: { permissions }, needs: { startsProcesses }, config, fromHere }: CommandParts,
): readonly [string, ...string[]] {
  const { path, script } = executable;
  const full = { ...executable, path: fromHere(path), script: script === undefined ? undefined : fromHere(script) };
  const may = permissionFlags({ ...permissions, ...startsProcesses && { run: true } });
  const reads = config === undefined || permissions.read ? [] : [readFlagOf(config)];
  return ownCommand(full, words, [...may, ...reads]);
}

/** What a runtime reads of us: one file, or all that the project's own modules are in. */
function sourceOf({ script }: Executable, fromHere: (path: string) => string): string[] {
  if (script === undefined) return [];
  const full = fromHere(script);
  const entry = [WHOLE_PROGRAM, ...ROLES].map(({ entry }) => `/${entry}`).find((entry) => full.endsWith(entry));
  return [entry === undefined ? full : full.slice(0, -entry.length)];
}

function portsOf({ flags }: Command, { ports }: RoleProgram, sources: readonly FlagSource[]): number[] {
  const names = new Set(ports.map(({ flag }) => flag));
  const own = Object.values(flags).filter(({ name }) => names.has(name)).map((flag) =>
    readFlag(flag, sources) as number
  );
  const admin = Object.values(flags).find(({ name }) => name === "admin");
  const address = admin === undefined ? undefined : readFlag(admin, sources) as Address | undefined;
  return address === undefined ? own : [...own, address.port];
}
