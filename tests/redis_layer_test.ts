/**
 * The Redis layer of the cache on a real server that the test starts.
 *
 * Needs: redis-server on the PATH.
 */

import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { createLog, type LogRecord, renderText } from "../src/env/log.ts";
import { Metrics } from "../src/env/metrics.ts";
import { RedisLayer } from "../src/storage/redis_layer.ts";
import { StorageError } from "../src/storage/storage_error.ts";
import { bytesOf, cacheLayerContract, collect, keep, lookUp } from "./cache_layer_contract.ts";
import { testWith } from "./missing_programs.ts";
import { PrivateRedis, type PrivateRedisOptions, REDIS_SERVER } from "./redis_server.ts";
import { until } from "./until.ts";

const DEADLINE = { deadlineMs: 20_000 };
/** What a question that asks nobody takes at most, on a busy machine. */
const AT_ONCE_MS = 50;

/** What one node is to a server. */
class Node implements AsyncDisposable {
  readonly records: LogRecord[] = [];
  readonly metrics = new Metrics();
  readonly layer: RedisLayer;

  constructor(redis: PrivateRedis, prefix = "test:", maxBytes?: number) {
    const clock = systemClock();
    const log = createLog({ clock, sink: (record) => this.records.push(record), level: "debug" });
    const env = { clock, log, random: systemRandom(), metrics: this.metrics };
    this.layer = new RedisLayer(env, { address: redis.address, prefix, maxBytes });
  }

  /** Waits until it works, and what is on the server has been compared with what it knows. */
  async ready(): Promise<RedisLayer> {
    await until(() => this.layer.failure === undefined && this.layer.isSettled, DEADLINE);
    return this.layer;
  }

  get errors(): number {
    return this.metrics.values()['microcdn_edge_cache_errors_total{layer="redis"}']!;
  }

  get text(): string {
    return this.records.map((record) => renderText(record)).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.layer.close();
  }
}

function testRedis(
  name: string,
  run: (redis: PrivateRedis) => Promise<void>,
  options: PrivateRedisOptions = {},
): void {
  testWith([REDIS_SERVER], name, async () => {
    await using redis = await PrivateRedis.start(options);
    await run(redis);
  });
}

cacheLayerContract("redis", (name, run) => {
  testRedis(name, async (redis) => {
    const nodes: Node[] = [];
    try {
      await run({
        outlives: true,
        open(maxBytes): Promise<RedisLayer> {
          const node = new Node(redis, "test[*]?:", maxBytes);
          nodes.push(node);
          return node.ready();
        },
        close: () => Promise.resolve(),
      });
      assertEquals(nodes.map(({ errors }) => errors), nodes.map(() => 0));
    } finally {
      for (const node of nodes) await node.layer.close();
    }
  });
});

testRedis("RedisLayer: nodes that share a server have nothing to do with each other", async (redis) => {
  await using one = new Node(redis, "one:");
  await using two = new Node(redis, "two:", 400_000);
  const [a, b] = [await one.ready(), await two.ready()];
  await keep(a, "a", bytesOf(1, 1_000));
  await keep(b, "a", bytesOf(2, 1_000));
  for (let at = 0; at < 50; at++) await keep(b, `n${at}`, bytesOf(at, 40_000));
  assertEquals(await lookUp(a, "a"), bytesOf(1, 1_000));
  await b.remove("a");
  assertEquals(await lookUp(a, "a"), bytesOf(1, 1_000));
  await using again = new Node(redis, "two:");
  await again.ready();
  assertEquals(await lookUp(a, "a"), bytesOf(1, 1_000));
});

testRedis("RedisLayer leaves nothing on the server that nobody can find", async (redis) => {
  await using node = new Node(redis);
  const layer = await node.ready();
  await keep(layer, "a", bytesOf(1, 300_000), 1);
  await keep(layer, "a", bytesOf(2, 300_000), 2);
  await keep(layer, "b", bytesOf(3, 300_000));
  await layer.remove("b");
  const draft = (await layer.begin("c", { sizeBytes: 600_000 }))!;
  await draft.write(bytesOf(4, 600_000));
  await draft.close();
  await until(async () => (await redis.keys()).length === 3, DEADLINE);
});

testRedis(
  "RedisLayer: what a killed node left half written is removed by the next, what is whole is found",
  async (redis) => {
    const killed = new Node(redis);
    const first = await killed.ready();
    await keep(first, "a", bytesOf(1, 300_000));
    const draft = (await first.begin("b", { sizeBytes: 600_000 }))!;
    await draft.write(bytesOf(2, 600_000));
    await first.close();
    await redis.ask([
      ["SET", "test:c:forged", '{"name":"x","object":null}'],
      ["SET", "test:junk", "1"],
      ["SET", "other", "2"],
    ]);
    await using node = new Node(redis);
    const layer = await node.ready();
    assertEquals(layer.list().map(([name]) => name), ["a"]);
    assertEquals(await lookUp(layer, "a"), bytesOf(1, 300_000));
    assertEquals((await redis.keys()).length, 4, "a record, two pieces, and a key of somebody else");
  },
);

testRedis("RedisLayer: what is removed before the server is found is not taken over", async (redis) => {
  const before = new Node(redis);
  await keep(await before.ready(), "a", bytesOf(1, 10));
  await keep(before.layer, "b", bytesOf(2, 10));
  await before.layer.close();
  await using node = new Node(redis);
  await node.layer.remove("a");
  const layer = await node.ready();
  assertEquals(layer.list().map(([name]) => name), ["b"]);
  await until(async () => (await redis.keys()).length === 2, DEADLINE);
});

testRedis("RedisLayer: a server that is killed costs no time, and is used again when it is back", async (redis) => {
  await using node = new Node(redis);
  const layer = await node.ready();
  await keep(layer, "a", bytesOf(1, 300_000));
  await keep(layer, "b", bytesOf(1, 600_000));
  const reading = (await layer.open("b"))!;
  await redis.kill();
  await until(() => layer.failure !== undefined, DEADLINE);
  const beganMs = performance.now();
  assertEquals(await layer.open("a"), undefined);
  assertEquals(await layer.begin("a", { sizeBytes: 10 }), undefined);
  assertEquals(await layer.remove("a"), true);
  assertLess(performance.now() - beganMs, AT_ONCE_MS);
  assertEquals((await assertRejects(() => collect(reading.read()), StorageError)).code, "unavailable");
  await reading.close();
  assertEquals(node.records.filter(({ event }) => event === "cache fails").length, 1);
  assert(node.errors > 0);

  await redis.start();
  await node.ready();
  assertEquals(await layer.open("b"), undefined, "it came back without what it held");
  assert(await keep(layer, "a", bytesOf(2, 300_000)));
  assertEquals(await lookUp(layer, "a"), bytesOf(2, 300_000));
  assertEquals(node.records.filter(({ event }) => event === "cache works again").length, 1);
});

testRedis("RedisLayer: a server that hangs costs one wait, not one a question", async (redis) => {
  await using node = new Node(redis);
  const layer = await node.ready();
  await keep(layer, "a", bytesOf(1, 300_000));
  redis.signal("SIGSTOP");
  assertEquals(await layer.open("a"), undefined);
  const beganMs = performance.now();
  assertEquals(await layer.open("a"), undefined);
  assertLess(performance.now() - beganMs, AT_ONCE_MS);
  assert(layer.failure !== undefined);
  assertEquals(await layer.remove("a"), true);
  redis.signal("SIGCONT");
  await node.ready();
  assertEquals(await layer.open("a"), undefined);
  await until(async () => (await redis.keys()).length === 0, DEADLINE);
});

testRedis("RedisLayer: a server that gives up keys itself makes misses, never parts", async (redis) => {
  await using node = new Node(redis);
  const layer = await node.ready();
  for (let at = 0; at < 60; at++) await keep(layer, `n${at}`, bytesOf(at, 300_000)).catch(() => false);
  let hits = 0;
  for (let at = 0; at < 60; at++) {
    const bytes = await lookUp(layer, `n${at}`);
    if (bytes === undefined) continue;
    hits++;
    assertEquals(bytes, bytesOf(at, 300_000));
  }
  assert(hits > 0 && hits < 60, `${hits} of 60 are left`);
  await keep(layer, "a", bytesOf(1, 600_000));
  const copy = (await layer.open("a"))!;
  const keys = (await redis.keys()).filter((key) => key.endsWith(":2"));
  await redis.ask([["UNLINK", ...keys]]);
  assertEquals((await assertRejects(() => collect(copy.read()), StorageError)).code, "corrupt");
  await copy.close();
  assertEquals(await layer.open("a"), undefined);
  await keep(layer, "b", bytesOf(1, 600_000));
  await redis.ask([["UNLINK", ...(await redis.keys()).filter((key) => key.endsWith(":1"))]]);
  assertEquals(await layer.open("b"), undefined, "a piece that is missing is a miss");
}, { settings: ["--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru"] });

testRedis("RedisLayer goes on when the server has no room", async (redis) => {
  await using node = new Node(redis);
  const layer = await node.ready();
  let refused = 0;
  for (let at = 0; at < 40; at++) {
    const isKept = await keep(layer, `n${at}`, bytesOf(at, 300_000)).catch((error) => {
      assertEquals((error as StorageError).code, "full");
      return false;
    });
    if (!isKept) refused++;
  }
  assert(refused > 0 && refused < 40);
  for (const [name] of layer.list()) assert(await lookUp(layer, name) !== undefined);
}, { settings: ["--maxmemory", "8mb", "--maxmemory-policy", "noeviction"] });

testRedis("RedisLayer: a password is used, and never told", async (redis) => {
  const wrong = { ...redis.address, password: "ganz-falsch" };
  const stranger = Object.assign(Object.create(PrivateRedis.prototype), { address: wrong }) as PrivateRedis;
  await using refused = new Node(stranger);
  await until(() => refused.layer.failure?.includes("access denied") ?? false, DEADLINE);
  assertStringIncludes(refused.text, `redis://127.0.0.1:${redis.address.port}/0`);
  await using node = new Node(redis);
  const layer = await node.ready();
  await keep(layer, "a", bytesOf(1, 10));
  await redis.kill();
  await until(() => layer.failure !== undefined, DEADLINE);
  for (const { text } of [refused, node]) {
    assert(!text.includes("streng-geheim") && !text.includes("ganz-falsch"), text);
  }
}, { password: "streng-geheim" });
