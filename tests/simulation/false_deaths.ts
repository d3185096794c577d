/**
 * How often a monitor declares a server dead that lives, when nothing is wrong but that datagrams get lost.
 *
 * @module
 */

import { every } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { inlineDigests } from "../../src/env/digests.ts";
import { createLog, type LogRecord } from "../../src/env/log.ts";
import { MemoryFiles } from "../../src/env/memory_files.ts";
import { Metrics } from "../../src/env/metrics.ts";
import { MemoryNetwork } from "../../src/net/memory.ts";
import type { Listener, Net } from "../../src/net/net.ts";
import { encodeHeartbeat } from "../../src/protocol/cdn.ts";
import { startMonitor } from "../../src/roles/cdn/monitor.ts";
import { CONTENT_PORT, CONTROL, HEARTBEATS, INDEX, serverIdOf } from "./topology.ts";

/** Seconds in a year. */
const YEAR_S = 365.25 * 86_400;
const HEARTBEAT_MS = 3_000;
/** How many servers share one monitor. */
const SERVERS = 200;
/** How far time is moved on at once. */
const STEP_MS = 600_000;

/** What is measured. */
export interface FalseDeathOptions {
  /** Share of datagrams that are lost; parts of streams are lost as often, and sent again. */
  readonly lossRate: number;
  /** Whether content servers can be asked over a stream. Without that, silence alone decides. */
  readonly answers: boolean;
  /** How long, in years of one server. */
  readonly serverYears: number;
  /** Decides which datagrams are lost. */
  readonly seed: number;
}

/** Counts the deaths that a monitor sees in servers of which none dies. */
export async function countFalseDeaths(options: FalseDeathOptions): Promise<number> {
  const { lossRate, answers, serverYears, seed } = options;
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const network = new MemoryNetwork({ clock, random, faults: { latencyMs: 1, jitterMs: 1, lossRate } });
  let deaths = 0;
  const sink = ({ event }: LogRecord): void => void (event === "server dead" && deaths++);
  const monitor = await startMonitor({
    net: network.host(CONTROL.host),
    http: { serve: () => Promise.reject(new Error("no management in a simulation")) },
    httpClient: { ask: () => Promise.reject(new Error("no HTTP in a simulation")) },
    clock,
    random,
    files: new MemoryFiles({ clock }),
    digests: inlineDigests(),
    spawn: () => Promise.reject(new Error("no processes in a simulation")),
    host: { runtime: "virtual", pid: 1, variable: () => undefined },
    log: createLog({ clock, sink, level: "warn", source: "monitor" }),
    metrics: new Metrics(),
  }, { packets: HEARTBEATS, control: CONTROL, index: INDEX, seedMs: 86_400_000 });
  const stopped = new AbortController();
  const ends: Promise<void>[] = [];
  for (let number = 1; number <= SERVERS; number++) {
    // All at different moments, as servers that were started by people.
    const delayMs = random.next() * HEARTBEAT_MS;
    const machine = `10.0.1.${number}`;
    clock.schedule(
      delayMs,
      () => ends.push(runServer(network.host(machine), clock, { answers, signal: stopped.signal })),
    );
  }
  const endMs = serverYears * YEAR_S * 1000 / SERVERS;
  while (clock.now() < endMs) await clock.advance(Math.min(STEP_MS, endMs - clock.now()));
  stopped.abort();
  await clock.until(Promise.all([monitor.stop(), ...ends]));
  return deaths;
}

/** A content server as far as a monitor sees it: heartbeats, and the refusal of what it does not know. */
async function runServer(
  net: Net & { readonly host: string },
  clock: VirtualClock,
  { answers, signal }: { answers: boolean; signal: AbortSignal },
): Promise<void> {
  const socket = await net.bind({ host: net.host, port: CONTENT_PORT + 1 });
  const listener = answers ? await net.listen({ host: net.host, port: CONTENT_PORT }) : undefined;
  const refusing = listener === undefined ? undefined : refuseAll(listener);
  const id = serverIdOf(net.host);
  const heartbeat = encodeHeartbeat({ id, host: net.host, tcpPort: CONTENT_PORT, load: 0, files: 1 });
  await every(clock, HEARTBEAT_MS, () => socket.send(heartbeat, HEARTBEATS), { signal, immediately: true });
  socket.close();
  listener?.close();
  await refusing;
}

/** Answers the first line of each stream as an old content server does. */
async function refuseAll(listener: Listener): Promise<void> {
  const refusal = new TextEncoder().encode("ERROR INVALID_COMMAND\n");
  for await (const conn of listener) {
    void (async () => {
      if (await conn.read(new Uint8Array(64)) !== null) await conn.write(refusal);
      await conn.closeWrite();
      await conn.read(new Uint8Array(64));
    })().catch(() => {}).finally(() => conn.close());
  }
}

/**
 * How many false deaths a server-year has if silence alone decides.
 *
 * A heartbeat has arrived, and the next two get lost: then it takes 9 s until another can arrive, and in the last of these
 * seconds the monitor checks and finds more than 8 s of silence. That happens as often as a heartbeat arrives and two are
 * lost after it.
 */
export function expectedFalseDeaths(lossRate: number): number {
  const heartbeats = YEAR_S * 1000 / HEARTBEAT_MS;
  return heartbeats * (1 - lossRate) * lossRate ** 2;
}
