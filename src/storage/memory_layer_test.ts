import { assert, assertEquals } from "@std/assert";
import { VirtualClock } from "../base/virtual_clock.ts";
import { Metrics } from "../env/metrics.ts";
import { bytesOf, cacheLayerContract, keep } from "../../tests/cache_layer_contract.ts";
import { MemoryLayer } from "./memory_layer.ts";

cacheLayerContract("memory", (name, run) => {
  Deno.test(name, () =>
    run({
      outlives: false,
      open: (maxBytes) =>
        Promise.resolve(new MemoryLayer({ clock: new VirtualClock(), metrics: new Metrics() }, { maxBytes })),
      close: () => Promise.resolve(),
    }));
});

Deno.test("MemoryLayer keeps 10 MiB unless told, and of one object no more than a quarter of it", async () => {
  const metrics = new Metrics();
  const layer = new MemoryLayer({ clock: new VirtualClock(), metrics });
  assertEquals(await layer.begin("a", { sizeBytes: 2_621_440 }), undefined);
  for (let at = 0; at < 10; at++) assert(await keep(layer, `n${at}`, bytesOf(at, 2_000_000)));
  assertEquals(layer.list().length, 5);
  assert(layer.sizeBytes <= 10_485_760);
  assertEquals(metrics.values()['microcdn_edge_cache_bytes{layer="memory"}'], layer.sizeBytes);
  await layer.close();
  assertEquals(layer.sizeBytes, 0);
});

Deno.test("MemoryLayer does not give up what is being read", async () => {
  const layer = new MemoryLayer({ clock: new VirtualClock(), metrics: new Metrics() }, { maxBytes: 400_000 });
  await keep(layer, "a", bytesOf(1, 90_000));
  const copy = (await layer.open("a"))!;
  for (let at = 0; at < 20; at++) await keep(layer, `n${at}`, bytesOf(at, 90_000));
  assert(layer.peek("a") !== undefined);
  await layer.remove("a");
  assert(layer.sizeBytes > 90_000 * 3, "what is lent counts although it was removed");
  await copy.close();
  await layer.close();
});
