/**
 * Content servers that are but names: what an index has to know of many, without their files.
 *
 * @module
 */

import type { Address } from "../../src/base/address.ts";
import { slept } from "../../src/base/clock.ts";
import { encodeHeartbeat, type FileEntry } from "../../src/protocol/cdn.ts";
import { registerAtIndex, renewAtIndex, type TakenRegistration } from "../../src/roles/cdn/registration.ts";
import type { Target } from "./load/generator.ts";
import type { Workbench } from "./workbench.ts";

/** How many servers there are, and how many files each has. */
export interface Catalogue {
  /** Servers. */
  readonly servers: number;
  /** Files of each: no two servers share one. */
  readonly filesEach: number;
}

const FIRST_PORT = 20_000;
const UDP_AHEAD = 1;
/** How long an index may make no progress with a registration. */
const PATIENCE_MS = 120_000;
/** A name every so many files: prime to the sizes, so that neighbours in time are not neighbours in memory. */
const STRIDE = 7_919;
/** How many different names are looked up at most. */
const MAX_NAMES = 10_000;
const HEARTBEAT_MS = 3_000;

/** Spreads so many files over servers: over one, if they are few. */
export function catalogueOf(files: number, servers: number): Catalogue {
  return files < servers * 10 ? { servers: 1, filesEach: files } : { servers, filesEach: Math.floor(files / servers) };
}

/** The name of a file. */
export function catalogueName(server: number, file: number): string {
  return `folder-${server}/file-${file}.bin`;
}

/** Names to look up, all over the catalogue. */
export function sampleNames({ servers, filesEach }: Catalogue): string[] {
  const count = Math.min(MAX_NAMES, servers * filesEach);
  return Array.from({ length: count }, (_, at) => catalogueName(at % servers, (at * STRIDE) % filesEach));
}

/** Registers one of the servers. */
export async function registerServer(
  bench: Workbench,
  index: Address,
  { server, filesEach, signal = bench.signal }: { server: number; filesEach: number; signal?: AbortSignal },
): Promise<TakenRegistration> {
  const tcpPort = FIRST_PORT + 2 * server;
  return await registerAtIndex(bench.env, {
    index,
    registration: { id: `B${server}`, tcpPort, udpPort: tcpPort + UDP_AHEAD },
    files: filesOf(server, filesEach),
    boundHost: "0.0.0.0",
    patienceMs: PATIENCE_MS,
    signal,
  });
}

function* filesOf(server: number, filesEach: number): IterableIterator<FileEntry> {
  for (let file = 0; file < filesEach; file++) yield { name: catalogueName(server, file), sizeBytes: file };
}

/** An index that knows a catalogue. */
export interface FilledIndex {
  /** What it took in, by server. */
  readonly taken: readonly TakenRegistration[];
  /** How long that took, in seconds. */
  readonly seconds: number;
}

/** Registers all of them, one after another. */
export async function fillIndex(bench: Workbench, index: Address, catalogue: Catalogue): Promise<FilledIndex> {
  const beganMs = performance.now();
  const taken: TakenRegistration[] = [];
  for (let server = 0; server < catalogue.servers; server++) {
    bench.say(`registering server ${server + 1} of ${catalogue.servers}`);
    taken.push(await registerServer(bench, index, { server, filesEach: catalogue.filesEach }));
  }
  return { taken, seconds: (performance.now() - beganMs) / 1_000 };
}

/** How to look names of a catalogue up. */
export async function lookupTarget(bench: Workbench, index: Address, catalogue: Catalogue): Promise<Target> {
  const requestsFile = `${await bench.newFolder()}/requests`;
  await Deno.writeTextFile(requestsFile, sampleNames(catalogue).map((name) => `GET ${name}\\n\n`).join(""));
  return { port: index.port, request: "", requestsFile, head: "none", expect: "SERVER " };
}

/** A loop that can be ended. */
export interface Loop {
  /** Ends it, and waits for its end. */
  stop(): Promise<void>;
}

/** Lets all servers say again and again that they go on as they are, spread over `periodMs`. */
export function startRenewals(
  bench: Workbench,
  index: Address,
  { taken, periodMs }: Pick<FilledIndex, "taken"> & { periodMs: number },
): Loop {
  return startLoop(bench, periodMs / taken.length, async (turn, signal) => {
    if (await renewAtIndex(bench.env, { index, taken: taken[turn % taken.length]!, signal })) return;
    throw new Error("Cannot measure: the index does not know a registration any more that it took in");
  });
}

/** Lets all servers register again and again with all their files, as those do that know no shorter way. */
export function startRegistrations(
  bench: Workbench,
  index: Address,
  { servers, filesEach, periodMs }: Catalogue & { periodMs: number },
): Loop {
  return startLoop(bench, periodMs / servers, async (turn, signal) => {
    await registerServer(bench, index, { server: turn % servers, filesEach, signal });
  });
}

/** Lets all servers send heartbeats, spread evenly. */
export async function startHeartbeats(
  bench: Workbench,
  monitor: Address,
  { servers, filesEach }: Catalogue,
): Promise<Loop> {
  const socket = await bench.env.net.bind({ host: "127.0.0.1", port: 0 });
  const loop = startLoop(bench, HEARTBEAT_MS / servers, async (turn) => {
    const server = turn % servers;
    const tcpPort = FIRST_PORT + 2 * server;
    const heartbeat = encodeHeartbeat({ id: `B${server}`, host: "127.0.0.1", tcpPort, load: 0, files: filesEach });
    await socket.send(heartbeat, monitor);
  });
  return {
    async stop(): Promise<void> {
      await loop.stop();
      socket.close();
    },
  };
}

/** Does something every so often; what is late is made up for. The row's end ends it at the latest. */
function startLoop(
  bench: Workbench,
  periodMs: number,
  run: (turn: number, signal: AbortSignal) => Promise<void>,
): Loop {
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, bench.signal]);
  const { clock } = bench.env;
  async function turns(): Promise<void> {
    const beganMs = clock.now();
    for (let turn = 0; !signal.aborted; turn++) {
      await run(turn, signal);
      const restMs = beganMs + (turn + 1) * periodMs - clock.now();
      if (restMs > 0) await slept(clock, restMs, signal);
    }
  }
  const running = turns().catch((error) => {
    if (!signal.aborted) throw error;
  });
  // Whoever stops it hears of it.
  running.catch(() => {});
  const loop = {
    async stop(): Promise<void> {
      ending.abort();
      await running;
    },
  };
  bench.atEnd(() => loop.stop());
  return loop;
}
