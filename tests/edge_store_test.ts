import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import { type VirtualEnv, virtualEnv } from "../src/env/virtual.ts";
import { MemoryNetwork } from "../src/net/memory.ts";
import { startStore, type StoreRole } from "../src/roles/edge/store.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import type { Objects } from "../src/storage/objects.ts";
import { StorageError } from "../src/storage/storage_error.ts";
import { ask, type StoreBench } from "./edge_store_bench.ts";
import { STORE_CASES } from "./edge_store_cases.ts";
import { MetaStub } from "./meta_stub.ts";
import { put, textBytes } from "./objects_bench.ts";

const META = { host: "127.0.0.1", port: 8002 };
const STORE = { host: "127.0.0.1", port: 5050 };

class VirtualBench implements StoreBench {
  readonly clock = new VirtualClock();
  readonly meta = new MetaStub();
  readonly env: VirtualEnv;
  #heal: (() => void) | undefined;

  constructor() {
    const random = seededRandom(1);
    const net = new MemoryNetwork({ clock: this.clock, random }).host("127.0.0.1");
    this.env = virtualEnv({ clock: this.clock, random, net });
  }

  get client(): VirtualEnv["httpClient"] {
    return this.env.httpClient;
  }

  objects(): Promise<Objects> {
    return this.clock.until(openFolderObjects(this.env, "/objects"));
  }

  async start(options: Parameters<StoreBench["start"]>[0] = {}): Promise<StoreRole> {
    return await startStore(this.env, { objects: await this.objects(), meta: [META], ...options });
  }

  async serveMeta(): Promise<void> {
    await this.env.http.serve(META, this.meta.handler);
  }

  setMeta(isThere: boolean): Promise<void> {
    if (isThere) this.#heal?.();
    else this.#heal = this.env.http.faults.cut(`${META.host}:${META.port}`, "refused");
    return Promise.resolve();
  }

  async until(condition: () => boolean): Promise<void> {
    for (let count = 0; !condition(); count++) {
      if (count > 600) throw new Error("Cannot wait longer: no change within a minute");
      await this.clock.advance(100);
    }
  }

  wait<T>(promise: Promise<T>): Promise<T> {
    return this.clock.until(promise);
  }
}

for (const { name, run } of STORE_CASES) {
  Deno.test(`A store in memory ${name}`, async () => {
    const bench = new VirtualBench();
    await bench.serveMeta();
    await run(bench);
    assertEquals(bench.env.files.openFiles, 0);
    assertEquals(bench.env.http.failures, []);
    assertEquals(bench.clock.pending, 0);
  });
}

Deno.test("startStore() waits for a meta server that hangs for 15 s at the most, and then for none", async () => {
  const bench = new VirtualBench();
  await bench.serveMeta();
  const store = await bench.start();
  await bench.until(() => bench.env.records.some(({ event }) => event === "everything published"));
  const heal = bench.env.http.faults.cut(`${META.host}:${META.port}`, "hang");
  const question = { method: "POST", target: "/post/a", body: textBytes("1") };
  for (const limitMs of [15_000, 0]) {
    const beganMs = bench.clock.now();
    const stored = await bench.wait(ask(bench.client, STORE, question));
    assertEquals([stored.status, stored.field("x-published")], [200, "later"]);
    assertEquals(bench.clock.now() - beganMs <= limitMs, true);
  }
  heal();
  await bench.until(() => bench.meta.files.has("a"));
  await bench.wait(store.stop());
});

Deno.test("A store answers 503 with a reason and when to ask again while its engine is away", async () => {
  const bench = new VirtualBench();
  const objects = await bench.objects();
  await put(objects, "a", "1");
  const away = { failure: undefined as string | undefined };
  const faulty = new Proxy(objects, {
    get(target, name): unknown {
      if (name === "failure") return away.failure ?? target.failure;
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (away.failure === undefined || name === "close") return value.bind(target);
      if (name === "list") return failingList;
      return () => Promise.reject(unavailable());
    },
  });
  const store = await startStore(bench.env, { objects: faulty });
  away.failure = "the disk is gone";
  const questions = [
    { target: "/get/a" },
    { method: "POST", target: "/post/b", body: textBytes("2") },
    { method: "DELETE", target: "/delete/a" },
    { target: "/list" },
    { target: "/health" },
  ];
  for (const question of questions) {
    const answer = await ask(bench.client, STORE, question);
    assertEquals([answer.status, answer.field("retry-after")], [503, "1"], question.target);
    assertStringIncludes(answer.text, "the disk is gone");
  }
  away.failure = undefined;
  assertEquals((await ask(bench.client, STORE, { target: "/get/a" })).text, "1");
  assertEquals((await ask(bench.client, STORE, { target: "/health" })).status, 200);
  await bench.wait(store.stop());
});

async function* failingList(): AsyncGenerator<string, void, void> {
  yield await Promise.reject(unavailable());
}

function unavailable(): StorageError {
  return new StorageError("unavailable", "read a", { cause: new Error("the disk is gone") });
}

Deno.test("A store lets only this machine and who knows the token change something", async () => {
  const bench = new VirtualBench();
  await assertRejects(
    async () => await bench.start({ listen: { host: "0.0.0.0", port: 5050 } }),
    RangeError,
    "no token",
  );
  const listen = { host: "0.0.0.0", port: 5050 };
  const store = await bench.start({ listen, token: "s3cret", meta: [] });
  const peer = { host: "10.0.0.9", port: 4_000 };
  const write = { method: "POST", target: "/post/a", body: textBytes("1"), peer };
  const host: [string, string] = ["host", "store"];
  assertEquals((await bench.env.http.request(STORE, write)).status, 401);
  assertEquals((await bench.env.http.request(STORE, { method: "DELETE", target: "/delete/a", peer })).status, 401);
  const shown: [string, string][] = [host, ["authorization", "Bearer s3cret"], ["content-length", "1"]];
  assertEquals((await bench.env.http.request(STORE, { ...write, headers: shown })).status, 200);
  assertEquals((await bench.env.http.request(STORE, { target: "/get/a", peer })).status, 200);
  await bench.wait(store.stop());
});
