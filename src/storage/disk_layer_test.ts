import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../base/clock.ts";
import { seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { createLog, type LogRecord } from "../env/log.ts";
import { MemoryFiles } from "../env/memory_files.ts";
import { Metrics } from "../env/metrics.ts";
import { nodeFiles } from "../env/node_files.ts";
import type { Env } from "../env/env.ts";
import { bytesOf, cacheLayerContract, collect, keep, lookUp, objectOf } from "../../tests/cache_layer_contract.ts";
import { withFolder } from "../../tests/temporary_folder.ts";
import { DiskLayer } from "./disk_layer.ts";
import { StorageError } from "./storage_error.ts";

type DiskEnv = Pick<Env, "files" | "clock" | "random" | "log" | "metrics">;

const FOLDER = "/cache";

class Bench implements DiskEnv {
  readonly clock = new VirtualClock();
  readonly files: MemoryFiles;
  readonly random = seededRandom(1);
  readonly metrics = new Metrics();
  readonly records: LogRecord[] = [];
  readonly log = createLog({ clock: this.clock, sink: (record) => this.records.push(record), level: "debug" });

  constructor(capacityBytes = Infinity) {
    this.files = new MemoryFiles({ clock: this.clock, capacityBytes });
  }

  open(maxBytes?: number): Promise<DiskLayer> {
    return DiskLayer.open(this, { folder: FOLDER, maxBytes });
  }

  /** The paths of what is in the folder. */
  async paths(): Promise<string[]> {
    return (await this.files.list(FOLDER)).map(({ name }) => `${FOLDER}/${name}`);
  }

  get errors(): number {
    return this.metrics.values()['microcdn_edge_cache_errors_total{layer="disk"}']!;
  }
}

cacheLayerContract("disk, in memory,", (name, run) => {
  Deno.test(name, async () => {
    const bench = new Bench();
    await run({ outlives: true, open: (maxBytes) => bench.open(maxBytes), close: () => Promise.resolve() });
    assertEquals(bench.files.openFiles, 0, "no file is left open");
    assertEquals(bench.errors, 0);
  });
});

cacheLayerContract("disk", (name, run) => {
  Deno.test(name, () =>
    withFolder(async (folder) => {
      const clock = systemClock();
      const log = createLog({ clock, sink: () => {} });
      const env = { files: nodeFiles(), clock, log, random: seededRandom(1), metrics: new Metrics() };
      const open = (maxBytes: number): Promise<DiskLayer> => DiskLayer.open(env, { folder: `${folder}/c`, maxBytes });
      await run({ outlives: true, open, close: () => Promise.resolve() });
    }));
});

Deno.test("DiskLayer removes what an earlier run left half done, and leaves alone what is not its own", async () => {
  const bench = new Bench();
  const first = await bench.open();
  await keep(first, "a", bytesOf(1, 300_000));
  const draft = (await first.begin("b", { sizeBytes: 10 }))!;
  await draft.write(bytesOf(2, 10));
  bench.files.write(`${FOLDER}/README`, "not ours");
  assertEquals((await bench.paths()).length, 3);
  // The process is killed: nobody closes anything.
  const again = await bench.open();
  assertEquals((await bench.paths()).filter((path) => path.endsWith(".part")), []);
  assert((await bench.paths()).includes(`${FOLDER}/README`));
  assertEquals(again.list().map(([name]) => name), ["a"]);
  await draft.close();
});

Deno.test("DiskLayer never serves a damaged copy: not a bit of it, in whole files and in parts", async () => {
  const bytes = bytesOf(1, 600_000);
  const whole = await (async (): Promise<Uint8Array> => {
    const bench = new Bench();
    await keep(await bench.open(), "a", bytes);
    return bench.files.read((await bench.paths())[0]!);
  })();
  const cuts = [0, 1, 47, 48, 262_144, 599_999, 600_000, whole.length - 1];
  const flips = [
    0,
    262_143,
    262_144,
    599_999,
    600_000,
    600_400,
    whole.length - 49,
    whole.length - 48,
    whole.length - 1,
  ];
  const damaged = [
    ...cuts.map((length) => whole.slice(0, length)),
    ...flips.map((at) => whole.map((byte, index) => index === at ? byte ^ 1 : byte)),
    Uint8Array.from([...whole, 0]),
  ];
  for (const content of damaged) {
    const bench = new Bench();
    bench.files.write(`${FOLDER}/x.copy`, content);
    const layer = await bench.open();
    const copy = await layer.open("a");
    if (copy === undefined) {
      assertEquals(await bench.paths(), [], "it is removed");
      continue;
    }
    const error = await assertRejects(async () => {
      let at = 0;
      for await (const piece of copy.read()) {
        assertEquals(piece, bytes.slice(at, at += piece.length), "what came before is right");
      }
    }, StorageError);
    assertEquals(error.code, "corrupt");
    await copy.close();
    assertEquals(await layer.open("a"), undefined, "it is not found again");
    await layer.close();
    assertEquals(await bench.paths(), []);
    assertEquals(bench.errors, 1);
  }
});

Deno.test("DiskLayer does not serve a file that others wrote to while it ran", async () => {
  const bench = new Bench();
  const layer = await bench.open();
  await keep(layer, "a", bytesOf(1, 1_000));
  await bench.clock.advance(1_000);
  const [path] = await bench.paths();
  bench.files.overwrite(path!, bench.files.read(path!));
  assertEquals(await layer.open("a"), undefined);
  assertEquals(layer.list(), []);
  await layer.close();
});

Deno.test("DiskLayer keeps the newer of two copies of a name", async () => {
  const bench = new Bench();
  const layer = await bench.open();
  await keep(layer, "a", bytesOf(1, 10), 2);
  const [path] = await bench.paths();
  const newer = bench.files.read(path!);
  const old = new Bench();
  await keep(await old.open(), "a", bytesOf(2, 10), 1);
  for (const [older, suffix] of [["0", "1"], ["1", "0"]]) {
    const both = new Bench();
    both.files.write(`${FOLDER}/${older}.copy`, old.files.read((await old.paths())[0]!));
    both.files.write(`${FOLDER}/${suffix}.copy`, newer);
    assertEquals(await lookUp(await both.open(), "a"), bytesOf(1, 10));
    assertEquals((await both.paths()).length, 1);
  }
});

Deno.test("DiskLayer gives up what does not fit any more when its limit was lowered", async () => {
  const bench = new Bench();
  const layer = await bench.open();
  for (let at = 0; at < 10; at++) {
    await bench.clock.advance(1_000);
    await keep(layer, `n${at}`, bytesOf(at, 10_000));
  }
  const smaller = await bench.open(60_000);
  assert(smaller.sizeBytes <= 60_000);
  assertEquals(smaller.list().map(([name]) => name).sort(), ["n6", "n7", "n8", "n9"]);
  assertEquals((await bench.paths()).length, 4);
});

Deno.test("DiskLayer goes on without what does not fit on the disk", async () => {
  const bench = new Bench(500_000);
  const layer = await bench.open();
  assert(await keep(layer, "a", bytesOf(1, 300_000)));
  const draft = (await layer.begin("b", { sizeBytes: 300_000 }))!;
  assertEquals((await assertRejects(() => draft.write(bytesOf(2, 300_000)), StorageError)).code, "full");
  await draft.close();
  assert(layer.failure?.includes("no space left"), layer.failure);
  assertEquals(await lookUp(layer, "a"), bytesOf(1, 300_000));
  assertEquals([layer.failure, bench.errors], [undefined, 1]);
  await layer.remove("a");
  assert(await keep(layer, "b", bytesOf(2, 300_000)));
  assertEquals((await bench.paths()).length, 1);
});

Deno.test("DiskLayer goes on without a disk that fails, counts it, and says so once", async () => {
  const bench = new Bench();
  const layer = await bench.open();
  await keep(layer, "a", bytesOf(1, 10));
  for (const operation of ["create", "writeAt", "rename"] as const) {
    bench.files.failNext(operation, "other");
    assertEquals(
      await keep(layer, "b", bytesOf(2, 10)).catch((error) => error instanceof StorageError && false),
      false,
    );
  }
  assertEquals((await bench.paths()).length, 1, "nothing is left of what failed");
  bench.files.failNext("open", "exhausted");
  assertEquals(await layer.open("a"), undefined);
  assertEquals(bench.records.filter(({ event }) => event === "cache fails").length, 1);
  assertEquals(bench.errors, 4);
  assertEquals(await lookUp(layer, "a"), bytesOf(1, 10), "what could not be opened for want of descriptors is there");
  bench.files.failNext("readAt", "other");
  const copy = (await layer.open("a"))!;
  await assertRejects(() => collect(copy.read()), StorageError);
  await copy.close();
  assertEquals(bench.files.openFiles, 0);
});

Deno.test("DiskLayer.remove() forgets a copy although its file cannot be removed", async () => {
  const bench = new Bench();
  const layer = await bench.open();
  await keep(layer, "a", bytesOf(1, 10));
  bench.files.failNext("remove", "denied");
  assertEquals(await layer.remove("a"), true);
  assertEquals(await layer.open("a"), undefined);
  assertEquals(bench.errors, 1);
});

Deno.test("DiskLayer makes its folder, and again when it was removed, and fails openly where it cannot", async () => {
  const bench = new Bench();
  const layer = await bench.open();
  bench.files.removeFolder(FOLDER);
  assert(await keep(layer, "a", bytesOf(1, 10)));
  const other = new Bench();
  other.files.write(FOLDER, "a file in the way");
  const without = await other.open();
  assert(without.failure !== undefined);
  assertEquals(await keep(without, "a", bytesOf(1, 10)), false);
  assertEquals(await without.open("a"), undefined);
  assertEquals(await without.remove("a"), false);
});

Deno.test("DiskLayer: a draft that is removed while its file is renamed leaves nothing", async () => {
  const bytes = bytesOf(1, 10);
  for (let turns = 0; turns < 12; turns++) {
    const bench = new Bench();
    const layer = await bench.open();
    const draft = (await layer.begin("a", { sizeBytes: 10 }))!;
    await draft.write(bytes);
    const commit = draft.commit(objectOf(bytes));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await layer.remove("a");
    await commit;
    await draft.close();
    await layer.close();
    assertEquals(await layer.open("a"), undefined);
    assertEquals(await bench.paths(), [], `after ${turns} turns`);
    assertEquals(bench.errors, 0);
  }
});
