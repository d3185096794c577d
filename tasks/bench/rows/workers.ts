/**
 * Two processes that share a port, beside two of nginx.
 *
 * @module
 */

import { GB } from "../byte_units.ts";
import { compete } from "../contest.ts";
import { entrantsAmong, startServers } from "../contestants.ts";
import { HELLO_FILE, newHelloFolder } from "../hello_file.ts";
import { LeftOut } from "../left_out.ts";
import { runLoad } from "../load/generator.ts";
import { evaluate, type Metric } from "../results/measure.ts";
import type { Row, RowOutcome } from "../row.ts";
import { askMany, smallMetrics } from "../small_requests.ts";

const WORKERS = 2;
const LARGE = "hot.bin";
const DEADLINE_SECONDS = 120;

/** Small requests and a large file, with two workers each. */
export const WORKERS_ROW: Row = {
  name: "workers",
  title: "2 workers",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    if (Deno.build.os !== "linux") throw new LeftOut("only on Linux can processes share a port evenly");
    const { atOnce, roundSeconds, longRounds, hotBytes, readers } = bench.sizes;
    const folder = await newHelloFolder(bench);
    await bench.newFile(folder, LARGE, hotBytes);
    const entrants = entrantsAmong(bench, ["nginx"]);
    const servers = await startServers(bench, entrants, { folder, workers: WORKERS });
    const contenders = servers.map(({ name, target }) => ({
      name,
      async measure(): Promise<Readonly<Record<string, number>>> {
        const load = { atOnce: readers, count: readers, deadlineSeconds: DEADLINE_SECONDS };
        const { bytes, seconds } = await runLoad(bench, target({ name: LARGE, lengthBytes: hotBytes }), load);
        const small = await askMany(bench, target(HELLO_FILE), { atOnce, seconds: roundSeconds });
        return { ...small, "hot file, 32 readers": bytes / GB / seconds };
      },
    }));
    for (const { measure } of contenders) await measure();
    const samples = await compete(bench, contenders, longRounds);
    const small = smallMetrics({ rate: { nginx: { atLeast: 1 } }, p99: { nginx: { atMost: 1.5 } } });
    const metrics: Metric[] = [...small, { name: "hot file, 32 readers", unit: "GB/s" }];
    return { measures: metrics.map((metric) => evaluate(metric, samples)), leftOut: entrants.leftOut };
  },
};
