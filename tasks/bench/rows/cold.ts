/**
 * A large file that nobody has asked for lately: the disk's speed, if the next read is under way while the last is sent.
 *
 * @module
 */

import { GB } from "../byte_units.ts";
import { NO_COMPILER } from "../c_program.ts";
import { compete, type Contender } from "../contest.ts";
import { entrantsAmong, type FileServer, startServers } from "../contestants.ts";
import { LeftOut } from "../left_out.ts";
import { runLoad } from "../load/generator.ts";
import { evaluate, type Metric } from "../results/measure.ts";
import type { Row, RowOutcome } from "../row.ts";
import type { Workbench } from "../workbench.ts";

const FILE = "cold.bin";
const DEADLINE_SECONDS = 300;
const DROP_MS = 120_000;
/** The part of a file that may stay in memory: pages that somebody is just looking at. */
const MAX_RESIDENT = 0.01;

const RATE: Metric = { name: "rate", unit: "GB/s", targets: { nginx: { atLeast: 0.9 } } };

/** The page cache is emptied of the file before each turn. */
export const COLD: Row = {
  name: "cold",
  title: "cold 3 GiB file, one reader",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    const { coldBytes, longRounds } = bench.sizes;
    const { page_cache: dropper } = bench.tools.compiled;
    if (dropper === undefined) throw new LeftOut(NO_COMPILER);
    const folder = await bench.newFolder();
    const path = await bench.newFile(folder, FILE, coldBytes);
    const drop = (): Promise<number> => dropFromMemory(bench, dropper, path);
    if (await drop() > MAX_RESIDENT) throw new LeftOut("the system does not let the file go from memory");
    const entrants = entrantsAmong(bench, ["nginx", "python3"]);
    const servers = await startServers(bench, entrants, { folder });
    const contenders = servers.map((server) => coldContender(bench, server, drop));
    const samples = await compete(bench, contenders, longRounds);
    return { measures: [evaluate(RATE, samples)], leftOut: entrants.leftOut };
  },
};

function coldContender(bench: Workbench, server: FileServer, drop: () => Promise<number>): Contender {
  const target = server.target({ name: FILE, lengthBytes: bench.sizes.coldBytes });
  return {
    name: server.name,
    async measure(): Promise<{ rate: number }> {
      const resident = await drop();
      if (resident > MAX_RESIDENT) throw new Error(`Cannot measure: ${resident * 100} % of the file stays in memory`);
      const { bytes, seconds } = await runLoad(bench, target, {
        atOnce: 1,
        count: 1,
        deadlineSeconds: DEADLINE_SECONDS,
      });
      return { rate: bytes / GB / seconds };
    },
  };
}

/** Lets the system forget a file. Returns the part of it that stays in memory. */
async function dropFromMemory(bench: Workbench, dropper: string, path: string): Promise<number> {
  const [line] = await bench.run("page_cache", [dropper, path], { deadlineMs: DROP_MS });
  const { pages, resident } = JSON.parse(line!) as { pages: number; resident: number };
  return resident / pages;
}
