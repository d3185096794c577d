/**
 * From the death of a content server until the index sends everyone elsewhere.
 *
 * @module
 */

import { sleep } from "../../../src/base/clock.ts";
import { locateAll } from "../../../src/roles/cdn/lookup.ts";
import { compete } from "../contest.ts";
import { HELLO_FILE, newHelloFolder } from "../hello_file.ts";
import { evaluate } from "../results/measure.ts";
import type { Row, RowOutcome } from "../row.ts";
import { type Centre, startCentre, startContentServer } from "../running_role.ts";
import type { Workbench } from "../workbench.ts";

const POLL_MS = 20;
const ANSWER_MS = 5_000;
/** Longer than it may ever take. */
const DEADLINE_MS = 60_000;

/**
 * In seconds: dead is who has been silent for more than 8 s, which is found out at most 1 s later. A client that comes
 * before goes on at the next holder by itself.
 */
const MOST_SECONDS = 9.5;

/** With the intervals that everyone has unless told otherwise. */
export const REROUTE: Row = {
  name: "reroute",
  title: "death of a content server to its place in no answer",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    const folder = await newHelloFolder(bench);
    const centre = await startCentre(bench);
    await startContentServer(bench, { folder, id: "SURVIVOR", centre });
    const measure = (): Promise<{ time: number }> => killOne(bench, centre, folder);
    const samples = await compete(bench, [{ name: "ours", measure }], bench.sizes.longRounds);
    return { measures: [evaluate({ name: "time", unit: "s", limit: { atMost: MOST_SECONDS } }, samples)] };
  },
};

async function killOne(bench: Workbench, centre: Centre, folder: string): Promise<{ time: number }> {
  const victim = await startContentServer(bench, { folder, id: "VICTIM", centre });
  await untilHolders(bench, centre, 2);
  const beganMs = performance.now();
  await victim.kill();
  await untilHolders(bench, centre, 1);
  return { time: (performance.now() - beganMs) / 1_000 };
}

/** Waits until the index names so many holders. */
async function untilHolders(bench: Workbench, { index }: Centre, count: number): Promise<void> {
  await bench.within(`${count} holders`, DEADLINE_MS, async (signal) => {
    for (;;) {
      const found = await locateAll(bench.env, index.tcp, { name: HELLO_FILE.name, deadlineMs: ANSWER_MS, signal });
      if (found?.length === count) return;
      await sleep(bench.env.clock, POLL_MS, { signal });
    }
  });
}
