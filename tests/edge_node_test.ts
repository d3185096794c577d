/**
 * The edge node beside a store and a meta server of its lab: what it serves from where, and what it says when they are away.
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { NetError } from "../src/net/net_error.ts";
import { fieldOf } from "../src/protocol/http_fields.ts";
import { bytesOf } from "./cache_layer_contract.ts";
import { shaOf } from "./download_lab.ts";
import { targetOf } from "./edge_lab_meta.ts";
import { META, STORE } from "./edge_lab_store.ts";
import { EdgeLab, type Got } from "./edge_node_lab.ts";

const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
const seen = ({ status, cache, text }: Got): unknown[] => [status, cache, text];

Deno.test("node: a file is a miss, then a hit, with all that is known of it", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("dir/a b.txt", text("hello")));
  const node = await lab.node();
  assertEquals(node.role.state, "ACTIVE");
  assertEquals(seen(await node.get("dir/a b.txt")), [200, "MISS", "hello"]);
  const hit = await node.get("dir/a b.txt");
  assertEquals(seen(hit), [200, "HIT memory", "hello"]);
  assertEquals(fieldOf(hit.headers, "etag"), `"${shaOf(text("hello"))}"`);
  assertEquals(fieldOf(hit.headers, "content-type"), "text/plain; charset=utf-8");
  assertEquals(fieldOf(hit.headers, "x-file-sha256"), shaOf(text("hello")));
  assertEquals(lab.meta.holders("dir/a b.txt"), [node.role.id!]);
  assertEquals(lab.store.asked.filter((line) => line === "GET dir/a b.txt").length, 1);
  assertEquals(seen(await node.get("dir/a b.txt", [["range", "bytes=1-2"]])), [206, "HIT memory", "el"]);
  const head = await node.get("dir/a b.txt", [], "HEAD");
  assertEquals([head.status, head.text, fieldOf(head.headers, "content-length")], [200, "", "5"]);
  const same = await node.get("dir/a b.txt", [["if-none-match", `"${shaOf(text("hello"))}"`]]);
  assertEquals([same.status, same.text], [304, ""]);
  assertEquals(node.files.openFiles, 0);
});

Deno.test("node: bytes are bytes, empty and large ones, whatever the name", async () => {
  await using lab = await EdgeLab.start();
  const node = await lab.node();
  const names = ["?", "#", "100%", "Größe/ü", "\u{1f600}", "a\r\nb"];
  for (const [at, name] of names.entries()) {
    const bytes = bytesOf(at, [0, 1, 65_536, 300_000, 3_000_000, 7][at]!);
    await lab.clock.until(lab.store.publish(name, bytes));
    for (const cache of ["MISS", bytes.length > 2_600_000 ? "HIT disk" : "HIT memory"]) {
      const got = await node.get(name);
      assertEquals([got.status, got.cache], [200, cache], name);
      assertEquals(shaOf(got.bytes), shaOf(bytes), name);
    }
  }
});

Deno.test("node: what is missing is 404, a bad name 400, another method 405", async () => {
  await using lab = await EdgeLab.start();
  const node = await lab.node();
  const missing = await node.get("a");
  assertEquals([missing.status, JSON.parse(missing.text)], [404, { detail: "File not found" }]);
  assertEquals((await node.get("a", [], "HEAD")).status, 404);
  assertEquals((await node.remove("a")).status, 404);
  assertEquals((await lab.http.request(node.at, { target: "/cdn/cache/a/%2e%2e/b" })).status, 400);
  const other = await lab.ask(node.at, "PATCH", targetOf("a"));
  assertEquals([other.status, fieldOf(other.headers, "allow")], [405, "GET, HEAD, PUT, DELETE"]);
  assertEquals((await lab.ask(node.at, "GET", "/health")).text.trim(), '{"status":"healthy"}');
  assertMatch((await lab.ask(node.at, "GET", "/openapi.json")).text, /"\/cdn\/cache\/\{.*path/);
});

Deno.test("node: many who ask at once cost one download, and a slow one holds nobody up", async () => {
  await using lab = await EdgeLab.start();
  const bytes = bytesOf(1, 1_000_000);
  await lab.clock.until(lab.store.publish("a", bytes));
  const node = await lab.node();
  let go: () => void = () => {};
  const gate = new Promise<void>((resolve) => go = resolve);
  lab.store.onPiece = async (at) => at === 131_072 ? await gate : undefined;
  const slow = await lab.clock.until(lab.http.client("10.0.9.2").ask(node.at, { target: targetOf("a") }));
  const slowBody = slow.body[Symbol.asyncIterator]();
  await lab.clock.until(slowBody.next());
  const others = Array.from({ length: 20 }, () => lab.asking(node.at, "GET", targetOf("a")));
  await lab.clock.advance(100);
  go();
  for (const got of await lab.clock.until(Promise.all(others))) {
    assertEquals([got.status, shaOf(got.bytes)], [200, shaOf(bytes)]);
  }
  assertEquals(lab.store.asked.filter((line) => line.startsWith("GET")), ["GET a"]);
  // The copy is there while the slow one still reads; it leaves in the midst of it.
  assertEquals((await node.get("a")).cache, "HIT memory");
  await lab.clock.until(slowBody.return!());
  await lab.clock.advance(10);
  assertEquals(node.files.openFiles, 0);
});

Deno.test("node: a part of a cold file far ahead is not waited for; a client that leaves ends a large fill, not a small one", async () => {
  await using lab = await EdgeLab.start();
  const bytes = bytesOf(1, 12_000_000);
  await lab.clock.until(lab.store.publish("large", bytes));
  await lab.clock.until(lab.store.publish("small", bytes.slice(0, 500_000)));
  const node = await lab.node();
  let go: () => void = () => {};
  let gate = new Promise<void>((resolve) => go = resolve);
  lab.store.onPiece = async (at) => at === 65_536 ? await gate : undefined;
  const part = await node.get("large", [["range", "bytes=11000000-11000009"]]);
  assertEquals([part.status, part.cache], [206, "MISS"]);
  assertEquals([...part.bytes], [...bytes.slice(11_000_000, 11_000_010)]);
  await lab.clock.advance(10);
  go();
  await lab.clock.advance(1_000);
  assertEquals(node.role.state, "ACTIVE");
  assertEquals((await node.get("large", [["range", "bytes=0-0"]])).cache, "MISS", "it was given up");
  gate = new Promise<void>((resolve) => go = resolve);
  const left = await lab.clock.until(lab.http.client("10.0.9.2").ask(node.at, { target: targetOf("small") }));
  await lab.clock.until(left.body[Symbol.asyncIterator]().return!());
  go();
  await lab.clock.advance(1_000);
  assertEquals((await node.get("small")).cache, "HIT memory");
});

Deno.test("node: a changed file drops the old copy before the change is acknowledged, and a fill under way", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("a", text("one")));
  const [node, other] = [await lab.node(1), await lab.node(2)];
  for (const each of [node, other]) await each.get("a");
  assertEquals(lab.meta.holders("a"), [1, 2]);
  const put = await node.put("a", "two");
  assertEquals([put.status, JSON.parse(put.text)], [200, { status: "success", file: "a" }]);
  assertEquals(fieldOf(put.headers, "x-published"), "yes");
  assertEquals(seen(await node.get("a")), [200, "HIT memory", "two"]);
  assertEquals(seen(await other.get("a")), [200, "MISS", "two"]);
  assertEquals(seen(await other.get("a")), [200, "HIT memory", "two"]);

  const big = bytesOf(1, 300_000);
  await lab.clock.until(lab.store.publish("b", big));
  let go: () => void = () => {};
  const gate = new Promise<void>((resolve) => go = resolve);
  lab.store.onPiece = async (at) => at === 131_072 ? await gate : undefined;
  const old = lab.asking(node.at, "GET", targetOf("b"));
  await lab.clock.advance(100);
  assertEquals(await lab.clock.until(lab.store.publish("b", text("new"))), true);
  lab.store.onPiece = async () => {};
  assertEquals(seen(await node.get("b")), [200, "MISS", "new"]);
  go();
  assertEquals(shaOf((await lab.clock.until(old)).bytes), shaOf(big), "who began before reads on");
  assertEquals(seen(await node.get("b")), [200, "HIT memory", "new"]);
});

Deno.test("node: DELETE and purge drop the copy, not the file", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("a", text("one")));
  const node = await lab.node();
  await node.get("a");
  assertEquals((await node.remove("a", [["x-generation-below", "1"]])).status, 200);
  assertEquals((await node.get("a")).cache, "HIT memory", "it is not below that generation");
  const removed = await node.remove("a");
  assertEquals([removed.status, JSON.parse(removed.text)], [200, { status: "success", file: "a" }]);
  assertEquals(seen(await node.get("a")), [200, "MISS", "one"]);
  await lab.ask(META, "POST", "/meta/purge", { body: text('{"file_name":"a"}') });
  assertEquals(lab.meta.holders("a"), []);
  assertEquals(seen(await node.get("a")), [200, "MISS", "one"]);
  assertEquals((await node.remove("a", [["x-generation-below", "x"]])).status, 400);
});

Deno.test("node: killed and started again, it serves what is on its disk after it has asked once", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("a", text("one")));
  await lab.clock.until(lab.store.publish("b", text("one")));
  const node = await lab.node();
  await node.get("a");
  await node.get("b");
  await lab.clock.until(node.kill());
  await lab.clock.until(lab.store.publish("b", text("two")));
  await node.start();
  await lab.clock.advance(100);
  assertEquals(seen(await node.get("a")), [200, "REVALIDATED disk", "one"]);
  assertEquals(seen(await node.get("a")), [200, "HIT memory", "one"]);
  assertEquals(seen(await node.get("b")), [200, "MISS", "two"]);
  assertEquals(lab.store.asked.filter((line) => line === "GET a").length, 1);
});

Deno.test("node: without a meta server it asks the store, without both it serves what is stale, and says so", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("a", text("one")));
  const node = await lab.node(1, { staleMs: 60_000 });
  await node.get("a");
  const healMeta = lab.http.faults.cut(META.host, "refused");
  assertEquals(seen(await node.get("a")), [200, "HIT memory", "one"], "its lease lasts");
  await lab.clock.advance(9_000);
  assertEquals(node.role.state, "ALONE");
  assertEquals(seen(await node.get("a")), [200, "REVALIDATED memory", "one"]);
  const heal = lab.http.faults.cut(STORE.host, "refused");
  const stale = await node.get("a");
  assertEquals(seen(stale), [200, "STALE memory", "one"]);
  assert(Number(fieldOf(stale.headers, "age")) >= 8);
  const cold = await node.get("cold");
  assertEquals([cold.status, fieldOf(cold.headers, "retry-after")], [503, "1"]);
  await lab.clock.advance(60_000);
  assertEquals((await node.get("a")).status, 503, "too stale");
  assertEquals((await node.put("a", "two")).status, 503);
  heal();
  lab.store.set("a", text("three"));
  assertEquals(seen(await node.get("a")), [200, "MISS", "three"]);
  healMeta();
  await lab.clock.until(lab.store.tellAll());
  await lab.clock.advance(3_000);
  assertEquals(node.role.state, "ACTIVE");
  await node.get("a");
  assertEquals(seen(await node.get("a")), [200, "HIT memory", "three"]);
});

Deno.test("node: with --stale 0 nothing stale is served; a store that hangs is 504, in good time", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("a", text("one")));
  const node = await lab.node(1, { staleMs: 0 });
  await node.get("a");
  lab.http.faults.cut(META.host, "refused");
  lab.http.faults.cut(STORE.host, "hang", { from: node.at.host });
  await lab.clock.advance(20_000);
  const beganMs = lab.clock.now();
  assertEquals((await node.get("a")).status, 504);
  assert(lab.clock.now() - beganMs < 3_000);
  assertEquals((await node.get("b")).status, 504);
  assert(lab.clock.now() - beganMs < 20_000);
});

Deno.test("node: a store that sends wrong bytes is never believed: the answer breaks off, and nothing is kept", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("a", text("hello")));
  const node = await lab.node();
  lab.store.spoil = (piece) => piece.map((byte) => byte ^ 1);
  await assertRejects(() => node.get("a"), NetError);
  lab.store.spoil = (piece) => piece;
  assertEquals(seen(await node.get("a")), [200, "MISS", "hello"]);
});

Deno.test("node: a download that breaks off is gone on with, unseen by the client", async () => {
  await using lab = await EdgeLab.start();
  const bytes = bytesOf(1, 500_000);
  await lab.clock.until(lab.store.publish("a", bytes));
  const node = await lab.node();
  let breaks = 1;
  lab.store.onPiece = async (at) => {
    await Promise.resolve();
    if (at === 131_072 && breaks-- > 0) throw new Error("broken");
  };
  const got = await node.get("a");
  assertEquals([got.status, shaOf(got.bytes)], [200, shaOf(bytes)]);
  assertEquals(lab.store.asked.filter((line) => line.startsWith("GET")), ["GET a", "GET a part"]);
});

Deno.test("node: a meta server that forgot everything is told again, and until then nothing is served unasked", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("a", text("one")));
  const node = await lab.node();
  await node.get("a");
  lab.meta.forget();
  await lab.clock.advance(2_100);
  await lab.clock.until(lab.store.tellAll());
  assertEquals(lab.meta.holders("a"), []);
  assertEquals(seen(await node.get("a")), [200, "REVALIDATED memory", "one"]);
  await lab.clock.advance(3_000);
  await node.get("a");
  assertEquals(lab.meta.holders("a"), [node.role.id!]);
  assertEquals(seen(await node.get("a")), [200, "HIT memory", "one"]);
});

Deno.test("node: PUT takes bytes as they are, and the envelope of existing clients", async () => {
  await using lab = await EdgeLab.start();
  const node = await lab.node();
  const version = [["x-file-hash", "v1"], ["x-file-timestamp", "12%3A00"]] as const;
  await node.put("a", bytesOf(1, 100_000), version);
  assertEquals(lab.store.objects.get("a")?.object.hash, "v1");
  assertEquals(lab.store.objects.get("a")?.object.timestamp, "12:00");
  assertEquals((await node.get("a")).cache, "HIT memory");
  const json = [["content-type", "application/json; charset=utf-8"]] as const;
  const envelope = { content: "Größe\r\n", file_hash: "h", timestamp: "t" };
  await node.put("b", JSON.stringify(envelope), json);
  assertEquals((await node.get("b")).text, "Größe\r\n");
  assertEquals(lab.store.objects.get("b")?.object.hash, "h");
  await node.put("c", JSON.stringify({ ...envelope, more: 1 }), json);
  assertEquals(JSON.parse((await node.get("c")).text), { ...envelope, more: 1 }, "any other JSON is a file");
  await node.put("d", "{not json", json);
  assertEquals((await node.get("d")).text, "{not json");
  await node.put("e", "");
  assertEquals(seen(await node.get("e")), [200, "HIT memory", ""]);
});

Deno.test("node: PUT of too many bytes is 413, of an unpublished version 503", async () => {
  await using lab = await EdgeLab.start();
  const node = await lab.node(1, { limitBytes: 1_000 });
  assertEquals((await node.put("a", bytesOf(1, 1_001))).status, 413);
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield await Promise.resolve(new Uint8Array(100));
  }
  const long = lab.ask(node.at, "PUT", targetOf("a"), { body: endless() });
  assertEquals(await long.then(({ status }) => status, (error) => error instanceof NetError ? 413 : error), 413);
  assertEquals(lab.store.objects.has("a"), false);
  await node.put("a", "one");
  const heal = lab.http.faults.cut(META.host, "refused", { from: STORE.host });
  const later = await node.put("a", "two");
  assertEquals([later.status, fieldOf(later.headers, "x-published")], [503, "later"]);
  assertEquals((await node.get("a")).text, "one", "nobody was told that it is old");
  heal();
  await lab.clock.until(lab.store.tellAll());
  assertEquals((await node.get("a")).text, "two");
});

Deno.test("node: a store without a meta server has its files published by the node", async () => {
  await using lab = await EdgeLab.start();
  lab.store.says = "no";
  const node = await lab.node();
  assertEquals((await node.put("a", "one")).status, 200);
  assertEquals(lab.meta.holders("a"), [node.role.id!]);
  assertEquals(seen(await node.get("a")), [200, "HIT memory", "one"]);
});

Deno.test("node: a store of another make is served through, and nothing of it is kept", async () => {
  await using lab = await EdgeLab.start();
  lab.store.isForeign = true;
  const node = await lab.node();
  assertEquals((await node.put("a.txt", "one")).status, 200);
  assert(lab.meta.asked.includes("POST /meta/update"));
  for (let round = 0; round < 2; round++) assertEquals(seen(await node.get("a.txt")), [200, "MISS", "one"]);
  assertEquals((await node.get("a.txt", [], "HEAD")).status, 200);
});

Deno.test("node: a file that nobody published is served, and not kept", async () => {
  await using lab = await EdgeLab.start();
  lab.store.set("a", text("one"));
  const node = await lab.node();
  for (let round = 0; round < 2; round++) assertEquals(seen(await node.get("a")), [200, "MISS", "one"]);
  assertEquals(node.memory.list(), []);
});

Deno.test("node: others than this machine need the token to change something", async () => {
  await using lab = await EdgeLab.start();
  const node = await lab.node(1, { insecure: false, token: "geheim" });
  assertEquals((await node.put("a", "one")).status, 401);
  assertEquals((await node.remove("a")).status, 401);
  assertEquals((await node.put("a", "one", [["authorization", "Bearer geheim"]])).status, 200);
  await assertRejects(() => lab.node(2, { insecure: false }), RangeError, "there is no token");
});

Deno.test("node: it starts without a meta server, and registers when one is there", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("a", text("one")));
  const heal = lab.http.faults.cut(META.host, "refused");
  const node = await lab.node();
  assertEquals([node.role.state, node.role.id], ["REGISTERING", undefined]);
  assertEquals(seen(await node.get("a")), [200, "MISS", "one"]);
  assertEquals(seen(await node.get("a")), [200, "REVALIDATED memory", "one"]);
  heal();
  await lab.clock.advance(3_000);
  assertEquals([node.role.state, node.role.id], ["ACTIVE", 1]);
});

Deno.test("node: while its PUT is under way it is told to drop what it had, like any other node", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("a", text("one")));
  const node = await lab.node();
  await node.get("a");
  let go: () => void = () => {};
  const gate = new Promise<void>((resolve) => go = resolve);
  lab.store.onWritten = () => gate;
  const put = lab.asking(node.at, "PUT", targetOf("a"), { body: text("two") });
  await lab.clock.advance(100);
  assertEquals(
    await lab.clock.until(lab.store.publish("a", text("two"))),
    true,
    "the same bytes, acknowledged elsewhere",
  );
  assertEquals((await node.get("a")).text, "two");
  go();
  assertEquals((await lab.clock.until(put)).status, 200);
  assertEquals((await node.get("a")).text, "two");
});

Deno.test("node: a PUT that is published when the node has given it up does not leave it with old bytes", async () => {
  await using lab = await EdgeLab.start();
  await lab.clock.until(lab.store.publish("a", text("one")));
  const node = await lab.node();
  await node.get("a");
  lab.store.onWritten = () => Promise.reject(new Error("broken"));
  assertEquals((await node.put("a", "two")).status, 503);
  assertEquals(await lab.clock.until(lab.store.publish("a", text("two"))), true);
  assertEquals(seen(await node.get("a")), [200, "MISS", "two"]);
});

Deno.test("node: without a meta server, who asks while old bytes come gets the new ones", async () => {
  await using lab = await EdgeLab.start();
  const old = bytesOf(1, 300_000);
  await lab.clock.until(lab.store.publish("a", old));
  const node = await lab.node();
  lab.http.faults.cut(node.at.host, "refused", { from: META.host });
  lab.http.faults.cut(META.host, "refused", { from: node.at.host });
  await lab.clock.advance(10_000);
  let go: () => void = () => {};
  const gate = new Promise<void>((resolve) => go = resolve);
  lab.store.onPiece = async (at) => at === 131_072 ? await gate : undefined;
  const first = lab.asking(node.at, "GET", targetOf("a"));
  await lab.clock.advance(100);
  const same = lab.asking(node.at, "GET", targetOf("a"));
  await lab.clock.advance(100);
  assertEquals(await lab.clock.until(lab.store.publish("a", text("new"))), true);
  const other = await node.get("a");
  assertEquals(seen(other), [200, "MISS", "new"]);
  go();
  for (const got of [first, same]) assertEquals(shaOf((await lab.clock.until(got)).bytes), shaOf(old));
  assertEquals(lab.store.asked.filter((line) => line === "GET a").length, 2, "of the old bytes one download");
  assertEquals((await node.get("a")).text, "new");
});
