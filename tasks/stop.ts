/**
 * `deno task stop`: ends the cluster that runs, wherever it was started.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { DeadlineError } from "../src/base/deadline.ts";
import { EXIT } from "../src/cli/exit_codes.ts";
import { CommandError } from "../src/cli/failure.ts";
import type { Io } from "../src/cli/io.ts";
import { escapeControls } from "../src/env/escape_controls.ts";
import { runProgram } from "../src/cli/system_io.ts";
import { denoNet } from "../src/net/deno.ts";
import { NetError } from "../src/net/net_error.ts";
import type { ClusterFamily } from "./cluster/cluster_family.ts";
import { type ControlEnv, findCluster, orderStop } from "./cluster/control.ts";
import { controlPath, type ControlRecord, readControl, removeControl } from "./cluster/control_file.ts";
import { familyOf, othersOf } from "./cluster/families.ts";
import { readTaskLine, STOP_FLAGS } from "./cluster/options.ts";
import { printText, runTask } from "./cluster/running.ts";
import { dataFolder, taskCommand } from "./cluster/surroundings.ts";

const HELP = `Ends the cluster that "deno task cluster" started, or that of "deno task cluster edge", and waits until
every role of it has ended.

Usage:
  deno task stop [FLAGS]
  deno task stop edge [FLAGS]

Flags:
      --data DIR  Where the running cluster is noted down [.microcdn/cdn, .microcdn/edge]
  -h, --help      Show this help

Exit codes: 0 the cluster has ended, or none ran; 2 wrong flags; 3 it does not end.
`;

/** Three stages of eight seconds at most, and some more. */
const STOP_MS = 30_000;

async function main(args: readonly string[], io: Io): Promise<number> {
  return await runTask(io, async () => {
    const { values, operands } = readTaskLine("stop", args, STOP_FLAGS);
    if (values.wantsHelp) return await printText(io, HELP);
    const family = familyOf("stop", operands);
    const say = async (line: string): Promise<void> => void await printText(io, `${escapeControls(line)}\n`);
    const path = controlPath(dataFolder(values.data, family.name));
    const record = await readControl(path);
    const env: ControlEnv = { net: denoNet(), clock: systemClock() };
    const state = record === undefined || record === "broken" ? "gone" : await findCluster(env, record);
    if (state === "gone") {
      if (record !== undefined) await removeControl(path, record === "broken" ? "broken" : record.token);
      await say(record === undefined ? "No cluster runs" : "No cluster runs; what a dead one left is cleared away");
      if (values.data === undefined) await mentionOthers(env, family, say);
      return EXIT.done;
    }
    if (state === "silent") throw silent(record as ControlRecord);
    await stopCluster(env, record as ControlRecord, say);
    return EXIT.done;
  });
}

/** Says how to end a cluster of another family, which may be the one that was meant. */
async function mentionOthers(
  env: ControlEnv,
  family: ClusterFamily,
  say: (line: string) => Promise<void>,
): Promise<void> {
  for (const other of othersOf(family)) {
    const record = await readControl(controlPath(dataFolder(undefined, other.name)));
    if (record === undefined || record === "broken" || await findCluster(env, record) === "gone") continue;
    await say(`One of ${other.name} does: ${[taskCommand(), "stop", ...other.words].join(" ")}`);
  }
}

async function stopCluster(
  env: ControlEnv,
  record: ControlRecord,
  say: (line: string) => Promise<void>,
): Promise<void> {
  const { pid, since } = record;
  await say(`Stopping the cluster (pid ${pid}, since ${since.slice(0, 19).replace("T", " ")} UTC)`);
  try {
    await orderStop(env, record, { deadlineMs: STOP_MS, onLine: (line) => void say(`  ${line}`) });
  } catch (error) {
    if (error instanceof DeadlineError) throw silent(record);
    // It was killed meanwhile: its roles end by themselves then.
    if (!(error instanceof NetError)) throw error;
    return await say("It ended before it said so");
  }
  await say("The cluster has ended");
}

/** A cluster that is held up, as by Ctrl-Z. A signal might reach a stranger who has its process id by now. */
function silent({ pid }: ControlRecord): CommandError {
  return new CommandError(EXIT.network, `Cannot stop the cluster: it does not answer (pid ${pid}); wake or kill it`);
}

if (import.meta.main) await runProgram(main);
