/**
 * Content servers that do not send their lists again and again, and what becomes of them when something goes wrong.
 */

import { assert, assertEquals } from "@std/assert";
import { ListDigest } from "../src/core/list_digest.ts";
import { type ScriptedServer, startScript } from "./scripted_server.ts";
import { CONTENT_PORT, contentHost, CONTROL, INDEX, VirtualCluster } from "./virtual_cluster.ts";

const CS1 = { host: contentHost(1), port: CONTENT_PORT };
const BOTH = [{ "hello.txt": "hello!", "both.txt": "both" }, { "both.txt": "both" }];
/** Longer than any server waits before the index hears of it again. */
const ROUND_MS = 16_000;

/** How often the index took in a list, and a renewal. */
function counts(cluster: VirtualCluster): { lists: number; renewals: number } {
  const lists = cluster.events("server registered").length + cluster.events("server registered again").length;
  return { lists, renewals: cluster.events("server renewed").length };
}

Deno.test("renewal: lists are sent once, and heard of every 12 to 15 seconds", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  assertEquals(counts(cluster), { lists: 2, renewals: 0 });
  await cluster.clock.advance(150_000);
  const { lists, renewals } = counts(cluster);
  assertEquals(lists, 2);
  assert(renewals >= 20 && renewals <= 25, `${renewals} renewals`);
  assertEquals(await cluster.route("hello.txt"), "CS1");
});

Deno.test("renewal: a folder that changed is sent whole, and renewed from then on", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  await cluster.clock.advance(ROUND_MS);
  cluster.put(1, "hello.txt", "other length");
  await cluster.clock.advance(1_000);
  assertEquals(await cluster.say(INDEX, "GET hello.txt\n"), "SERVER 10.0.1.1 7001 CS1 12\n");
  assertEquals(counts(cluster).lists, 3);
  const { renewals } = counts(cluster);
  await cluster.clock.advance(2 * ROUND_MS);
  assertEquals(counts(cluster).lists, 3);
  assert(counts(cluster).renewals >= renewals + 4);
});

Deno.test("renewal: an index that was restarted says that it knows nobody, and gets every list at once", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  await cluster.kill(INDEX.host);
  await cluster.startIndex();
  await cluster.clock.advance(ROUND_MS);
  assertEquals(cluster.events("renewal of an unknown registration").length, 2);
  assertEquals([await cluster.route("hello.txt"), counts(cluster).lists], ["CS1", 4]);
});

Deno.test("renewal: a server that was reported dead lives again when it renews, as when it registers", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  await cluster.kill(CONTROL.host);
  assertEquals(await cluster.say(INDEX, "SERVER_DOWN CS1 1\n"), "OK SERVER_MARKED_DEAD\n");
  assertEquals(await cluster.route("hello.txt"), undefined);
  await cluster.clock.advance(ROUND_MS);
  assertEquals(await cluster.route("hello.txt"), "CS1");
  assertEquals(counts(cluster).lists, 2);
  assertEquals(cluster.events("server revived").length, 1);
});

Deno.test("renewal: what a server said before it stopped in order does not bring it back", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  const list = new ListDigest();
  for (const [name, text] of Object.entries(BOTH[0]!).sort()) list.add({ name, sizeBytes: text.length });
  const late = `RENEW CS1 7001 7002 sha256:${list.hex()}\n`;
  assertEquals(await cluster.say(INDEX, late, CS1.host), "OK RENEWED\n");
  await cluster.stop(CS1.host);
  assertEquals(await cluster.say(INDEX, late, CS1.host), "ERROR NOT_REGISTERED\n");
  assertEquals(await cluster.route("hello.txt"), undefined);
});

Deno.test("renewal: an impostor at another address renews nothing", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll([{ "hello.txt": "hello!" }]);
  const line = `RENEW CS1 7001 7001 sha256:${"0".repeat(64)}\n`;
  assertEquals(await cluster.say(INDEX, line, "10.0.1.77"), "ERROR NOT_REGISTERED\n");
  assertEquals(await cluster.say(INDEX, "GET hello.txt\n"), "SERVER 10.0.1.1 7001 CS1 6\n");
});

/** An index that speaks the common contract, and answers everything else by `other`. */
function startOldIndex(cluster: VirtualCluster, other: string | undefined): Promise<ScriptedServer> {
  return startScript(cluster.network.host(INDEX.host), INDEX, (line) => {
    if (line.startsWith("REGISTER ")) return "OK REGISTERED\n";
    if (line.startsWith("ADD_FILE ")) return "";
    return line === "DONE_FILES" ? "OK FILES_ADDED\n" : other;
  });
}

for (const [what, other] of [["refuses", "ERROR X\n"], ["hangs up", ""], ["says nothing", undefined]] as const) {
  Deno.test(`renewal: an old index that ${what} gets the list every 12 to 16 seconds, as ever`, async () => {
    await using cluster = new VirtualCluster();
    const index = await startOldIndex(cluster, other);
    cluster.put(1, "hello.txt", "hi");
    const content = await cluster.startContent(1);
    await cluster.clock.advance(100_000);
    const verbs = index.lines.map((line) => line.split(" ")[0]);
    const lists = verbs.filter((verb) => verb === "DONE_FILES").length;
    assert(lists >= 6 && lists <= 9, `${lists} lists`);
    assertEquals(verbs.filter((verb) => verb === "RENEW").length, lists - 1);
    assertEquals(content.state, "ACTIVE");
    assertEquals(cluster.events("index refuses").length + cluster.events("index unreachable").length, 0);
    index.close();
  });
}
