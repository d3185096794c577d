/**
 * The edge family when somebody does not know what he should: a meta server that lost its catalogue, a node that slept.
 */

import { assert, assertEquals } from "@std/assert";
import { PUBLISHED_FIELD } from "../src/protocol/edge_headers.ts";
import { fieldOf } from "../src/protocol/http_fields.ts";
import { MemoryCatalogue } from "../src/storage/memory_catalogue.ts";
import { EdgeWorld, type Got } from "./edge_world.ts";

/** A world whose node has `a` under a lease, and whose meta server knows nothing any more, nor hears of the node. */
async function forgetful(): Promise<EdgeWorld> {
  const world = await EdgeWorld.start({ nodes: 1 });
  const [node, meta] = [world.nodes[0]!, world.metas[0]!];
  await world.store.write("a", "one");
  assertEquals([await node.read("a"), await node.read("a")], ["200 MISS: one", "200 HIT memory: one"]);
  await world.clock.advance(1_000);
  world.http.faults.cut(meta.at.host, "hang", { from: node.at.host });
  await meta.kill();
  world.catalogue = new MemoryCatalogue();
  await meta.start();
  return world;
}

function isPublished({ status, headers }: Got): boolean {
  return status === 200 && fieldOf(headers, PUBLISHED_FIELD) === "yes";
}

Deno.test("edge: a meta server that lost its catalogue waits for leases that it knows nothing of", async () => {
  await using world = await forgetful();
  const [node] = world.nodes;
  const writing = world.asking(world.store.at, "POST", "/post/a", { body: new TextEncoder().encode("two") });
  await world.clock.advance(500);
  assertEquals(await node!.read("a"), "200 HIT memory: one", "nobody was told of the write yet");
  assert(isPublished(await world.clock.until(writing)));
  assertEquals(await node!.read("a"), "200 MISS: two");
  // A file that was not there before is nowhere.
  const startMs = world.clock.now();
  assert(isPublished(await world.store.write("b", "one")));
  assert(world.clock.now() - startMs < 100);
});

Deno.test("edge: a meta server that lost its catalogue waits for such leases before it says that a file is gone", async () => {
  await using world = await forgetful();
  const removing = world.asking(world.store.at, "DELETE", "/delete/a");
  assert(isPublished(await world.clock.until(removing)));
  assertEquals((await world.nodes[0]!.get("a")).status, 404);
});

Deno.test("edge: a meta server that begins with nothing makes nobody wait for a file that begins with it", async () => {
  await using world = await EdgeWorld.start({ nodes: 1 });
  const startMs = world.clock.now();
  for (const text of ["one", "two", "three"]) {
    assert(isPublished(await world.store.write("a", text)));
    assertEquals(await world.nodes[0]!.read("a"), `200 MISS: ${text}`);
  }
  assert(isPublished(await world.store.ask("DELETE", "/delete/a")));
  assert(world.clock.now() - startMs < 100, `${world.clock.now() - startMs} ms`);
});

Deno.test("edge: a node that slept trusts nothing that it knew before", async () => {
  await using world = await EdgeWorld.start({ nodes: 1 });
  const [node] = world.nodes;
  await world.store.write("a", "one");
  assertEquals([await node!.read("a"), await node!.read("a")], ["200 MISS: one", "200 HIT memory: one"]);
  // The machine's own clock stood still meanwhile, and its timers are not due yet.
  world.clock.jumpWall(60_000);
  assertEquals(await node!.read("a"), "200 REVALIDATED memory: one");
  await world.clock.advance(3_000);
  assertEquals(await node!.read("a"), "200 HIT memory: one");
});

Deno.test("edge: a node that is started anew asks for what it finds on its disk", async () => {
  await using world = await EdgeWorld.start({ nodes: 1 });
  const [node] = world.nodes;
  await world.store.write("a", "one");
  await world.store.write("b", "one");
  for (const name of ["a", "b"]) assertEquals(await node!.read(name), "200 MISS: one");
  await node!.kill();
  assert(isPublished(await world.store.write("a", "two")));
  await node!.start();
  // Before its first heartbeat is answered, and after.
  assertEquals(await node!.read("a"), "200 MISS: two");
  await world.clock.advance(3_000);
  assertEquals(await node!.read("b"), "200 REVALIDATED disk: one");
  assertEquals(await node!.read("b"), "200 HIT memory: one");
});

Deno.test("edge: a node of which more is stale than one answer names gets no lease before it has dropped all", async () => {
  await using world = await EdgeWorld.start({ nodes: 1 });
  const [node, meta] = [world.nodes[0]!, world.metas[0]!];
  const names = Array.from({ length: 1_050 }, (_, at) => `many/${at}`);
  for (const name of names) await world.store.write(name, "one");
  for (const name of names) assertEquals(await node.read(name), "200 MISS: one");
  const heals = [[meta, node], [node, meta]].map(([from, to]) => {
    return world.http.faults.cut(to!.at.host, "refused", { from: from!.at.host });
  });
  await world.clock.advance(10_000);
  for (const name of names) assert(isPublished(await world.store.write(name, "two")), name);
  for (const heal of heals) heal();
  for (let count = 0; count < 40; count++) {
    assertEquals(await node.read(names[(count * 631) % names.length]!).then((text) => text.endsWith("two")), true);
    await world.clock.advance(250);
  }
});
