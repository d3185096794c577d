/**
 * What more files cost: the index, and a content server.
 *
 * @module
 */

import { renewAtIndex } from "../../../src/roles/cdn/registration.ts";
import { MIB } from "../byte_units.ts";
import { catalogueOf, fillIndex, lookupTarget, registerServer } from "../catalogue.ts";
import { sampleGrowth } from "../growth_samples.ts";
import { requireUsage, usageOf } from "../process_usage.ts";
import { type GrowthColumn, tabulate } from "../results/growth.ts";
import type { Row, RowOutcome } from "../row.ts";
import { startAlone, startCentre, startContentServer } from "../running_role.ts";
import { askMany } from "../small_requests.ts";
import type { Workbench } from "../workbench.ts";

const MS_A_SECOND = 1_000;
const MAKE_MS = 120_000;

const INDEX_COLUMNS: readonly GrowthColumn[] = [
  { name: "registration of all", unit: "s" },
  { name: "index: memory", unit: "MiB" },
  { name: "lookups", unit: "/s" },
  { name: "p50", unit: "ms" },
  { name: "p99", unit: "ms" },
];

/** An index with more and more files. */
export const FILES: Row = {
  name: "files",
  title: "Files at the index, of 100 content servers (10 files: of one)",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    requireUsage();
    const samples = await sampleGrowth(bench, bench.sizes.fileCounts, (files) => measureIndex(bench, files));
    return { growths: [tabulate("files", INDEX_COLUMNS, samples)] };
  },
};

async function measureIndex(bench: Workbench, files: number): Promise<Readonly<Record<string, number>>> {
  const { catalogueServers, atOnce, roundSeconds } = bench.sizes;
  const catalogue = catalogueOf(files, catalogueServers);
  const { tcp, pid } = await startAlone(bench, "index");
  const { seconds } = await fillIndex(bench, tcp, catalogue);
  const { rssBytes } = await usageOf(pid);
  const target = await lookupTarget(bench, tcp, catalogue);
  const load = { atOnce, seconds: roundSeconds };
  // The first time a runtime compiles what it runs.
  await askMany(bench, target, load);
  const { rate, p50, p99 } = await askMany(bench, target, load);
  return { "registration of all": seconds, "index: memory": rssBytes / MIB, lookups: rate, p50, p99 };
}

const FOLDER_COLUMNS: readonly GrowthColumn[] = [
  { name: "start to registered", unit: "s" },
  { name: "content server: memory", unit: "MiB" },
  { name: "registration alone", unit: "s" },
  { name: "renewal", unit: "s" },
];

/** A content server with more and more files. */
export const REGISTRATION: Row = {
  name: "registration",
  title: "Files of one content server",
  isQuick: false,
  async run(bench): Promise<RowOutcome> {
    requireUsage();
    const samples = await sampleGrowth(bench, bench.sizes.folderFiles, (files) => measureFolder(bench, files));
    return { growths: [tabulate("files", FOLDER_COLUMNS, samples)] };
  },
};

async function measureFolder(bench: Workbench, files: number): Promise<Readonly<Record<string, number>>> {
  const folder = await makeFiles(bench, files);
  const centre = await startCentre(bench);
  const start = await timed(() => startContentServer(bench, { folder, id: "REAL", centre }));
  const { rssBytes } = await usageOf(start.value.pid);
  const index = centre.index.tcp;
  const registration = await timed(() => registerServer(bench, index, { server: 0, filesEach: files }));
  const renewal = await timed(() =>
    renewAtIndex(bench.env, { index, taken: registration.value, signal: bench.signal })
  );
  if (!renewal.value) throw new Error("Cannot measure: the index does not know what it took in a moment ago");
  return {
    "start to registered": start.seconds,
    "content server: memory": rssBytes / MIB,
    "registration alone": registration.seconds,
    renewal: renewal.seconds,
  };
}

async function timed<T>(run: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const beganMs = performance.now();
  const value = await run();
  return { value, seconds: (performance.now() - beganMs) / MS_A_SECOND };
}

/** Makes a folder of empty files. */
async function makeFiles(bench: Workbench, files: number): Promise<string> {
  const folder = await bench.newFolder();
  const script = 'cd "$1" && seq -f "file-%.0f.bin" 1 "$2" | xargs touch';
  await bench.run("touch", ["sh", "-c", script, "sh", folder, String(files)], { deadlineMs: MAKE_MS });
  return folder;
}
