/**
 * The `cdn` family with two indexes: clients, content servers and a monitor that know both, while either is away.
 */

import { assertEquals } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { type IndexOptions, type IndexRole, startIndex } from "../src/roles/cdn/index.ts";
import { getFile, listServers } from "../src/roles/cdn/client.ts";
import { MemoryRegistrations } from "../src/storage/memory_registrations.ts";
import { contentHost, CONTROL, INDEX, VirtualCluster } from "./virtual_cluster.ts";

const OTHER = { host: "10.0.0.9", port: 5050 };
const BOTH = [INDEX, OTHER];

async function startOther(cluster: VirtualCluster, options: Partial<IndexOptions> = {}): Promise<IndexRole> {
  const env = cluster.env(OTHER.host, "other index");
  return await startIndex(env, { listen: OTHER, monitor: CONTROL, ...options });
}

async function get(cluster: VirtualCluster, name: string, index: readonly Address[] = BOTH): Promise<string> {
  let text = "";
  const write = (bytes: Uint8Array): Promise<void> => {
    text += new TextDecoder().decode(bytes);
    return Promise.resolve();
  };
  await cluster.clock.until(getFile(cluster.env("10.0.2.9", "client"), { name, to: { kind: "writer", write }, index }));
  return text;
}

Deno.test("cdn: a content server registers at each index, and its death is told to each", async () => {
  await using cluster = new VirtualCluster();
  const other = await startOther(cluster);
  await cluster.startMonitor({ index: BOTH });
  const index = await cluster.startIndex();
  cluster.put(1, "a", "of CS1");
  await cluster.startContent(1, { index: BOTH });
  await cluster.clock.advance(1_000);
  const lives = (): boolean[] => [index, other].flatMap((one) => one.servers().map(({ alive }) => alive));
  assertEquals(lives(), [true, true]);
  await cluster.kill(contentHost(1));
  await cluster.clock.advance(9_000);
  assertEquals(lives(), [false, false]);
  assertEquals(cluster.events("death reported").length, 2);
  await cluster.startContent(1, { index: BOTH });
  await cluster.clock.advance(1_000);
  assertEquals(lives(), [true, true]);
  await cluster.stop(contentHost(1));
  assertEquals(await cluster.say(OTHER, "GET a\n"), "ERROR FILE_NOT_FOUND\n");
  assertEquals(await cluster.say(INDEX, "GET a\n"), "ERROR FILE_NOT_FOUND\n");
  await cluster.clock.until(other.stop());
});

Deno.test("cdn: with an index away all goes on by the other, also what comes new and what changes", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startMonitor({ index: BOTH });
  const other = await startOther(cluster);
  cluster.put(1, "a", "of CS1");
  const content = await cluster.startContent(1, { index: BOTH });
  await cluster.clock.advance(1_000);
  assertEquals(content.state, "ACTIVE");
  assertEquals(await get(cluster, "a"), "of CS1");
  cluster.put(1, "b", "new");
  await cluster.clock.advance(12_000);
  assertEquals(content.state, "ACTIVE");
  assertEquals(await get(cluster, "b"), "new");
  const servers = listServers(cluster.env("10.0.2.9", "client"), { index: BOTH });
  assertEquals((await cluster.clock.until(servers)).map(({ id }) => id), ["CS1"]);
  // It comes back, knows nothing for a moment, and then all.
  await cluster.startIndex();
  assertEquals(await get(cluster, "b"), "new");
  await cluster.clock.advance(6_000);
  cluster.network.crash(OTHER.host);
  await cluster.clock.until(other.stop());
  assertEquals(await get(cluster, "a"), "of CS1");
});

Deno.test("cdn: a server that made room for another is in the book no more, and what has no room is left out", async () => {
  await using cluster = new VirtualCluster();
  const book = new MemoryRegistrations();
  const registered = (id: string, names: readonly string[]): Promise<unknown> =>
    book.put({
      server: { id, host: "10.0.1.9", tcpPort: 7001, udpPort: 7002 },
      files: new Map(names.map((name) => [name, 1])),
      sha256: names.join(),
    });
  await registered("OLD", ["a"]);
  const index = await cluster.startIndex({ book, maxServers: 1, maxFiles: 3 });
  const ids = (): string[] => index.servers().map(({ id }) => id);
  await registered("NEW", ["a"]);
  assertEquals([ids(), cluster.events("no room for a server").length], [["OLD"], 1]);
  await cluster.say(INDEX, "SERVER_DOWN OLD\n");
  await registered("BIG", ["a", "b", "c", "d"]);
  assertEquals([ids(), cluster.events("no room for a server").length], [["OLD"], 2]);
  await registered("NEW", ["a", "b"]);
  assertEquals(ids(), ["NEW"]);
  assertEquals(Array.from(book.registrations(), ({ server: { id } }) => id), ["NEW", "BIG"]);
});

Deno.test("cdn: two indexes with one book know the same, and know it again after a restart of both", async () => {
  await using cluster = new VirtualCluster();
  const book = new MemoryRegistrations();
  const other = await startOther(cluster, { book });
  await cluster.startMonitor({ index: BOTH });
  await cluster.startIndex({ book });
  cluster.put(1, "a", "of CS1");
  cluster.put(2, "a", "of CS2");
  await cluster.startContent(1, { index: INDEX });
  await cluster.startContent(2, { index: OTHER });
  await cluster.clock.advance(1_000);
  const holders = async (at: Address): Promise<string[]> =>
    (await cluster.say(at, "LOCATE a\n")).match(/CS\d/g)?.toSorted() ?? [];
  assertEquals([await holders(INDEX), await holders(OTHER)], [["CS1", "CS2"], ["CS1", "CS2"]]);
  assertEquals(cluster.events("server registered elsewhere").length, 2);

  await cluster.kill(INDEX.host);
  assertEquals(await get(cluster, "a", [INDEX, OTHER]), "of CS1");
  await cluster.clock.until(other.stop());
  await cluster.kill(contentHost(2));
  await cluster.clock.advance(30_000);
  await cluster.startIndex({ book });
  assertEquals(await holders(INDEX), ["CS1", "CS2"]);
  await cluster.clock.advance(10_000);
  assertEquals(await holders(INDEX), ["CS1"]);
});
