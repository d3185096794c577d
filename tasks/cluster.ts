/**
 * `deno task cluster`: the roles of a family as processes of their own, in one terminal.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { onAbort } from "../src/base/abort.ts";
import { EXIT } from "../src/cli/exit_codes.ts";
import { CommandError } from "../src/cli/failure.ts";
import type { FlagValues } from "../src/cli/flags.ts";
import type { Io } from "../src/cli/io.ts";
import { listenForStop, type StopRequests } from "../src/cli/signals.ts";
import { escapeControls } from "../src/env/escape_controls.ts";
import { runProgram } from "../src/cli/system_io.ts";
import { FileError } from "../src/env/files.ts";
import { denoNet } from "../src/net/deno.ts";
import { renderBanner } from "./cluster/banner.ts";
import { type ControlEnv, ControlServer, findCluster } from "./cluster/control.ts";
import {
  controlPath,
  type ControlRecord,
  createToken,
  readControl,
  removeControl,
  writeControl,
} from "./cluster/control_file.ts";
import { CLUSTER_FLAGS, readTaskLine } from "./cluster/options.ts";
import { ansiPaint, plainPaint } from "./cluster/paint.ts";
import { familyOf } from "./cluster/families.ts";
import type { MemberPlan } from "./cluster/plan.ts";
import { describePortProblem, findFreePlan } from "./cluster/ports.ts";
import { onSuspend, printText, runTask } from "./cluster/running.ts";
import { Screen } from "./cluster/screen.ts";
import { standardOutput } from "./cluster/standard_output.ts";
import { Supervisor } from "./cluster/supervisor.ts";
import { dataFolder, isCapable, ROOT, taskCommand, wantsColour } from "./cluster/surroundings.ts";

const HELP = `Runs a Micro-CDN on this machine, each role a process of its own.

Usage:
  deno task cluster [FLAGS]       A monitor, an index and two content servers, over a line protocol
  deno task cluster edge [FLAGS]  A meta server, a store, an origin and two nodes, over HTTP

Flags:
      --port-offset N  Add N to every port, such as 300 for a second cluster [0]
      --timeout S      A content server, or a node, silent for longer is dead [8]
  -v, --verbose        Show every message, heartbeats too
      --data DIR       Where the running cluster is noted down, for "deno task stop"; edge: with its files, catalogue
                       and caches, which the next start finds again [.microcdn/cdn, .microcdn/edge]
  -h, --help           Show this help

Ports of cdn: index TCP 5050; monitor UDP 6000, TCP 6001; CS1 TCP 7001, UDP 7002; CS2 TCP 7101, UDP 7102.
Ports of edge, all TCP: origin 8001, meta 8002, store 5050, nodes 4000 and 4100.
Each role also serves /health, /metrics and /state over HTTP, 10,000 above its TCP port. All of it on 127.0.0.1 only.
A cluster of each family can run at once: index and store would have one port, so the second moves, and says where to.

Ctrl-C or "deno task stop [edge]" ends it; a second Ctrl-C kills it. A role that dies is reported, and the others go on.

Exit codes: 0 stopped as asked, 1 every role died, 2 wrong flags, 3 a port is in use or a cluster runs already.
`;

type Values = FlagValues<typeof CLUSTER_FLAGS>;

async function main(args: readonly string[], io: Io): Promise<number> {
  return await runTask(io, async () => {
    const { values, operands } = readTaskLine("cluster", args, CLUSTER_FLAGS);
    if (values.wantsHelp) return await printText(io, HELP);
    const family = familyOf("cluster", operands);
    const env: ControlEnv = { net: denoNet(), clock: systemClock() };
    const folder = dataFolder(values.data, family.name);
    await refuseSecond(env, folder, [...family.words, ...stopFlags(values)]);
    const { offset, timeoutMs, isVerbose } = values;
    const contentFolder = `${ROOT}/content`;
    const options = { offset, timeoutMs, isVerbose, contentFolder, dataFolder: folder };
    const finding = await findFreePlan(env.net, (moved) => family.plan({ ...options, moved }));
    if (finding.kind === "taken") {
      const lines = finding.problems.map((one) => describePortProblem(one, offset, family.words));
      throw new CommandError(EXIT.network, lines.join("\n"));
    }
    const { plan, moved } = finding;
    const stop = listenForStop(io, { clock: env.clock, supervised: false });
    const output = standardOutput();
    const screen = new Screen(output, { hasStatus: isCapable(output) });
    const paint = wantsColour(output) ? ansiPaint : plainPaint;
    const off = onSuspend(() =>
      screen.line("Ctrl-Z has no effect here: the roles would run on with nobody to look after them")
    );
    const task = taskCommand();
    const banner = { family, offset, moved, contentFolder, task, stopFlags: stopFlags(values), paint };
    if (moved > 0) screen.line(paint("yellow", describeMove(plan)));
    for (const line of renderBanner(plan, banner)) screen.line(line);
    const supervisor = new Supervisor({ env, family, plan, screen, paint, showsHeartbeats: isVerbose, task });
    let forced: number | undefined;
    void stop.forced.then((code) => {
      forced = code;
      // With nobody left to wait for, the rest of it is quick.
      supervisor.kill();
    });
    try {
      const code = await supervise({ env, folder, screen, stop, supervisor });
      return forced ?? code;
    } finally {
      supervisor.kill();
      stop.close();
      off();
    }
  });
}

/** Says that a role is elsewhere than its document has it. */
function describeMove(plan: readonly MemberPlan[]): string {
  const { label, ports: [use] } = plan.find(({ mayMove }) => mayMove)!;
  const family = "a cluster of another family, perhaps";
  return `The documented port of the ${label} is in use (${family}): it is at ${use!.transport} ${use!.port} this time`;
}

/** What `stop` needs to find this cluster. */
function stopFlags({ data }: Values): string[] {
  return data === undefined ? [] : ["--data", data];
}

/** Looks for a cluster that runs already, and clears away what a dead one left. */
async function refuseSecond(env: ControlEnv, folder: string, words: readonly string[]): Promise<void> {
  const path = controlPath(folder);
  const found = await readControl(path);
  if (found === undefined) return;
  if (found === "broken") return await removeControl(path, "broken");
  const state = await findCluster(env, found);
  const stop = [taskCommand(), "stop", ...words].join(" ");
  switch (state) {
    case "alive":
      throw new CommandError(EXIT.network, `A cluster runs already (pid ${found.pid}): ${stop}`);
    case "silent":
      throw new CommandError(
        EXIT.network,
        `A cluster (pid ${found.pid}) is there but does not answer: wake or kill it`,
      );
    case "gone":
      await removeControl(path, found.token);
  }
}

interface Parts {
  readonly env: ControlEnv;
  readonly folder: string;
  readonly screen: Screen;
  readonly stop: StopRequests;
  readonly supervisor: Supervisor;
}

/** Runs the cluster until it is asked to stop, all of it died, or nobody reads the output any more. */
async function supervise({ env, folder, screen, stop, supervisor }: Parts): Promise<number> {
  const ending = new AbortController();
  const asked = new Promise<"asked">((resolve) => onAbort(ending.signal, () => resolve("asked")));
  onAbort(stop.signal, () => ending.abort());
  const token = createToken();
  const control = await ControlServer.start(env, { token, onStop: () => ending.abort() });
  const record = { pid: Deno.pid, port: control.port, token, since: new Date(env.clock.unixMs()).toISOString() };
  await noteDown(folder, record, screen);
  const following = supervisor.follow(ending.signal);
  const starting = supervisor.start(ending.signal);
  const outcome = await Promise.race([
    asked,
    supervisor.allEnded.then(() => "died" as const),
    screen.lost.then(() => "lost" as const),
  ]);
  ending.abort();
  await Promise.all([following, starting]);
  await supervisor.stop((line) => {
    screen.line(line);
    void control.tell(line);
  });
  await removeControl(controlPath(folder), token).catch((error: Error) => screen.line(escapeControls(error.message)));
  await control.close();
  if (outcome === "died") screen.line("Every role has ended");
  await screen.finish(env.clock);
  return outcome === "asked" ? EXIT.done : outcome === "lost" ? EXIT.outputClosed : 1;
}

/** Lets `deno task stop` find this cluster. A folder that cannot be written is no reason not to run. */
async function noteDown(folder: string, record: ControlRecord, screen: Screen): Promise<void> {
  try {
    await writeControl(folder, record);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (error.code === "exists") {
      throw new CommandError(EXIT.network, `Another cluster has just started: ${controlPath(folder)} is there`);
    }
    screen.line(escapeControls(`"deno task stop" will not find this cluster: ${error.message}`));
  }
}

if (import.meta.main) await runProgram(main);
