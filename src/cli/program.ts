/**
 * The program: all of it as `microcdn`, or one role of it as a program of its own.
 *
 * @module
 */

import { unreachable } from "../base/invariant.ts";
import type { Env } from "../env/env.ts";
import { createLog, type Log, type LogLevel, renderJson, renderText } from "../env/log.ts";
import { CDN } from "./cdn.ts";
import { type Command, COMMON_FLAGS, type CommonValues, type Family, type Program } from "./command.ts";
import { readRequest } from "./command_line.ts";
import { Console } from "./console.ts";
import { EDGE } from "./edge.ts";
import { EXIT } from "./exit_codes.ts";
import { reportFailure } from "./failure.ts";
import { configSource, variableSource } from "./flag_sources.ts";
import { type CommandLine, type FlagSource, readFlag, readFlags, splitArgs } from "./flags.ts";
import type { Io } from "./io.ts";
import { renderOwnUnit, unitWanted } from "./own_unit.ts";
import { userPath } from "./paths.ts";
import { escapeControls } from "../env/escape_controls.ts";
import type { RoleProgram } from "./roles.ts";
import { callOf, PROGRAM, renderOverview, renderUsage } from "./usage.ts";
import { UsageError } from "./usage_error.ts";
import { VERSION } from "./version.ts";

/** Every family of commands. */
export const FAMILIES: readonly Family[] = [CDN, EDGE];

/** All of it. */
export const WHOLE: Program = { name: PROGRAM, families: FAMILIES };

/** A role alone: the program whose first words, the family and the role, are said already. */
export function programOf({ name, family, role }: RoleProgram): Program {
  return { name, families: FAMILIES.filter((one) => one.name === family), word: role };
}

/**
 * Runs the program.
 *
 * @example
 * ```ts
 * import { main } from "./program.ts";
 * import { systemIo } from "./system_io.ts";
 * const exitCode = await main(["--version"], systemIo());
 * if (exitCode !== 0) throw new Error("has no version");
 * ```
 *
 * @param args The arguments after the program's name.
 * @param program Which program. Default: all of it.
 * @returns The exit code. Failures are told on standard error; nothing is thrown.
 */
export async function main(args: readonly string[], io: Io, program: Program = WHOLE): Promise<number> {
  const console = new Console(io.errors);
  try {
    const request = readRequest(args, program);
    switch (request.kind) {
      case "version":
        return await print(io, renderVersion(program));
      case "overview":
        return await print(io, renderOverview(program, request.family));
      case "none":
        await io.errors.write(new TextEncoder().encode(renderOverview(program)));
        return EXIT.usage;
      case "usage":
        return await print(io, renderUsage(request.command, program));
      case "run": {
        const line = splitArgs(request.args, request.command.flags);
        return await runCommand(request.command, line, { io, console, program });
      }
      default:
        return unreachable(request);
    }
  } catch (error) {
    return reportFailure(console, error, { isVerbose: false });
  } finally {
    await console.flush();
  }
}

interface Surroundings {
  readonly io: Io;
  readonly console: Console;
  readonly program: Program;
}

async function runCommand(
  command: Command,
  line: CommandLine,
  { io, console, program }: Surroundings,
): Promise<number> {
  if (readFlag(COMMON_FLAGS.wantsHelp, [line])) return await print(io, renderUsage(command, program));
  if (readFlag(COMMON_FLAGS.wantsVersion, [line])) return await print(io, renderVersion(program));
  let isVerbose = false;
  try {
    checkLine(command, line);
    const env = await io.env();
    const sources = await findSources(command, line, env);
    const common = readFlags(COMMON_FLAGS, sources);
    isVerbose = common.isVerbose;
    const manager = unitWanted(command, line);
    if (manager !== undefined) {
      return await print(io, renderOwnUnit(command, { manager, sources, program, io, host: env.host }));
    }
    const log = openLog(command, common, { env, console });
    return await command.run({ env: { ...env, log }, io, console, common, program }, sources, line.operands);
  } catch (error) {
    const hinted = error instanceof UsageError
      ? new UsageError(`${error.message} (try ${callOf(command, program)} --help)`, { cause: error })
      : error;
    return reportFailure(console, hinted, { isVerbose });
  }
}

/** Refuses what cannot be understood before anything is done. */
function checkLine({ name, operands }: Command, line: CommandLine): void {
  const [problem] = line.problems;
  if (problem !== undefined) throw new UsageError(problem);
  const given = line.operands.length;
  const { min, max, placeholder } = operands ?? { min: 0, max: 0, placeholder: "" };
  if (given < min) throw new UsageError(`${name} needs ${max > min ? "at least " : ""}one ${placeholder}`);
  if (given <= max) return;
  const extra = `"${escapeControls(line.operands[max]!)}"`;
  throw new UsageError(
    max === 0 ? `${name} takes flags only, got ${extra}` : `${name} takes one ${placeholder}, got ${extra} too`,
  );
}

async function findSources(command: Command, line: CommandLine, env: Env): Promise<readonly FlagSource[]> {
  const sources = [line, variableSource(env.host)];
  const path = readFlag(COMMON_FLAGS.config, sources);
  if (path === undefined) return sources;
  const families = new Map(FAMILIES.map(({ name, commands }) => [name, new Map(commands.map(namesOf))] as const));
  const family = FAMILIES.find(({ commands }) => commands.includes(command))!.name;
  const config = await configSource(env.files, userPath(env.host, path), { family, command: command.name, families });
  return [...sources, config];
}

function namesOf({ name, flags }: Command): readonly [string, ReadonlySet<string>] {
  return [name, new Set(Object.values(flags).filter((flag) => !flag.onlyTyped).map((flag) => flag.name))];
}

function openLog(command: Command, common: CommonValues, { env, console }: { env: Env; console: Console }): Log {
  const colour = console.output.isTerminal && !env.host.variable("NO_COLOR");
  // A client's warnings are of what it mends itself; what it cannot mend is told at the end.
  const asked: LogLevel = command.kind === "role" ? common.isQuiet ? "warn" : "info" : "error";
  return createLog({
    clock: env.clock,
    source: command.name,
    level: common.isVerbose ? "debug" : asked,
    sink: (record) => console.line(common.log === "json" ? renderJson(record) : renderText(record, { colour })),
  });
}

async function print({ output }: Pick<Io, "output">, text: string): Promise<number> {
  await output.write(new TextEncoder().encode(text));
  return EXIT.done;
}

function renderVersion({ name }: Program): string {
  return `${name} ${VERSION}\n`;
}
