/**
 * The meta server in memory: what it answers, who lives, and that old copies are gone before it says so.
 */

import { assertEquals } from "@std/assert";
import { MemoryCatalogue } from "../src/storage/memory_catalogue.ts";
import { StorageError } from "../src/storage/storage_error.ts";
import { type Answer, MetaLab, SHA_A, SHA_B, stored } from "./edge_meta_lab.ts";

const SUCCESS: Answer = [200, { status: "success" }];
const STORE: Answer = [200, { cdn_id: -1, cdn_address: "127.0.0.1:5050" }];
const HERE = { client_lat: 37.7749, client_lng: -122.4194 };

Deno.test("meta answers existing clients as they expect", async () => {
  await using lab = new MetaLab();
  await lab.start();
  const node = { Type: 0, IP: "localhost:4000", Lat: 37.7749, Lng: -122.4194 };
  const update = { file_name: "a.txt", file_hash: "v1", timestamp: "2026-01-01T00:00:00Z", cdn_id: 1 };
  const created = "2026-01-01T00:00:00.000Z";
  const table: [method: string, target: string, body: unknown, expected: Answer][] = [
    ["GET", "/health", undefined, [200, { status: "healthy" }]],
    ["GET", "/meta/cdns", undefined, [200, { cdns: [] }]],
    ["GET", "/meta/files", undefined, [200, { files: [] }]],
    ["POST", "/meta/register", node, [200, { cdn_id: 1 }]],
    ["POST", "/meta/register", { ...node, IP: "localhost:4001", Lat: 51.5, Lng: 0 }, [200, { cdn_id: 2 }]],
    ["POST", "/meta/register", node, [200, { cdn_id: 1 }]],
    ["POST", "/meta/query", { file_name: "a.txt", ...HERE }, STORE],
    ["POST", "/meta/update", update, SUCCESS],
    ["POST", "/meta/query", { file_name: "a.txt", ...HERE }, [200, { cdn_id: 1, cdn_address: "localhost:4000" }]],
    // What an existing node sends after it filled itself overwrites nothing.
    ["POST", "/meta/update", { ...update, file_hash: "", timestamp: "", cdn_id: 2 }, SUCCESS],
    ["GET", "/meta/files", undefined, [200, {
      files: [{ name: "a.txt", hash: "v1", timestamp: "2026-01-01T00:00:00Z", created_at: created }],
    }]],
    ["POST", "/meta/query", { file_name: "a.txt", client_lat: 51, client_lng: 1 }, [200, {
      cdn_id: 2,
      cdn_address: "localhost:4001",
    }]],
    ["GET", "/meta/cdns", undefined, [200, {
      cdns: [
        { id: 1, address: "localhost:4000", lat: 37.7749, lng: -122.4194, created_at: created },
        { id: 2, address: "localhost:4001", lat: 51.5, lng: 0, created_at: created },
      ],
    }]],
    ["POST", "/meta/update", { ...update, cdn_id: 7 }, [404, {
      detail: "Cannot find the node 7: it has to register",
    }]],
    ["POST", "/meta/update", { ...update, file_name: "store only", cdn_id: -1 }, SUCCESS],
    ["DELETE", "/meta/delete", { file_name: "store only" }, SUCCESS],
    ["DELETE", "/meta/delete", { file_name: "store only" }, [404, {
      detail: 'Cannot find "store only": nobody published it',
    }]],
    ["POST", "/meta/register", { ...node, IP: "no port" }, [400, {
      detail: "Cannot register a node: its address is not HOST:PORT",
    }]],
    ["POST", "/meta/register", { ...node, Lat: 91 }, [422, {
      detail: [{ loc: ["body", "Lat"], msg: "Input should be less than or equal to 90", type: "less_than_equal" }],
    }]],
    ["POST", "/meta/query", "{", [422, {
      detail: [{ loc: ["body"], msg: "JSON decode error", type: "json_invalid" }],
    }]],
  ];
  for (const [method, target, body, expected] of table) {
    assertEquals(await lab.clock.until(lab.ask(method, target, body)), expected, `${method} ${target}`);
  }
  const [, document] = await lab.ask("GET", "/openapi.json");
  assertEquals(Object.keys((document as { paths: Record<string, unknown> }).paths).sort(), [
    "/health",
    "/meta/cdns",
    "/meta/delete",
    "/meta/files",
    "/meta/heartbeat",
    "/meta/hold",
    "/meta/nodes",
    "/meta/plan",
    "/meta/publish",
    "/meta/purge",
    "/meta/query",
    "/meta/register",
    "/meta/update",
  ]);
});

Deno.test("meta says which nodes are alive", async () => {
  await using lab = new MetaLab();
  await lab.start();
  await lab.clock.until(lab.ask("POST", "/meta/register", { Type: 0, IP: "localhost:4000", Lat: 1, Lng: 2 }));
  const node = { id: 1, address: "localhost:4000", lat: 1, lng: 2 };
  assertEquals(await lab.ask("GET", "/meta/nodes"), [200, { nodes: [{ ...node, alive: true }] }]);
  await lab.clock.advance(60_000);
  assertEquals(await lab.clock.until(lab.ask("GET", "/meta/nodes")), [200, { nodes: [{ ...node, alive: false }] }]);
});

Deno.test("meta answers a publication when every node with older bytes has dropped them", async () => {
  await using lab = new MetaLab();
  await lab.start();
  const [one, two] = [await lab.node("localhost:4000"), await lab.node("localhost:4001", 51, 0)];
  for (const node of [one, two]) assertEquals((await node.beat()).lease_ms, 8_000);
  const name = "Größe 1/50%?#";
  const publish = (sha256: string, generation: number, cdn_id?: number) =>
    lab.timed("POST", "/meta/publish", { files: [stored(name, sha256, generation)], cdn_id });
  assertEquals(await publish(SHA_A, 5, one.id), [[200, { files: [{ file_name: name, kind: "new" }] }], 0]);
  assertEquals(await two.hold(name, SHA_A, 5), "current");
  two.dropStatus = 404;
  assertEquals((await publish(SHA_B, 6, two.id))[0], [200, { files: [{ file_name: name, kind: "changed" }] }]);
  // The second one has put the new version, and drops nothing of that.
  assertEquals([one.told, two.told], [[`${name} < 6`], [`${name} < 6`]]);
  assertEquals(await two.hold(name, SHA_B, 6), "current");
  assertEquals((await publish(SHA_A, 5, one.id))[0], [200, { files: [{ file_name: name, kind: "outdated" }] }]);
  assertEquals(one.told.length, 2);
  assertEquals(await one.hold(name, SHA_A, 5), "stale");
  assertEquals(await one.hold("unknown", SHA_A, 5), "unknown");
  // Removal.
  assertEquals((await lab.timed("DELETE", "/meta/delete", { file_name: name, generation: 6 }))[0], SUCCESS);
  assertEquals(two.told, [`${name} < 6`, name]);
  assertEquals((await lab.ask("GET", "/meta/files"))[1], { files: [] });
});

Deno.test("meta tells a node of what it put itself, for it may have lost sight of that and serve what was there before", async () => {
  await using lab = new MetaLab();
  await lab.start();
  const node = await lab.node("localhost:4000");
  await node.beat();
  const publish = (sha256: string, generation: number, cdn_id?: number) =>
    lab.timed("POST", "/meta/publish", { files: [stored("a", sha256, generation)], cdn_id });
  await publish(SHA_A, 5);
  assertEquals(await node.hold("a", SHA_A, 5), "current");
  // A write went through the node, which did not hear the end of it; then it was repeated by another way.
  await publish(SHA_B, 6, node.id);
  await publish(SHA_B, 7);
  assertEquals(node.told, ["a < 6"]);
});

Deno.test("meta waits for the end of the lease of a node that does not drop a copy, and tells it with its next heartbeat", async () => {
  await using lab = new MetaLab();
  const catalogue = new MemoryCatalogue();
  await lab.start(catalogue);
  await lab.pass(20_000);
  const node = await lab.node("localhost:4000");
  await node.beat();
  await lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_A, 1)], cdn_id: node.id });
  await lab.clock.advance(3_000);
  await node.stop();
  const [answer, tookMs] = await lab.timed("POST", "/meta/publish", { files: [stored("a", SHA_B, 2)] });
  assertEquals([answer[0], tookMs], [200, 6_000]);
  // It is dead by now: nobody waits for it any more.
  assertEquals((await lab.timed("POST", "/meta/publish", { files: [stored("a", SHA_A, 3)] }))[1], 0);
  await lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_B, 4)] });
  await node.start();
  assertEquals(await node.beat(["a"]), { status: "success", lease_ms: 8_000, stale: ["a"] });
  assertEquals(catalogue.file("a")!.holders.size, 1, "it had not been told when it said so");
  assertEquals(await node.beat(["a"]), { status: "success", lease_ms: 8_000, stale: [] });
  assertEquals(catalogue.file("a")!.holders.size, 0);
});

Deno.test("a node's word about a copy does not count for a later one", async () => {
  await using lab = new MetaLab();
  const catalogue = new MemoryCatalogue();
  await lab.start(catalogue);
  const node = await lab.node("localhost:4000");
  node.dropStatus = 503;
  await lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_A, 1)], cdn_id: node.id });
  const second = lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_B, 2)] });
  assertEquals((await node.beat()).stale, ["a"]);
  // It drops the first version, fills itself with the second, and that becomes stale, too, before it says so.
  assertEquals(await node.hold("a", SHA_B, 2), "current");
  const third = lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_A, 3)] });
  assertEquals((await node.beat(["a"])).stale, ["a"]);
  assertEquals(catalogue.staleAt(node.id, 9), ["a"]);
  assertEquals((await node.beat(["a"])).stale, []);
  await lab.clock.until(Promise.all([second, third]));
});

Deno.test("meta gives no lease to a node that has to drop more than an answer names", async () => {
  await using lab = new MetaLab();
  await lab.start();
  const node = await lab.node("localhost:4000");
  await node.stop();
  const names = Array.from({ length: 1_300 }, (_, i) => `f/${i}`);
  const publish = { files: names.map((name) => stored(name, SHA_A, 1)), cdn_id: node.id };
  await lab.ask("POST", "/meta/publish", publish);
  assertEquals((await node.beat()).lease_ms, 8_000);
  const purge = lab.ask("POST", "/meta/purge", { all: true });
  const first = await node.beat();
  assertEquals([first.lease_ms, first.stale.length], [0, 1_000]);
  const second = await node.beat(first.stale);
  assertEquals([second.lease_ms, second.stale.length], [8_000, 300]);
  assertEquals((await node.beat(second.stale)).stale, []);
  assertEquals(await lab.clock.until(purge), SUCCESS);
  assertEquals(((await lab.ask("GET", "/meta/files"))[1] as { files: unknown[] }).files.length, 1_300);
  assertEquals((await lab.ask("POST", "/meta/purge", { file_name: "none" }))[0], 404);
});

Deno.test("meta purges a file from every node, and they may have it again", async () => {
  await using lab = new MetaLab();
  await lab.start();
  const nodes = [await lab.node("localhost:4000"), await lab.node("localhost:4001", 51, 0)];
  for (const node of nodes) {
    await node.beat();
    await lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_A, 1)], cdn_id: node.id });
  }
  assertEquals((await lab.timed("POST", "/meta/purge", { file_name: "a" }))[0], SUCCESS);
  assertEquals(nodes.map(({ told }) => told), [["a"], ["a"]]);
  assertEquals(await nodes[0]!.hold("a", SHA_A, 1), "current");
  assertEquals((await nodes[0]!.beat()).stale, []);
});

Deno.test("a purge does not end the wait of a publication for the same copy", async () => {
  await using lab = new MetaLab();
  await lab.start();
  const node = await lab.node("localhost:4000");
  await node.beat();
  await lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_A, 1)], cdn_id: node.id });
  node.dropStatus = 503;
  let isPublished = false;
  const publishing = lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_B, 2)] }).then(() =>
    isPublished = true
  );
  await lab.clock.advance(500);
  const purging = lab.ask("POST", "/meta/purge", { file_name: "a" });
  await lab.clock.advance(2_000);
  assertEquals(isPublished, false);
  node.dropStatus = 200;
  await lab.clock.advance(500);
  assertEquals(isPublished, true);
  await Promise.all([publishing, purging]);
});

Deno.test("meta leaves out a node whose heartbeats stop, until they come again", async () => {
  await using lab = new MetaLab();
  await lab.start();
  const [near, far] = [await lab.node("localhost:4000"), await lab.node("localhost:4001", 36, -121)];
  await lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_A, 1)], cdn_id: near.id });
  await near.beat();
  assertEquals(await lab.holderOf("a"), near.id);
  // It answers questions still; but one that sends heartbeats is judged by them.
  await lab.pass(10_000, [far]);
  assertEquals(await lab.holderOf("a"), far.id);
  assertEquals(await lab.holderOf("unknown"), -1);
  await near.beat();
  assertEquals(await lab.holderOf("a"), near.id);
  assertEquals(await lab.ask("POST", "/meta/heartbeat", { cdn_id: 99, cdn_address: near.address }), [404, {
    detail: "Cannot find the node 99: it has to register",
  }]);
  assertEquals((await lab.ask("POST", "/meta/heartbeat", { cdn_id: near.id, cdn_address: "other:1" }))[0], 404);
});

Deno.test("meta asks a node that sends no heartbeats, and has it drop copies all the same", async () => {
  await using lab = new MetaLab();
  await lab.start();
  const node = await lab.node("localhost:4000");
  const update = { file_name: "a", file_hash: "v1", timestamp: "1", cdn_id: node.id };
  await lab.ask("POST", "/meta/update", update);
  await lab.pass(30_000);
  assertEquals(await lab.holderOf("a"), node.id);
  assertEquals((await lab.timed("POST", "/meta/update", { ...update, file_hash: "v2", cdn_id: -1 }))[0], SUCCESS);
  assertEquals(node.told, ["a"]);
  await lab.ask("POST", "/meta/update", { ...update, file_hash: "v2" });
  await node.stop();
  await lab.pass(12_000);
  assertEquals(await lab.holderOf("a"), -1);
  // What it missed it is told when it is back.
  await lab.ask("POST", "/meta/update", { ...update, file_hash: "v3", cdn_id: -1 });
  await node.start();
  await lab.pass(10_000);
  assertEquals([await lab.holderOf("a"), node.told], [node.id, ["a", "a"]]);
});

Deno.test("a meta server that starts again gives nodes time, and takes each for one with a lease", async () => {
  await using lab = new MetaLab();
  const catalogue = new MemoryCatalogue();
  // The catalogue outlives the role.
  catalogue.close = () => Promise.resolve();
  await lab.start(catalogue);
  const node = await lab.node("localhost:4000");
  await node.beat();
  await lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_A, 1)], cdn_id: node.id });
  await node.stop();
  await lab.stop();
  await lab.start(catalogue);
  assertEquals(await lab.holderOf("a"), node.id);
  const [answer, tookMs] = await lab.timed("POST", "/meta/publish", { files: [stored("a", SHA_B, 2)] });
  assertEquals([answer[0], tookMs], [200, 9_000]);
  await lab.pass(2_000);
  assertEquals(await lab.holderOf("a"), -1);
});

Deno.test("meta plans what a client has to send, and where", async () => {
  await using lab = new MetaLab();
  await lab.start();
  const node = await lab.node("localhost:4000");
  const md5 = "1".repeat(32);
  await lab.ask("POST", "/meta/publish", { files: [stored("same", SHA_A, 1), stored("other", SHA_A, 2)] });
  await lab.ask("POST", "/meta/update", { file_name: "same", file_hash: md5, timestamp: "t", cdn_id: -1 });
  const files = [
    { file_name: "same", file_hash: SHA_A.toUpperCase(), timestamp: "later" },
    { file_name: "same", file_hash: md5, timestamp: "later" },
    { file_name: "same", file_hash: "2".repeat(32), timestamp: "t" },
    { file_name: "other", file_hash: SHA_B, timestamp: "t" },
    { file_name: "other" },
    { file_name: "new", file_hash: SHA_B },
  ];
  const [status, value] = await lab.ask("POST", "/meta/plan", { ...HERE, files });
  const cold = { cdn_address: node.address, cdn_id: node.id };
  assertEquals([status, value], [200, {
    files: [
      { file_name: "same", ...cold, upload: false },
      { file_name: "same", ...cold, upload: false },
      { file_name: "same", ...cold, upload: true },
      { file_name: "other", ...cold, upload: true },
      { file_name: "other", ...cold, upload: true },
      { file_name: "new", cdn_address: "127.0.0.1:5050", cdn_id: -1, upload: true },
    ],
    store_address: "127.0.0.1:5050",
  }]);
});

Deno.test("meta goes on answering while its catalogue is away, but changes nothing and gives no lease", async () => {
  await using lab = new MetaLab();
  const catalogue = new MemoryCatalogue();
  await lab.start(catalogue);
  const node = await lab.node("localhost:4000");
  await lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_A, 1)], cdn_id: node.id });
  const away = (): Promise<never> => Promise.reject(new StorageError("unavailable", "write to the catalogue"));
  Object.assign(catalogue, { publish: away, beat: away, hold: away });
  assertEquals(await lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_B, 2)] }), [503, {
    detail: "Cannot write to the catalogue: it cannot be reached",
  }]);
  assertEquals(await node.beat(), { status: "success", lease_ms: 0, stale: [] });
  assertEquals(await lab.holderOf("a"), node.id);
  assertEquals(await lab.ask("GET", "/health"), [200, { status: "healthy" }]);
});

Deno.test("meta lets others than this machine ask, and change something only with the token", async () => {
  await using lab = new MetaLab();
  await lab.start(new MemoryCatalogue(), { token: "secret" });
  const node = { IP: "n:1", Lat: 1, Lng: 2 };
  for (const [method, target, body] of [["GET", "/meta/cdns"], ["POST", "/meta/query", { file_name: "a", ...HERE }]]) {
    assertEquals((await lab.ask(method as string, target as string, body, "10.0.0.5"))[0], 200);
  }
  for (const target of ["register", "update", "publish", "heartbeat", "hold", "purge"]) {
    assertEquals((await lab.ask("POST", `/meta/${target}`, node, "10.0.0.5"))[0], 401, target);
  }
  assertEquals((await lab.ask("DELETE", "/meta/delete", { file_name: "a" }, "10.0.0.5"))[0], 401);
});

Deno.test("a meta server that stops tells who waits for old copies to go that it does not know", async () => {
  await using lab = new MetaLab();
  await lab.start();
  const node = await lab.node("localhost:4000");
  await node.beat();
  await lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_A, 1)], cdn_id: node.id });
  await node.stop();
  const waiting = lab.ask("POST", "/meta/publish", { files: [stored("a", SHA_B, 2)] });
  await lab.clock.advance(500);
  await lab.stop();
  assertEquals((await waiting)[0], 503);
});
