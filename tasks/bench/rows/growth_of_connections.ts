/**
 * What more connections at once cost a content server, beside nginx.
 *
 * @module
 */

import { MIB } from "../byte_units.ts";
import { entrantsAmong, type FileServer, startServers } from "../contestants.ts";
import { sampleGrowth } from "../growth_samples.ts";
import { HELLO_FILE, newHelloFolder } from "../hello_file.ts";
import { requireUsage, usageOf } from "../process_usage.ts";
import { type GrowthColumn, tabulate } from "../results/growth.ts";
import type { Row, RowOutcome } from "../row.ts";
import { askMany } from "../small_requests.ts";
import type { Workbench } from "../workbench.ts";

/** A connection a request, more and more at once. */
export const CONNECTIONS: Row = {
  name: "connections",
  title: "Connections at once, each for one hello.txt",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    requireUsage();
    const { names, leftOut } = entrantsAmong(bench, ["nginx"]);
    const columns = names.flatMap((name): GrowthColumn[] => [
      { name: `${name}: rate`, unit: "/s" },
      { name: `${name}: p99`, unit: "ms" },
      { name: `${name}: peak memory`, unit: "MiB" },
    ]);
    const samples = await sampleGrowth(bench, bench.sizes.connCounts, async (conns) => {
      const folder = await newHelloFolder(bench);
      const values: Record<string, number> = {};
      for (const server of await startServers(bench, { names }, { folder })) {
        Object.assign(values, await measureOne(bench, server, conns));
      }
      return values;
    });
    return { growths: [tabulate("connections", columns, samples)], leftOut };
  },
};

async function measureOne(
  bench: Workbench,
  { name, pid, target }: FileServer,
  atOnce: number,
): Promise<Readonly<Record<string, number>>> {
  const { roundSeconds } = bench.sizes;
  const load = { atOnce, seconds: roundSeconds };
  // The first time a runtime compiles what it runs.
  await askMany(bench, target(HELLO_FILE), load);
  const { rate, p99 } = await askMany(bench, target(HELLO_FILE), load);
  const { peakBytes } = await usageOf(pid);
  return { [`${name}: rate`]: rate, [`${name}: p99`]: p99, [`${name}: peak memory`]: peakBytes / MIB };
}
