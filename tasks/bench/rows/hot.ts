/**
 * A large file that everyone has just asked for: how fast it goes out, and what that costs.
 *
 * @module
 */

import { GB, GIB } from "../byte_units.ts";
import { compete } from "../contest.ts";
import { entrantsAmong, type FileServer, startServers } from "../contestants.ts";
import { type Load, runLoad } from "../load/generator.ts";
import { TELLS_USAGE, TICK_SECONDS, usageOf } from "../process_usage.ts";
import { evaluate, type Metric } from "../results/measure.ts";
import type { Row, RowOutcome } from "../row.ts";
import type { Workbench } from "../workbench.ts";

const FILE = "hot.bin";
const DEADLINE_SECONDS = 120;

const RATE: Metric = { name: "rate", unit: "GB/s", targets: { "write() in C": { atLeast: 0.95 } } };
const COST: Metric = { name: "processor time", unit: "s/GiB" };

/** One reader, one after the other. */
export const HOT: Row = {
  name: "hot",
  title: "hot 256 MiB file, one reader",
  isQuick: true,
  run: (bench) => runHot(bench, { atOnce: 1, count: bench.sizes.hotReads }, bench.sizes.rounds),
};

/** Many readers at once. */
export const HOT_CROWD: Row = {
  name: "hot-crowd",
  title: "hot 256 MiB file, 32 readers",
  isQuick: false,
  run(bench): Promise<RowOutcome> {
    const { readers, longRounds } = bench.sizes;
    return runHot(bench, { atOnce: readers, count: readers }, longRounds);
  },
};

async function runHot(bench: Workbench, load: Pick<Load, "atOnce" | "count">, rounds: number): Promise<RowOutcome> {
  const { hotBytes } = bench.sizes;
  const folder = await bench.newFolder();
  await bench.newFile(folder, FILE, hotBytes);
  const entrants = entrantsAmong(bench, ["write() in C", "nginx", "python3"]);
  const servers = await startServers(bench, entrants, { folder, plainBytes: hotBytes });
  const measure = (server: FileServer): Promise<Readonly<Record<string, number>>> => measureOne(bench, server, load);
  // The first time fills caches.
  for (const server of servers) await measureOne(bench, server, { atOnce: 1, count: 1 });
  const samples = await compete(
    bench,
    servers.map((server) => ({ name: server.name, measure: () => measure(server) })),
    rounds,
  );
  return {
    measures: [RATE, ...TELLS_USAGE ? [COST] : []].map((metric) => evaluate(metric, samples)),
    leftOut: entrants.leftOut,
  };
}

async function measureOne(
  bench: Workbench,
  server: FileServer,
  load: Pick<Load, "atOnce" | "count">,
): Promise<Readonly<Record<string, number>>> {
  const before = await cpuSecondsOf(server);
  const target = server.target({ name: FILE, lengthBytes: bench.sizes.hotBytes });
  const { bytes, seconds } = await runLoad(bench, target, { ...load, deadlineSeconds: DEADLINE_SECONDS });
  const cpuSeconds = Math.max(await cpuSecondsOf(server) - before, TICK_SECONDS);
  return { rate: bytes / GB / seconds, "processor time": cpuSeconds / (bytes / GIB) };
}

async function cpuSecondsOf({ pid }: FileServer): Promise<number> {
  return TELLS_USAGE ? (await usageOf(pid)).cpuSeconds : 0;
}
