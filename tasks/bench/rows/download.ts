/**
 * The client: a large file from one holder, and from two behind slow lines.
 *
 * @module
 */

import { registerAtIndex } from "../../../src/roles/cdn/registration.ts";
import { programCommand } from "../../cluster/member.ts";
import { MB } from "../byte_units.ts";
import { compete, type Contender } from "../contest.ts";
import { entrantsAmong, startServer } from "../contestants.ts";
import { evaluate } from "../results/measure.ts";
import type { Row, RowOutcome } from "../row.ts";
import { startAlone, startCentre, startContentServer } from "../running_role.ts";
import { ThrottledRelay } from "../throttled_relay.ts";
import { NOT_INSTALLED } from "../tools.ts";
import type { Workbench } from "../workbench.ts";

const FILE = "download.bin";
/** The same file, which only one holder is registered for. */
const LONE_FILE = "lone.bin";
const DEADLINE_MS = 300_000;
const PATIENCE_MS = 10_000;
const MS_A_SECOND = 1_000;

/** One holder, beside `curl` from nginx. */
export const GET: Row = {
  name: "get",
  title: "microcdn get of 1 GiB",
  isQuick: true,
  async run(bench): Promise<RowOutcome> {
    const { downloadBytes, longRounds } = bench.sizes;
    const folder = await bench.newFolder();
    // The source, and a copy of it.
    await bench.needRoom(2 * downloadBytes);
    await bench.newFile(folder, FILE, downloadBytes);
    const out = `${await bench.newFolder()}/${FILE}`;
    const centre = await startCentre(bench);
    await startContentServer(bench, { folder, centre });
    const ours = download(bench, "ours", out, getCommand(centre.index.tcp.port, FILE, out));
    const { names, leftOut } = entrantsAmong(bench, ["nginx"]);
    const hasCurl = bench.tools.installed.has("curl");
    const peers = hasCurl && names.includes("nginx") ? await startCurl(bench, folder, out) : [];
    // The first time fills caches, and the holder learns its file's digest.
    for (const { measure } of [ours, ...peers]) await measure();
    const samples = await compete(bench, [ours, ...peers], longRounds);
    const targets = { [CURL]: { atMost: 1.2 } };
    return {
      measures: [evaluate({ name: "time", unit: "s", targets }, samples)],
      leftOut: [...leftOut, ...hasCurl ? [] : [`curl: ${NOT_INSTALLED}`]],
    };
  },
};

/** Two holders behind a limit each, beside one of them. */
export const GET_PARALLEL: Row = {
  name: "get-parallel",
  title: "microcdn get --parallel 2 of 512 MiB, holders behind 100 MB/s each",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    const { limited: { bytes }, longRounds } = bench.sizes;
    const folder = await bench.newFolder();
    await bench.needRoom(2 * bytes);
    await Deno.link(await bench.newFile(folder, FILE, bytes), `${folder}/${LONE_FILE}`);
    const out = `${await bench.newFolder()}/${FILE}`;
    const indexPort = await startSlowHolders(bench, folder);
    const rateOf = (name: string, file: string, flags: readonly string[]): Contender => {
      const { measure } = download(bench, name, out, getCommand(indexPort, file, out, flags));
      return { name, measure: async () => ({ rate: bytes / MB / (await measure()).time! }) };
    };
    const contenders = [rateOf("two holders", FILE, ["--parallel", "2"]), rateOf("one holder", LONE_FILE, [])];
    const samples = await compete(bench, contenders, longRounds);
    const targets = { "one holder": { atLeast: 1.8 } };
    return { measures: [evaluate({ name: "rate", unit: "MB/s", targets }, samples)] };
  },
};

const CURL = "curl from nginx";

function getCommand(
  indexPort: number,
  file: string,
  out: string,
  flags: readonly string[] = [],
): [string, ...string[]] {
  return programCommand("client", ["get", file, "-o", out, "--index-port", String(indexPort), ...flags]);
}

/** Downloads once, from the start of the process to its end, and removes the file. */
function download(bench: Workbench, name: string, out: string, command: readonly [string, ...string[]]): Contender {
  return {
    name,
    async measure(): Promise<{ time: number }> {
      const beganMs = performance.now();
      await bench.run(name, command, { deadlineMs: DEADLINE_MS });
      const time = (performance.now() - beganMs) / MS_A_SECOND;
      await Deno.remove(out);
      return { time };
    },
  };
}

/** `curl` as people use it, and followed by what our client does besides: look whether the bytes are the right ones. */
async function startCurl(bench: Workbench, folder: string, out: string): Promise<Contender[]> {
  const { port } = await startServer(bench, "nginx", { folder });
  const curl = ["curl", "-s", "-S", "-f", "-o", out, `http://127.0.0.1:${port}/${FILE}`] as const;
  const checked = ["sh", "-c", '"$@" && sha256sum "$0"', out, ...curl] as const;
  return [download(bench, CURL, out, curl), download(bench, `${CURL}, sha256sum`, out, checked)];
}

/** Starts two holders behind slow lines, and an index that knows the lines. Returns the index's port. */
async function startSlowHolders(bench: Workbench, folder: string): Promise<number> {
  const { limited: { bytes, bytesPerSecond } } = bench.sizes;
  const { tcp } = await startAlone(bench, "index");
  for (const [id, names] of [["SLOW1", [FILE, LONE_FILE]], ["SLOW2", [FILE]]] as const) {
    const holder = await startContentServer(bench, { folder, id });
    const relay = await ThrottledRelay.start(bench.env, { to: holder.tcp, bytesPerSecond });
    bench.atEnd(() => relay.close());
    await registerAtIndex(bench.env, {
      index: tcp,
      registration: { id, tcpPort: relay.port, udpPort: relay.port },
      files: names.map((name) => ({ name, sizeBytes: bytes })),
      boundHost: "0.0.0.0",
      patienceMs: PATIENCE_MS,
      signal: bench.signal,
    });
  }
  return tcp.port;
}
