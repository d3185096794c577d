/**
 * `deno task ship`: the roles of an inventory onto the machines of an inventory, over ssh.
 *
 * @module
 */

import { dirname, isAbsolute, join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { unreachable } from "../src/base/invariant.ts";
import { EXIT } from "../src/cli/exit_codes.ts";
import type { FlagValues } from "../src/cli/flags.ts";
import type { Io } from "../src/cli/io.ts";
import { renderListing } from "../src/cli/listings.ts";
import { userPath } from "../src/cli/paths.ts";
import { exitCodeOf, listenForStop, type StopError } from "../src/cli/signals.ts";
import { runProgram } from "../src/cli/system_io.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { denoSpawn } from "../src/env/deno_processes.ts";
import { escapeControls } from "../src/env/escape_controls.ts";
import { FileError, type Files, readWhole } from "../src/env/files.ts";
import { nodeFiles } from "../src/env/node_files.ts";
import { readTaskLine } from "./cluster/options.ts";
import { printText, runTask } from "./cluster/running.ts";
import { Screen } from "./cluster/screen.ts";
import { standardOutput } from "./cluster/standard_output.ts";
import { isCapable, ROOT, variable } from "./cluster/surroundings.ts";
import { Artefacts } from "./ship/artefacts.ts";
import { type Order, readWords, type Request, SHIP_FLAGS } from "./ship/command_words.ts";
import { bringUp, inspect, restart, rollBack, stop } from "./ship/errands.ts";
import { Fleet } from "./ship/fleet.ts";
import { parseInventory } from "./ship/inventory.ts";
import { followLogs, lastLines } from "./ship/log_lines.ts";
import type { Machine } from "./ship/machine.ts";
import type { RemoteEnv } from "./ship/remote.ts";
import { roleKinds } from "./ship/role_kinds.ts";
import { type Selected, selectMachines } from "./ship/selection.ts";
import { isWell, renderStatus, STATUS_COLUMNS } from "./ship/status_row.ts";

const HELP = `Brings compiled roles to the machines of an inventory, over ssh, and looks after them there.

Usage:
  deno task ship INVENTORY [ORDER] [MACHINE[/ROLE]...] [FLAGS]

Orders:
  up        Copy what a machine lacks; start what is new, changed or stopped; leave the rest alone. The default
  status    Show each role: state, version, uptime, process id, and health if it has an admin flag
  logs      Show the last lines of each role's log
  restart   Stop each role, and start it again
  rollback  Go back to the version before: program and flags. Twice leads forth again
  stop      Stop each role; up starts it again

Without machines an order is for all of them. "deno task compile" makes what is sent.

Flags:
  -n, --lines N         How many lines of each log [20]
  -f, --follow          logs: show what comes, too, until Ctrl-C
      --dist DIR        Where the compiled programs are [dist]
      --copy-timeout S  How long copying one program may take [600]
  -h, --help            Show this help

Exit codes: 0 all is well; 1 a machine failed or, with status, a role is not well; 2 wrong inventory or flags; 5 a file
here cannot be read; 130 Ctrl-C: what a machine has begun it finishes.
`;

type Values = FlagValues<typeof SHIP_FLAGS>;

/** The longest inventory: thousands of roles. */
const MAX_INVENTORY_BYTES = 4_194_304;

async function main(args: readonly string[], io: Io): Promise<number> {
  return await runTask(io, async () => {
    const { values, operands } = readTaskLine("ship", args, SHIP_FLAGS);
    if (values.wantsHelp) return await printText(io, HELP);
    const request = readRequest(operands, values);
    const env: RemoteEnv = { spawn: denoSpawn, clock: systemClock(), files: nodeFiles() };
    const machines = await readInventory(env.files, request.path);
    const selected = selectMachines(machines, request.names);
    const library = (await Deno.readTextFile(new URL("ship/machine.sh", import.meta.url))).trimEnd();
    const output = standardOutput();
    const screen = new Screen(output, { hasStatus: isCapable(output) });
    const requests = listenForStop(io, { clock: env.clock, supervised: false });
    const { signal } = requests;
    const fleet = new Fleet({ env, selected, screen, library, copyMs: values.copyMs, signal });
    const job: Job = { fleet, screen, env, values, io, selected };
    try {
      const isGood = await Promise.race([execute(job, request.order), requests.forced, screen.lost]);
      if (typeof isGood === "number") return isGood;
      if (isGood === undefined) return EXIT.outputClosed;
      if (signal.aborted) return exitCodeOf((signal.reason as StopError).stopCause);
      return isGood ? EXIT.done : 1;
    } finally {
      await screen.finish(env.clock);
      requests.close();
    }
  });
}

function readRequest(operands: readonly string[], { follows }: Values): Request {
  try {
    const request = readWords(operands);
    if (follows && request.order !== "logs") throw new UsageError("only logs can be followed");
    return request;
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${error.message} (try deno task ship --help)`);
    throw error;
  }
}

/** Reads an inventory; the paths of keys and configurations in it start where it is. */
async function readInventory(files: Files, path: string): Promise<readonly Machine[]> {
  const full = userPath({ variable }, path);
  const shown = escapeControls(path);
  try {
    const text = new TextDecoder().decode(await readWhole(files, full, MAX_INVENTORY_BYTES));
    const machines = parseInventory(text, roleKinds()).map((machine) => withFullPaths(machine, dirname(full)));
    await checkPaths(files, machines);
    return machines;
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`Cannot use ${shown}: ${error.message}`, { cause: error });
    throw error;
  }
}

function withFullPaths(machine: Machine, folder: string): Machine {
  const { identity, config, ...rest } = machine;
  return {
    ...rest,
    ...(identity !== undefined && { identity: fullPath(identity, folder) }),
    ...(config !== undefined && { config: fullPath(config, folder) }),
  };
}

function fullPath(path: string, folder: string): string {
  const home = variable("HOME");
  if (path.startsWith("~/") && home !== undefined) return join(home, path.slice(2));
  return isAbsolute(path) ? path : join(folder, path);
}

/** Without a key ssh would go on, and fail for another reason. */
async function checkPaths(files: Files, machines: readonly Machine[]): Promise<void> {
  for (const { name, identity, config } of machines) {
    for (const [key, path] of Object.entries({ identity, config })) {
      if (path === undefined) continue;
      await files.info(path).catch((error) => {
        if (!(error instanceof FileError)) throw error;
        throw new UsageError(`machine "${name}": "${key}": ${error.message}`, { cause: error });
      });
    }
  }
}

interface Job {
  readonly fleet: Fleet;
  readonly screen: Screen;
  readonly env: RemoteEnv;
  readonly values: Values;
  readonly io: Io;
  readonly selected: readonly Selected[];
}

/** The most logs that are followed at once: each is a connection. */
const MAX_FOLLOWED = 50;

/** Does what was asked for. Returns whether all of it went well. */
async function execute(job: Job, order: Order): Promise<boolean> {
  const { fleet, values: { dist }, env: { files } } = job;
  switch (order) {
    case "up": {
      const folder = dist === undefined ? `${ROOT}/dist` : userPath({ variable }, dist);
      const artefacts = new Artefacts(files, folder);
      return await fleet.run((errand) => bringUp(errand, artefacts));
    }
    case "restart":
      return await fleet.run(restart);
    case "rollback":
      return await fleet.run(rollBack);
    case "stop":
      return await fleet.run(stop);
    case "status":
      return await showStatus(job);
    case "logs":
      return job.values.follows ? await follow(job) : await showLogs(job);
    default:
      return unreachable(order);
  }
}

async function showStatus({ fleet, screen, env, io }: Job): Promise<boolean> {
  const all = await fleet.each(inspect);
  await screen.finish(env.clock);
  const statuses = all.flatMap((one) => one ?? []);
  const listing = { columns: STATUS_COLUMNS, rows: statuses.map(renderStatus) };
  const { isTerminal } = io.output;
  if (statuses.length > 0) await printText(io, renderListing(listing, { isTerminal, hasTitles: true }));
  return !all.includes(undefined) && statuses.every(isWell);
}

async function showLogs({ fleet, screen, env, values, io }: Job): Promise<boolean> {
  const all = await fleet.each((errand) => lastLines(errand, values.lines));
  await screen.finish(env.clock);
  for (const lines of all) if (lines !== undefined) await printText(io, lines.map((line) => `${line}\n`).join(""));
  return !all.includes(undefined);
}

async function follow({ fleet, screen, values, selected }: Job): Promise<boolean> {
  const count = selected.reduce((sum, { machine }) => sum + machine.roles.length, 0);
  if (count > MAX_FOLLOWED) {
    throw new UsageError(`at most ${MAX_FOLLOWED} logs can be followed: name machines or roles`);
  }
  const all = await fleet.each((errand) => followLogs(errand, values.lines, (line) => screen.line(line)), count);
  return !all.includes(undefined);
}

if (import.meta.main) await runProgram(main);
