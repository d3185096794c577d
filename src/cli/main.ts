/**
 * The program `microcdn`.
 *
 * @module
 */

import { unreachable } from "../base/invariant.ts";
import type { Env } from "../env/env.ts";
import { createLog, type Log, type LogLevel, renderJson, renderText } from "../env/log.ts";
import { CDN } from "./cdn.ts";
import { type Command, COMMON_FLAGS, type CommonValues, type Family } from "./command.ts";
import { readRequest } from "./command_line.ts";
import { Console } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import { reportFailure } from "./failure.ts";
import { configSource, variableSource } from "./flag_sources.ts";
import { type CommandLine, type FlagSource, readFlag, readFlags, splitArgs } from "./flags.ts";
import type { Io } from "./io.ts";
import { userPath } from "./paths.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { isProgram, runProgram } from "./system_io.ts";
import { PROGRAM, renderOverview, renderUsage } from "./usage.ts";
import { UsageError } from "./usage_error.ts";
import { VERSION } from "./version.ts";

/** Every family of commands. */
export const FAMILIES: readonly Family[] = [CDN];

/**
 * Runs the program.
 *
 * @example
 * ```ts
 * import { main } from "./main.ts";
 * import { systemIo } from "./system_io.ts";
 * const exitCode = await main(["--version"], systemIo());
 * if (exitCode !== 0) throw new Error("has no version");
 * ```
 *
 * @param args The arguments after the program's name.
 * @returns The exit code. Failures are told on standard error; nothing is thrown.
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const console = new Console(io.errors);
  try {
    const request = readRequest(args, FAMILIES);
    switch (request.kind) {
      case "version":
        return await print(io, renderVersion());
      case "overview":
        return await print(io, renderOverview(FAMILIES));
      case "none":
        await io.errors.write(new TextEncoder().encode(renderOverview(FAMILIES)));
        return EXIT.usage;
      case "usage":
        return await print(io, renderUsage(request.command));
      case "run":
        return await runCommand(request.command, splitArgs(request.args, request.command.flags), { io, console });
      default:
        return unreachable(request);
    }
  } catch (error) {
    return reportFailure(console, error, { isVerbose: false });
  } finally {
    await console.flush();
  }
}

interface Streams {
  readonly io: Io;
  readonly console: Console;
}

async function runCommand(command: Command, line: CommandLine, { io, console }: Streams): Promise<number> {
  if (readFlag(COMMON_FLAGS.wantsHelp, [line])) return await print(io, renderUsage(command));
  if (readFlag(COMMON_FLAGS.wantsVersion, [line])) return await print(io, renderVersion());
  let isVerbose = false;
  try {
    checkLine(command, line);
    const env = await io.env();
    const sources = await findSources(command, line, env);
    const common = readFlags(COMMON_FLAGS, sources);
    isVerbose = common.isVerbose;
    const log = openLog(command, common, { env, console });
    return await command.run({ env: { ...env, log }, io, console, common }, sources, line.operands);
  } catch (error) {
    const hinted = error instanceof UsageError
      ? new UsageError(`${error.message} (try ${PROGRAM} ${command.name} --help)`, { cause: error })
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
  const commands = FAMILIES.flatMap((family) => family.commands);
  const scope = new Map(
    commands.map(({ name, flags }) =>
      [name, new Set(Object.values(flags).filter((flag) => !flag.onlyTyped).map((flag) => flag.name))] as const
    ),
  );
  const config = await configSource(env.files, userPath(env.host, path), { command: command.name, commands: scope });
  return [...sources, config];
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

function renderVersion(): string {
  return `${PROGRAM} ${VERSION}\n`;
}

if (isProgram(import.meta.main, import.meta.url)) await runProgram(main);
