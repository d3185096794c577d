import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import type { Env } from "../env/env.ts";
import { createLog } from "../env/log.ts";
import { MemoryFiles } from "../env/memory_files.ts";
import { Metrics } from "../env/metrics.ts";
import { bytesOf, cacheLayerContract, collect, keep, lookUp, objectOf } from "../../tests/cache_layer_contract.ts";
import { until } from "../../tests/until.ts";
import type { CacheLayer, CopyDraft } from "./cache_layer.ts";
import { DiskLayer } from "./disk_layer.ts";
import { MemoryLayer } from "./memory_layer.ts";
import { TieredCache } from "./tiered_cache.ts";

const DEADLINE = { deadlineMs: 10_000 };

class Bench implements Pick<Env, "files" | "clock" | "random" | "log" | "metrics"> {
  readonly clock = new VirtualClock();
  readonly files = new MemoryFiles({ clock: this.clock });
  readonly random = seededRandom(1);
  readonly log = createLog({ clock: this.clock, sink: () => {} });
  readonly metrics = new Metrics();
  upper = new MemoryLayer(this);
  lower!: DiskLayer;

  async open(upperBytes = 10_000_000, lowerBytes = 100_000_000): Promise<TieredCache> {
    this.upper = new MemoryLayer(this, { maxBytes: upperBytes });
    this.lower = await DiskLayer.open(this, { folder: "/cache", maxBytes: lowerBytes });
    return new TieredCache(this, this.upper, this.lower);
  }

  moved(to: string): number {
    return this.metrics.values()[`microcdn_edge_cache_moved_total{to="${to}"}`]!;
  }
}

cacheLayerContract("tiered", (name, run) => {
  Deno.test(name, async () => {
    const bench = new Bench();
    const open = (maxBytes: number): Promise<CacheLayer> => bench.open(maxBytes / 4, 3 * maxBytes / 4);
    await run({ outlives: true, open, close: () => Promise.resolve() });
    assertEquals(bench.files.openFiles, 0);
  });
});

async function layerOf(cache: CacheLayer, name: string): Promise<string | undefined> {
  const copy = await cache.open(name);
  if (copy !== undefined) await collect(copy.read());
  await copy?.close();
  return copy?.layer;
}

Deno.test("TieredCache: a hit below fills the layer above, a large one beside the serving", async () => {
  const bench = new Bench();
  await keep(await bench.open(), "a", bytesOf(1, 1_000_000));
  await keep(bench.lower, "large", bytesOf(2, 2_000_000));
  const cache = await bench.open();
  assertEquals([bench.upper.peek("a"), bench.lower.peek("a")?.generation], [undefined, 1]);
  assertEquals(await layerOf(cache, "a"), "disk");
  assertEquals(await layerOf(cache, "a"), "memory");
  assertEquals(await layerOf(cache, "large"), "disk");
  await until(() => bench.upper.peek("large") !== undefined, DEADLINE);
  assertEquals(await layerOf(cache, "large"), "memory");
  assertEquals(bench.moved("memory"), 2);
  await cache.close();
  assertEquals(bench.files.openFiles, 0);
});

Deno.test("TieredCache: a hit above refills the layer below that lost its copy, or has an older one", async () => {
  const bench = new Bench();
  const cache = await bench.open();
  await keep(cache, "a", bytesOf(1, 1_000), 2);
  await bench.lower.remove("a");
  await keep(bench.lower, "a", bytesOf(2, 1_000), 1);
  assertEquals(await layerOf(cache, "a"), "memory");
  await until(() => bench.lower.peek("a")?.generation === 2, DEADLINE);
  assertEquals(await lookUp(bench.lower, "a"), bytesOf(1, 1_000));
  assertEquals(bench.moved("disk"), 1);
  await cache.close();
});

Deno.test("TieredCache: what one layer does not take, it does not keep an older copy of", async () => {
  const bench = new Bench();
  const cache = await bench.open(1_000_000);
  await keep(cache, "a", bytesOf(1, 1_000), 1);
  assert(await keep(cache, "a", bytesOf(2, 600_000), 2), "too large for the memory");
  assertEquals(bench.upper.peek("a"), undefined);
  assertEquals(await lookUp(cache, "a"), bytesOf(2, 600_000));
  bench.files.failNext("writeAt", "other");
  assert(await keep(cache, "a", bytesOf(3, 1_000), 3), "the disk fails");
  assertEquals(bench.lower.peek("a"), undefined);
  assertEquals(await lookUp(cache, "a"), bytesOf(3, 1_000));
  await cache.close();
});

Deno.test("TieredCache.remove() wins over copies on their way, at whatever moment it comes", async () => {
  const bytes = bytesOf(1, 3_000);
  for (const way of ["up", "down"]) {
    for (let turns = 0; turns < 40; turns++) {
      const bench = new Bench();
      const cache = await bench.open();
      await keep(way === "up" ? bench.lower : bench.upper, "a", bytes);
      const opened = cache.open("a");
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await cache.remove("a");
      assertEquals([cache.peek("a"), await cache.open("a")], [undefined, undefined], `${way}, ${turns} turns`);
      const copy = await opened;
      if (copy !== undefined) assertEquals(await collect(copy.read()), bytes);
      await copy?.close();
      await cache.close();
      assertEquals([bench.files.openFiles, bench.lower.list(), bench.upper.list()], [0, [], []]);
    }
  }
});

Deno.test("TieredCache: a copy that is damaged below is a miss, and nothing of it gets above", async () => {
  const bench = new Bench();
  await keep(await bench.open(), "a", bytesOf(1, 1_000));
  const [entry] = await bench.files.list("/cache");
  const path = `/cache/${entry!.name}`;
  bench.files.write(path, bench.files.read(path).map((byte, at) => at === 5 ? byte ^ 1 : byte));
  const cache = await bench.open();
  assertEquals(await cache.open("a"), undefined);
  assertEquals(cache.list(), []);
  await cache.close();
});

Deno.test("TieredCache: a draft is read on when the layer below fails in the midst of it", async () => {
  const bench = new Bench();
  const cache = await bench.open();
  const bytes = bytesOf(1, 1_000);
  const draft: CopyDraft = (await cache.begin("a", { sizeBytes: 1_000 }))!;
  await draft.write(bytes.subarray(0, 500));
  bench.files.failNext("writeAt", "full");
  await draft.write(bytes.subarray(500));
  assertEquals(await collect(draft.read({ start: 0, end: 1_000 })), bytes);
  assert(await draft.commit(objectOf(bytes)));
  await draft.close();
  assert(cache.failure !== undefined);
  await cache.close();
});
