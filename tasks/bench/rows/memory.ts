/**
 * What a server holds in memory: for connections that say nothing, and for many readers of a large file.
 *
 * @module
 */

import { sleep } from "../../../src/base/clock.ts";
import { KIB, MIB } from "../byte_units.ts";
import { compete, type Contender } from "../contest.ts";
import { type ContestantName, entrantsAmong, type FileServer, startServer } from "../contestants.ts";
import { newHelloFolder } from "../hello_file.ts";
import { openIdle, runLoad } from "../load/generator.ts";
import { requireUsage, type Usage, usageOf } from "../process_usage.ts";
import { evaluate, type Metric } from "../results/measure.ts";
import type { Row, RowOutcome } from "../row.ts";
import type { Workbench } from "../workbench.ts";

const FILE = "crowd.bin";
/** How long connections are held at most; servers close those that say nothing after 30 s or more. */
const IDLE_SECONDS = 25;
const CROWD_SECONDS = 300;
/** A round takes 64 GiB through the machine, half a minute or more each, and its peak hardly differs from another's. */
const CROWD_ROUNDS = 1;
/** How long a server may take to accept what the system has taken in for it. */
const ACCEPT_MS = 10_000;
const POLL_MS = 20;

/**
 * What a content server may hold at most, whatever the file and the crowd, in MiB: 256 for `--cache-mb`, 128 for what
 * all sends together have in buffers, 128 for the runtime.
 */
const MOST_MIB = 512;

/** Connections that say nothing. Not at python3: its queue of 5 lets so many in only over minutes. */
export const IDLE: Row = {
  name: "idle",
  title: "2,000 idle connections",
  isQuick: true,
  async run(bench): Promise<RowOutcome> {
    const { idleConns: conns } = bench.sizes;
    const metrics: readonly Metric[] = [
      { name: "memory", unit: "MiB" },
      { name: "memory a connection", unit: "KiB" },
    ];
    return await measureFresh(
      bench,
      { rounds: bench.sizes.longRounds, metrics, peers: ["nginx"], fileBytes: 0 },
      async ({ pid, port }) => {
        const before = await usageOf(pid);
        const idle = await openIdle(bench, port, { conns, deadlineSeconds: IDLE_SECONDS });
        const after = await acceptedUsage(bench, pid, before, conns);
        const open = await idle.close();
        if (open < conns) throw new Error(`Cannot measure: of ${conns} idle connections the server has closed some`);
        // A process may also give memory back meanwhile; what a connection costs is then below what can be told.
        const each = Math.max(after.rssBytes - before.rssBytes, KIB) / conns;
        return { memory: after.rssBytes / MIB, "memory a connection": each / KIB };
      },
    );
  },
};

/** Many readers of a file that fits in nobody's cache. */
export const CROWD_MEMORY: Row = {
  name: "crowd-memory",
  title: "64 readers of a 1 GiB file at once",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    const { crowd: { readers, bytes } } = bench.sizes;
    const metrics: readonly Metric[] = [{ name: "peak memory", unit: "MiB", limit: { atMost: MOST_MIB } }];
    const options = { rounds: CROWD_ROUNDS, metrics, peers: ["nginx"], fileBytes: bytes } as const;
    return await measureFresh(bench, options, async ({ pid, target }) => {
      const load = { atOnce: readers, count: readers, deadlineSeconds: CROWD_SECONDS };
      await runLoad(bench, target({ name: FILE, lengthBytes: bytes }), load);
      return { "peak memory": (await usageOf(pid)).peakBytes / MIB };
    });
  },
};

/** What is measured of servers that have just been started. */
interface FreshOptions {
  readonly rounds: number;
  readonly metrics: readonly Metric[];
  readonly peers: readonly ContestantName[];
  /** The length of the file that they serve besides a tiny one; 0: none. */
  readonly fileBytes: number;
}

/** Measures servers that have done nothing before: memory that was once taken is seldom given back. */
async function measureFresh(
  bench: Workbench,
  { rounds, metrics, peers, fileBytes }: FreshOptions,
  measure: (server: FileServer) => Promise<Readonly<Record<string, number>>>,
): Promise<RowOutcome> {
  requireUsage();
  const folder = await newHelloFolder(bench);
  if (fileBytes > 0) await bench.newFile(folder, FILE, fileBytes);
  const { names, leftOut } = entrantsAmong(bench, peers);
  const contenders = names.map((name): Contender => ({
    name,
    async measure(): ReturnType<Contender["measure"]> {
      const server = await startServer(bench, name, { folder });
      const measured = await measure(server);
      await server.stop();
      return measured;
    },
  }));
  const samples = await compete(bench, contenders, rounds);
  return { measures: metrics.map((metric) => evaluate(metric, samples)), leftOut };
}

/** What a server holds once it has accepted all connections, or all that it ever will within a while. */
async function acceptedUsage(bench: Workbench, pid: number, before: Usage, conns: number): Promise<Usage> {
  const endMs = performance.now() + ACCEPT_MS;
  for (;;) {
    const usage = await usageOf(pid);
    if (usage.handles >= before.handles + conns) return usage;
    if (performance.now() > endMs) {
      const accepted = usage.handles - before.handles;
      throw new Error(`Cannot measure: of ${conns} connections only ${accepted} were accepted`);
    }
    await sleep(bench.env.clock, POLL_MS, { signal: bench.signal });
  }
}
