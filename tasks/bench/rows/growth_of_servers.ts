/**
 * What more content servers cost the index and the monitor.
 *
 * @module
 */

import { sleep } from "../../../src/base/clock.ts";
import { MIB } from "../byte_units.ts";
import { fillIndex, lookupTarget, startHeartbeats, startRenewals } from "../catalogue.ts";
import { sampleGrowth } from "../growth_samples.ts";
import { requireUsage, usageOf } from "../process_usage.ts";
import { type GrowthColumn, tabulate } from "../results/growth.ts";
import type { Row, RowOutcome } from "../row.ts";
import { type Centre, startCentre } from "../running_role.ts";
import { askMany } from "../small_requests.ts";
import type { Workbench } from "../workbench.ts";

const FILES_EACH = 10;
const PERCENT = 100;

const COLUMNS: readonly GrowthColumn[] = [
  { name: "registration of all", unit: "s" },
  { name: "index: memory", unit: "MiB" },
  { name: "index: processor", unit: "%" },
  { name: "monitor: memory", unit: "MiB" },
  { name: "monitor: processor", unit: "%" },
  { name: "lookups", unit: "/s" },
  { name: "p99", unit: "ms" },
];

/** Registered servers that send heartbeats and register again, as real ones do; without files or clients. */
export const SERVERS: Row = {
  name: "servers",
  title: "Content servers of 10 files each, alive and renewing every 15 s",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    requireUsage();
    const samples = await sampleGrowth(bench, bench.sizes.serverCounts, (servers) => measureServers(bench, servers));
    return { growths: [tabulate("content servers", COLUMNS, samples)] };
  },
};

async function measureServers(bench: Workbench, servers: number): Promise<Readonly<Record<string, number>>> {
  const { atOnce, roundSeconds, renewMs, quietSeconds } = bench.sizes;
  const catalogue = { servers, filesEach: FILES_EACH };
  const centre = await startCentre(bench);
  const { index, monitor } = centre;
  await startHeartbeats(bench, monitor.udp!, catalogue);
  const { taken, seconds } = await fillIndex(bench, index.tcp, catalogue);
  startRenewals(bench, index.tcp, { taken, periodMs: renewMs });
  const before = await usageOfCentre(centre);
  await sleep(bench.env.clock, quietSeconds * 1_000, { signal: bench.signal });
  const after = await usageOfCentre(centre);
  const { rate, p99 } = await askMany(bench, await lookupTarget(bench, index.tcp, catalogue), {
    atOnce,
    seconds: roundSeconds,
  });
  const share = (role: keyof Centre): number =>
    (after[role].cpuSeconds - before[role].cpuSeconds) / quietSeconds * PERCENT;
  return {
    "registration of all": seconds,
    "index: memory": after.index.rssBytes / MIB,
    "index: processor": share("index"),
    "monitor: memory": after.monitor.rssBytes / MIB,
    "monitor: processor": share("monitor"),
    lookups: rate,
    p99,
  };
}

async function usageOfCentre(
  { index, monitor }: Centre,
): Promise<Record<keyof Centre, Awaited<ReturnType<typeof usageOf>>>> {
  const [ofIndex, ofMonitor] = await Promise.all([usageOf(index.pid), usageOf(monitor.pid)]);
  return { index: ofIndex, monitor: ofMonitor };
}
