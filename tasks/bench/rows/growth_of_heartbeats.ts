/**
 * How many heartbeats a monitor can hear.
 *
 * @module
 */

import { NO_COMPILER } from "../c_program.ts";
import { freePort } from "../contestants.ts";
import { sampleGrowth } from "../growth_samples.ts";
import { LeftOut } from "../left_out.ts";
import { requireUsage, usageOf } from "../process_usage.ts";
import { type GrowthColumn, tabulate } from "../results/growth.ts";
import type { Row, RowOutcome } from "../row.ts";
import { startAlone } from "../running_role.ts";
import type { Workbench } from "../workbench.ts";

const US_A_SECOND = 1e6;
const GRACE_MS = 10_000;
const COUNTER = /^microcdn_heartbeats_total (\d+)$/m;

const COLUMNS: readonly GrowthColumn[] = [
  { name: "sent", unit: "/s" },
  { name: "handled", unit: "/s" },
  { name: "processor time each", unit: "µs" },
];

/** As many as can be sent. */
export const HEARTBEATS: Row = {
  name: "heartbeats",
  title: "Heartbeats at the monitor, as many as can be sent",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    const { heartbeats: sender } = bench.tools.compiled;
    if (sender === undefined) throw new LeftOut(NO_COMPILER);
    requireUsage();
    const samples = await sampleGrowth(bench, bench.sizes.serverCounts, (servers) => flood(bench, sender, servers));
    return { growths: [tabulate("content servers", COLUMNS, samples)] };
  },
};

async function flood(bench: Workbench, sender: string, servers: number): Promise<Readonly<Record<string, number>>> {
  const { roundSeconds } = bench.sizes;
  const adminPort = await freePort(bench);
  const monitor = await startAlone(bench, "monitor", ["--admin", `127.0.0.1:${adminPort}`]);
  const send = async (): Promise<{ sent: number; seconds: number }> => {
    const command = [sender, String(monitor.udp!.port), String(servers), String(roundSeconds), "0"] as const;
    const [line] = await bench.run("heartbeats", command, { deadlineMs: roundSeconds * 1_000 + GRACE_MS });
    return JSON.parse(line!);
  };
  // The first time makes everyone known, and warms the compiler up.
  await send();
  const [before, heardBefore] = [await usageOf(monitor.pid), await heard(adminPort)];
  const { sent, seconds } = await send();
  const [after, heardAfter] = [await usageOf(monitor.pid), await heard(adminPort)];
  const handled = heardAfter - heardBefore;
  return {
    sent: sent / seconds,
    handled: handled / seconds,
    "processor time each": (after.cpuSeconds - before.cpuSeconds) / handled * US_A_SECOND,
  };
}

/** How many heartbeats a monitor has heard so far. */
async function heard(adminPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const [, count] = COUNTER.exec(text) ?? [];
  if (count === undefined) throw new Error("Cannot measure: the monitor does not say how many heartbeats it heard");
  return Number(count);
}
