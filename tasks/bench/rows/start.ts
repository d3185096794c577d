/**
 * From the start of a process to the first answer.
 *
 * @module
 */

import { compete, type Contender } from "../contest.ts";
import { type ContestantName, entrantsAmong, startServer } from "../contestants.ts";
import { firstAnswer } from "../first_answer.ts";
import { HELLO_FILE, newHelloFolder } from "../hello_file.ts";
import { unescapeText } from "../load/options.ts";
import { evaluate } from "../results/measure.ts";
import type { Row, RowOutcome } from "../row.ts";
import { startAlone } from "../running_role.ts";
import type { Workbench } from "../workbench.ts";

const QUESTION = new TextEncoder().encode("LIST_SERVERS\n");

/** Every role, and servers of others. */
export const START: Row = {
  name: "start",
  title: "start to first answer",
  isQuick: true,
  async run(bench): Promise<RowOutcome> {
    const folder = await newHelloFolder(bench);
    const { names, leftOut } = entrantsAmong(bench, ["nginx", "python3"]);
    const [ours, ...others] = names.map((name) => startOfServer(bench, name, folder));
    const contenders = [ours!, startOfRole(bench, "index"), startOfRole(bench, "monitor"), ...others];
    const samples = await compete(bench, contenders, bench.sizes.rounds);
    return { measures: [evaluate({ name: "time", unit: "ms" }, samples)], leftOut };
  },
};

function startOfServer(bench: Workbench, name: ContestantName, folder: string): Contender {
  return {
    name: name === "ours" ? "content server" : name,
    measure: () =>
      timed(async () => {
        const server = await startServer(bench, name, { folder });
        const { port, request } = server.target(HELLO_FILE);
        await firstAnswer(bench, port, unescapeText(request));
        return server;
      }),
  };
}

function startOfRole(bench: Workbench, role: "index" | "monitor"): Contender {
  return {
    name: role,
    measure: () =>
      timed(async () => {
        const running = await startAlone(bench, role);
        await firstAnswer(bench, running.tcp.port, QUESTION);
        return running;
      }),
  };
}

async function timed(start: () => Promise<{ stop(): Promise<void> }>): Promise<{ time: number }> {
  const beganMs = performance.now();
  const server = await start();
  const time = performance.now() - beganMs;
  await server.stop();
  return { time };
}
