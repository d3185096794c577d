/**
 * The same content server in each form that there is: how large, how quick to start, how much memory, how fast.
 *
 * @module
 */

import { sleep } from "../../../src/base/clock.ts";
import { GB, MIB } from "../byte_units.ts";
import { compete, type Contender } from "../contest.ts";
import { firstAnswer } from "../first_answer.ts";
import { HELLO_FILE, newHelloFolder } from "../hello_file.ts";
import { lineTarget, runLoad } from "../load/generator.ts";
import { unescapeText } from "../load/options.ts";
import { buildOwnPrograms, type OwnProgram, type OwnPrograms } from "../own_programs.ts";
import { requireUsage, usageOf } from "../process_usage.ts";
import { evaluate, type Metric } from "../results/measure.ts";
import type { Row, RowOutcome } from "../row.ts";
import { startContentServer } from "../running_role.ts";
import type { Workbench } from "../workbench.ts";

const LARGE = "hot.bin";
const DEADLINE_SECONDS = 120;
/** How long a server is left alone before it counts as at rest: what it only needed to start is given back by then. */
const REST_MS = 1_000;

const METRICS: readonly Metric[] = [
  { name: "program", unit: "MiB" },
  { name: "program and runtime", unit: "MiB" },
  { name: "start to first answer", unit: "ms" },
  { name: "memory at rest", unit: "MiB" },
  { name: "hot file, one reader", unit: "GB/s" },
];

/** A content server from source, on other runtimes, and compiled. */
export const RUNTIMES: Row = {
  name: "runtimes",
  title: "content server by runtime",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    return await measureForms(bench, await buildOwnPrograms(bench));
  },
};

/** Measures what was built, in turns. */
export async function measureForms(bench: Workbench, { programs, leftOut }: OwnPrograms): Promise<RowOutcome> {
  requireUsage();
  const folder = await newHelloFolder(bench);
  await bench.newFile(folder, LARGE, bench.sizes.hotBytes);
  const contenders = programs.map((program): Contender => ({
    name: program.name,
    measure: () => measureOne(bench, program, folder),
  }));
  // The first time fills caches.
  for (const { measure } of contenders) await measure();
  const samples = await compete(bench, contenders, bench.sizes.rounds);
  return { measures: METRICS.map((metric) => evaluate(metric, samples)), leftOut };
}

async function measureOne(
  bench: Workbench,
  { command, copiedBytes, runtimeBytes }: OwnProgram,
  folder: string,
): Promise<Readonly<Record<string, number>>> {
  const beganMs = performance.now();
  const server = await startContentServer(bench, { folder, program: command });
  const { port } = server.tcp;
  await firstAnswer(bench, port, unescapeText(lineTarget(port, HELLO_FILE).request));
  const startMs = performance.now() - beganMs;
  const restMs = Math.min(REST_MS, bench.sizes.quietSeconds * 1_000);
  await sleep(bench.env.clock, restMs, { signal: bench.signal });
  const { rssBytes } = await usageOf(server.pid);
  const target = lineTarget(port, { name: LARGE, lengthBytes: bench.sizes.hotBytes });
  const load = { atOnce: 1, count: bench.sizes.hotReads, deadlineSeconds: DEADLINE_SECONDS };
  const { bytes, seconds } = await runLoad(bench, target, load);
  await server.stop();
  return {
    program: copiedBytes / MIB,
    "program and runtime": (copiedBytes + runtimeBytes) / MIB,
    "start to first answer": startMs,
    "memory at rest": rssBytes / MIB,
    "hot file, one reader": bytes / GB / seconds,
  };
}
