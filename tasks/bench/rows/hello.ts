/**
 * A tiny file, a connection a request: what a server costs besides bytes.
 *
 * @module
 */

import { compete } from "../contest.ts";
import { entrantsAmong, startServers } from "../contestants.ts";
import { HELLO_FILE, newHelloFolder } from "../hello_file.ts";
import { evaluate } from "../results/measure.ts";
import type { Row, RowOutcome } from "../row.ts";
import { askMany, smallMetrics } from "../small_requests.ts";

/** Connection-per-request. */
export const HELLO: Row = {
  name: "hello",
  title: "hello.txt, a connection a request, 32 at once",
  isQuick: true,
  async run(bench): Promise<RowOutcome> {
    const { atOnce, roundSeconds, rounds } = bench.sizes;
    const folder = await newHelloFolder(bench);
    const entrants = entrantsAmong(bench, ["nginx", "python3"]);
    const servers = await startServers(bench, entrants, { folder });
    const contenders = servers.map((server) => ({
      name: server.name,
      measure: () => askMany(bench, server.target(HELLO_FILE), { atOnce, seconds: roundSeconds }),
    }));
    // The first time warms compilers and caches up.
    for (const { measure } of contenders) await measure();
    const samples = await compete(bench, contenders, rounds);
    const metrics = smallMetrics({ rate: { nginx: { atLeast: 1 } }, p99: { nginx: { atMost: 1.5 } } });
    return { measures: metrics.map((metric) => evaluate(metric, samples)), leftOut: entrants.leftOut };
  },
};
