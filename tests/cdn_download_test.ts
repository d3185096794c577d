/**
 * The client of the `cdn` family among the family's real roles.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ClientError,
  type Download,
  getFile,
  type GetFileOptions,
  listFiles,
  listServers,
  statFile,
} from "../src/roles/cdn/client.ts";
import { shaOf, someBytes } from "./download_lab.ts";
import { contentHost, CONTROL, INDEX, VirtualCluster } from "./virtual_cluster.ts";

const CLIENT = "10.0.2.1";
const CONTENT = someBytes(5_000_000);

function start(cluster: VirtualCluster, options: Partial<GetFileOptions> = {}): Promise<Download> {
  const to = { kind: "file", path: "out" } as const;
  return getFile(cluster.env(CLIENT, "client"), { name: "both.bin", to, index: INDEX, ...options });
}

function saved(cluster: VirtualCluster): string {
  return shaOf(cluster.disk(CLIENT).read("out"));
}

Deno.test("cdn: the client downloads, by one connection and by several", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll([{ "both.bin": CONTENT }, { "both.bin": CONTENT }]);
  for (const parallel of [1, 4]) {
    const { isVerified, receivedBytes, holders } = await cluster.clock.until(start(cluster, { parallel }));
    assertEquals([isVerified, receivedBytes, saved(cluster)], [true, CONTENT.length, shaOf(CONTENT)]);
    assert(parallel === 1 || holders.length === 2);
  }
});

Deno.test("cdn: the client lists, and asks about one file", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll([{ "both.bin": CONTENT, "Größe 1": "hi" }, { "both.bin": CONTENT }]);
  const env = cluster.env(CLIENT, "client");
  const files = await cluster.clock.until(listFiles(env, { index: INDEX }));
  assertEquals(files.map(({ name }) => name).toSorted(), ["Gr%C3%B6%C3%9Fe%201", "both.bin"]);
  for (const index of [INDEX, CONTROL]) {
    const servers = await cluster.clock.until(listServers(env, { index }));
    assertEquals(servers.map(({ id, alive }) => [id, alive]), [["CS1", true], ["CS2", true]]);
  }
  const stat = await cluster.clock.until(statFile(env, { name: "both.bin", index: INDEX }));
  assertEquals([stat.sizeBytes, stat.sha256, stat.isConsistent], [CONTENT.length, shaOf(CONTENT), true]);
  assertEquals(stat.holders.map(({ holder }) => holder.id).toSorted(), ["CS1", "CS2"]);
  await cluster.clock.until(start(cluster, { name: "Größe 1" }));
  assertEquals(cluster.disk(CLIENT).read("out"), new TextEncoder().encode("hi"));
});

Deno.test("cdn: a download survives the death of its server at any moment", async () => {
  for (const parallel of [1, 3]) {
    for (const killMs of [2, 30, 500, 900]) {
      await using cluster = new VirtualCluster({ faults: { latencyMs: 1, bytesPerSecond: 4_000_000 } });
      await cluster.startAll([{ "both.bin": CONTENT }, { "both.bin": CONTENT }]);
      const download = start(cluster, { parallel });
      await cluster.clock.advance(killMs);
      const [served] = cluster.events("routed", "index");
      await cluster.kill(served?.fields.server === "CS2" ? contentHost(2) : contentHost(1));
      assertEquals((await cluster.clock.until(download)).isVerified, true);
      assertEquals(saved(cluster), shaOf(CONTENT));
    }
  }
});

Deno.test("cdn: a download survives a restart of the index and of the only server", async () => {
  await using cluster = new VirtualCluster({ faults: { latencyMs: 1, bytesPerSecond: 4_000_000 } });
  await cluster.startAll([{ "both.bin": CONTENT }]);
  const download = start(cluster, { retries: 6 });
  await cluster.clock.advance(500);
  await cluster.kill(INDEX.host);
  await cluster.kill(contentHost(1));
  await cluster.clock.advance(3_000);
  await cluster.startIndex();
  await cluster.startContent(1);
  const { receivedBytes, isVerified } = await cluster.clock.until(download);
  assertEquals([receivedBytes, isVerified, saved(cluster)], [CONTENT.length, true, shaOf(CONTENT)]);
});

Deno.test("cdn: a file that is replaced during its download is all of one version", async () => {
  const newer = someBytes(5_000_000, 2);
  for (const how of ["write", "overwrite"] as const) {
    await using cluster = new VirtualCluster({ faults: { latencyMs: 1, bytesPerSecond: 4_000_000 } });
    await cluster.startAll([{ "both.bin": CONTENT }]);
    const download = start(cluster);
    await cluster.clock.advance(500);
    cluster.disk(contentHost(1))[how]("files/both.bin", newer);
    assertEquals((await cluster.clock.until(download)).isVerified, true);
    assertEquals(saved(cluster), shaOf(how === "write" ? CONTENT : newer));
  }
});

Deno.test("cdn: the client says when nobody has a file", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll([{ "both.bin": CONTENT }]);
  const missing = cluster.clock.until(start(cluster, { name: "nothing" }));
  assertEquals((await assertRejects(() => missing, ClientError)).kind, "not-found");
});
