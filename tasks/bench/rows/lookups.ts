/**
 * What the index is built for: a lookup costs the same whatever the number of files, and whoever registers meanwhile.
 *
 * @module
 */

import {
  type Catalogue,
  catalogueOf,
  fillIndex,
  lookupTarget,
  type Loop,
  startHeartbeats,
  startRegistrations,
  startRenewals,
} from "../catalogue.ts";
import { compete, type Contender } from "../contest.ts";
import { entrantsAmong, startServer } from "../contestants.ts";
import { formatCount } from "../results/figure.ts";
import { evaluate } from "../results/measure.ts";
import type { Row, RowOutcome } from "../row.ts";
import { startAlone, startCentre } from "../running_role.ts";
import { askMany, smallMetrics } from "../small_requests.ts";
import type { Workbench } from "../workbench.ts";

/** Few files beside many. */
export const LOOKUPS: Row = {
  name: "lookups",
  title: "lookups at the index, a connection each, 32 at once",
  isQuick: true,
  async run(bench): Promise<RowOutcome> {
    const { catalogues: [few, many], catalogueServers, rounds } = bench.sizes;
    const [fewName, manyName] = [`${formatCount(few)} files`, `${formatCount(many)} files`];
    const contenders = [
      await startLookups(bench, manyName, catalogueOf(many, catalogueServers)),
      await startLookups(bench, fewName, catalogueOf(few, catalogueServers)),
    ];
    const { names, leftOut } = entrantsAmong(bench, ["nginx"]);
    if (names.includes("nginx")) contenders.push(await startSmallAnswers(bench));
    for (const { measure } of contenders) await measure();
    const samples = await compete(bench, contenders, rounds);
    const metrics = smallMetrics({ rate: { [fewName]: { atLeast: 0.9 } } });
    return { measures: metrics.map((metric) => evaluate(metric, samples)), leftOut };
  },
};

/** While everyone says every 15 s that it goes on as it is, or sends its whole list, as others' servers do. */
export const RENEWALS: Row = {
  name: "renewals",
  title: "lookups while 100 servers of 10,000 files each renew every 15 s",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    const { catalogues: [, many], catalogueServers, renewMs: periodMs, renewSeconds, longRounds, atOnce } = bench.sizes;
    const catalogue = catalogueOf(many, catalogueServers);
    const { index: { tcp }, monitor } = await startCentre(bench);
    await startHeartbeats(bench, monitor.udp!, catalogue);
    const { taken } = await fillIndex(bench, tcp, catalogue);
    const target = await lookupTarget(bench, tcp, catalogue);
    const ask = (): ReturnType<typeof askMany> => askMany(bench, target, { atOnce, seconds: renewSeconds });
    const askDuring = async (start: () => Loop): ReturnType<typeof askMany> => {
      const loop = start();
      const measured = await ask();
      await loop.stop();
      return measured;
    };
    await ask();
    const contenders = [
      { name: "renewing", measure: () => askDuring(() => startRenewals(bench, tcp, { taken, periodMs })) },
      { name: "quiet", measure: ask },
      {
        name: "sending whole lists",
        measure: () => askDuring(() => startRegistrations(bench, tcp, { ...catalogue, periodMs })),
      },
    ];
    const samples = await compete(bench, contenders, longRounds);
    const metrics = [...smallMetrics(), { name: "slowest", unit: "ms" } as const];
    return { measures: metrics.map((metric) => evaluate(metric, samples)) };
  },
};

async function startLookups(bench: Workbench, name: string, catalogue: Catalogue): Promise<Contender> {
  const { atOnce, roundSeconds } = bench.sizes;
  const { tcp } = await startAlone(bench, "index");
  await fillIndex(bench, tcp, catalogue);
  const target = await lookupTarget(bench, tcp, catalogue);
  return { name, measure: () => askMany(bench, target, { atOnce, seconds: roundSeconds }) };
}

/** A web server that answers as much as the index does: what a connection costs anyway. */
async function startSmallAnswers(bench: Workbench): Promise<Contender> {
  const { atOnce, roundSeconds } = bench.sizes;
  const answer = "SERVER 127.0.0.1 20000 B0 12345\n";
  const folder = await bench.newFolder();
  await Deno.writeTextFile(`${folder}/answer`, answer);
  const server = await startServer(bench, "nginx", { folder });
  const target = server.target({ name: "answer", lengthBytes: answer.length });
  return { name: "nginx, a file as long", measure: () => askMany(bench, target, { atOnce, seconds: roundSeconds }) };
}
