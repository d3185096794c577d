/**
 * The `cdn` family as it works together: start, download, death, revival, restarts, partitions.
 */

import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { CONTENT_PORT, contentHost, CONTROL, HEARTBEATS, INDEX, VirtualCluster } from "./virtual_cluster.ts";
import { startScript } from "./scripted_server.ts";

const CS1 = { host: contentHost(1), port: CONTENT_PORT };
const CS2 = { host: contentHost(2), port: CONTENT_PORT };
const BOTH = [{ "hello.txt": "hello\n", "both.txt": "same" }, { "file3.txt": "", "both.txt": "same" }];

Deno.test("cdn: a file is registered, found and downloaded", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  assertEquals(
    await cluster.say(INDEX, "HELLO\nGET hello.txt\n"),
    "WELCOME MICRO-CDN\nSERVER 10.0.1.1 7001 CS1 6\n",
  );
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "OK 6\nhello\n");
  assertEquals(await cluster.say(CS2, "GET file3.txt"), "OK 0\n");
  assertEquals(await cluster.say(CS2, "GET hello.txt\n"), "ERROR FILE_NOT_FOUND\n");
  assertEquals(await cluster.say(INDEX, "GET nothing\n"), "ERROR FILE_NOT_FOUND\n");
});

Deno.test("cdn: the lists show servers, files and holders", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  const servers = "SERVER CS1 10.0.1.1 7001 0 alive\nSERVER CS2 10.0.1.2 7001 0 alive\nEND\n";
  assertEquals(await cluster.say(CONTROL, "LIST_SERVERS\n"), servers);
  assertEquals(await cluster.say(INDEX, "LIST_SERVERS\n"), servers);
  assertEquals(await cluster.say(INDEX, "HELLO\nLIST_SERVERS\n"), `WELCOME MICRO-CDN\n${servers}`);
  assertEquals(await cluster.say(INDEX, "LIST_FILES\n"), "FILE both.txt 4\nFILE hello.txt 6\nFILE file3.txt 0\nEND\n");
  const holders = await cluster.say(INDEX, "LOCATE both.txt\n");
  assertEquals(holders.split("\n").sort(), ["", "END", "SERVER 10.0.1.1 7001 CS1 4", "SERVER 10.0.1.2 7001 CS2 4"]);
  assertEquals(await cluster.say(INDEX, "LOCATE nothing\n"), "ERROR FILE_NOT_FOUND\n");
});

Deno.test("cdn: holders of equal load take turns", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  const first = await cluster.route("both.txt");
  const second = await cluster.route("both.txt");
  assertEquals([first, second].sort(), ["CS1", "CS2"]);
  assertEquals([await cluster.route("both.txt"), await cluster.route("both.txt")], [first, second]);
});

Deno.test("cdn: clients go to the holder that reports less load", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  const idle = [];
  for (let i = 0; i < 5; i++) {
    idle.push(await cluster.clock.until(cluster.network.host("10.0.2.9").dial(CS1)));
  }
  await cluster.clock.advance(5_000);
  assertStringIncludes(await cluster.say(CONTROL, "LIST_SERVERS\n"), "SERVER CS1 10.0.1.1 7001 5 alive");
  for (let i = 0; i < 4; i++) assertEquals(await cluster.route("both.txt"), "CS2");
  for (const conn of idle) conn.close();
});

Deno.test("cdn: a dead server is noticed within 9 s, reported once, and routed around", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  await cluster.kill(CS1.host);
  await cluster.clock.advance(6_500);
  assertEquals(cluster.events("server dead"), []);
  await cluster.clock.advance(2_500);
  assertEquals(cluster.events("server dead", "monitor").map(({ fields }) => fields.id), ["CS1"]);
  assertEquals(cluster.events("server marked dead", "index").length, 1);
  const states = cluster.events("state", "index").map(({ fields }) => `${fields.from} ${fields.to}`);
  assertEquals(states, ["INIT RUNNING", "RUNNING UPDATING", "UPDATING RUNNING"]);
  for (let i = 0; i < 4; i++) assertEquals(await cluster.route("both.txt"), "CS2");
  assertEquals(await cluster.route("hello.txt"), undefined);
  await cluster.clock.advance(60_000);
  assertEquals(cluster.events("death reported").length, 1);
});

Deno.test("cdn: a restarted server lives again as soon as it registers", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  await cluster.kill(CS1.host);
  await cluster.clock.advance(12_000);
  assertEquals(await cluster.route("hello.txt"), undefined);
  await cluster.startContent(1);
  await cluster.clock.advance(100);
  assertEquals(await cluster.route("hello.txt"), "CS1");
  await cluster.clock.advance(60_000);
  assertEquals(await cluster.route("hello.txt"), "CS1");
});

Deno.test("cdn: a server whose heartbeats resume is revived without registering", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startMonitor();
  await cluster.startIndex();
  cluster.put(1, "hello.txt", "hi");
  await cluster.startContent(1, { registerMs: 3_600_000 });
  await cluster.clock.advance(1_000);
  cluster.network.partition(CS1.host, CONTROL.host);
  await cluster.clock.advance(20_000);
  assertEquals(await cluster.route("hello.txt"), undefined);
  cluster.network.heal();
  await cluster.clock.advance(5_000);
  assertEquals(await cluster.route("hello.txt"), "CS1");
  assertEquals(cluster.events("server alive again", "monitor").length, 1);
});

Deno.test("cdn: a server that registers but is not heard is dead again after the grace period", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  cluster.network.partition(CS1.host, CONTROL.host);
  await cluster.clock.advance(10_000);
  const before = cluster.events("server revived", "index").length;
  // Its next registration revives it; nothing but the silence at the monitor can tell that it should not be.
  await cluster.clock.advance(30_000);
  assertGreater(cluster.events("server revived", "index").length, before);
  const buried = cluster.events("server marked dead", "index");
  assert(buried.some(({ fields }) => fields.reason === "the monitor does not hear it"), JSON.stringify(buried));
});

Deno.test("cdn: a restarted index knows everything again within 20 s, and nobody died meanwhile", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  await cluster.kill(INDEX.host);
  await cluster.clock.advance(30_000);
  await cluster.startIndex();
  await cluster.clock.advance(20_000);
  assertEquals(await cluster.route("hello.txt"), "CS1");
  assertEquals(await cluster.route("file3.txt"), "CS2");
  assertEquals(cluster.events("server dead"), []);
});

Deno.test("cdn: a death while the index is cut off is reported when it is back", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  cluster.network.partition(INDEX.host, CONTROL.host);
  await cluster.kill(CS1.host);
  await cluster.clock.advance(30_000);
  assertEquals(cluster.events("server dead", "monitor").length, 1);
  assertEquals(cluster.events("server marked dead", "index"), []);
  cluster.network.heal();
  await cluster.clock.advance(10_000);
  assertEquals(cluster.events("server marked dead", "index").length, 1);
  assertEquals(await cluster.route("both.txt"), "CS2");
});

Deno.test("cdn: deaths are reported in their order, and not for a server that came back meanwhile", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll([...BOTH, { "third.txt": "3" }]);
  await cluster.kill(INDEX.host);
  await cluster.kill(contentHost(3));
  await cluster.clock.advance(3_500);
  await cluster.kill(CS1.host);
  await cluster.clock.advance(3_500);
  cluster.network.partition(CS2.host, CONTROL.host);
  await cluster.clock.advance(15_000);
  assertEquals(cluster.events("server dead").map(({ fields }) => fields.id), ["CS3", "CS1", "CS2"]);
  cluster.network.heal();
  await cluster.clock.advance(4_000);
  const index = await startScript(cluster.network.host(INDEX.host), INDEX, () => "OK SERVER_MARKED_DEAD\n");
  await cluster.clock.advance(10_000);
  const told = index.lines.filter((line) => line.startsWith("SERVER_DOWN "));
  assertEquals(told.map((line) => line.split(" ")[1]), ["CS3", "CS1"]);
  for (const line of told) assert(/^SERVER_DOWN \S+ \d{10}$/.test(line), line);
  index.close();
});

Deno.test("cdn: a clean close acknowledges a report, an ERROR ends it, silence does not", async () => {
  for (const [reply, times] of [["", 1], ["ERROR WHATEVER\n", 1], [undefined, 3]] as const) {
    await using cluster = new VirtualCluster();
    const index = await startScript(cluster.network.host(INDEX.host), INDEX, (line) => (
      line.startsWith("SERVER_DOWN") ? reply : "ERROR UNKNOWN_FIRST_COMMAND\n"
    ));
    await cluster.startMonitor();
    const heartbeat = new TextEncoder().encode("HEARTBEAT CS9 10.0.1.9 7001 0 3");
    const socket = await cluster.network.host("10.0.1.9").bind({ host: "10.0.1.9", port: 7002 });
    await socket.send(heartbeat, HEARTBEATS);
    await cluster.clock.advance(20_000);
    const told = index.lines.filter((line) => line.startsWith("SERVER_DOWN CS9"));
    if (times === 1) assertEquals(told.length, 1, `after ${JSON.stringify(reply)}`);
    else assertGreater(told.length, times);
    socket.close();
    index.close();
  }
});

Deno.test("cdn: a restarted monitor finds out that a server died while it was away", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  await cluster.kill(CONTROL.host);
  await cluster.kill(CS1.host);
  await cluster.clock.advance(20_000);
  assertStringIncludes(await cluster.say(INDEX, "LIST_SERVERS\n"), "SERVER CS1 10.0.1.1 7001 0 alive");
  await cluster.startMonitor();
  await cluster.clock.advance(11_000);
  assertStringIncludes(await cluster.say(INDEX, "LIST_SERVERS\n"), "SERVER CS1 10.0.1.1 7001 0 dead");
  assertEquals(await cluster.route("both.txt"), "CS2");
});

Deno.test("cdn: a registration that breaks off before DONE_FILES changes nothing", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  const half = "REGISTER CS1 7001 7002\nADD_FILE CS1 other.txt 1\n";
  assertEquals(await cluster.say(INDEX, half, CS1.host), "OK REGISTERED\n");
  assertEquals(await cluster.route("other.txt"), undefined);
  assertEquals(await cluster.route("hello.txt"), "CS1");
  assertEquals(await cluster.say(INDEX, `${half}DONE_FILES\n`, CS1.host), "OK REGISTERED\nOK FILES_ADDED\n");
  assertEquals(await cluster.route("other.txt"), "CS1");
  assertEquals(await cluster.route("hello.txt"), undefined);
});

Deno.test("cdn: a file for another server's id is refused, and what was known stays", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  const theft = "REGISTER CS9 7001 7002\nADD_FILE CS1 hello.txt 1\nDONE_FILES\n";
  assertEquals(await cluster.say(INDEX, theft), "OK REGISTERED\nERROR INVALID_FILE_ENTRY\n");
  assertEquals(await cluster.say(INDEX, "GET hello.txt\n"), "SERVER 10.0.1.1 7001 CS1 6\n");
});

Deno.test("cdn: an id is refused at a second address while the first answers, and given away once it does not", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  await cluster.kill(CONTROL.host);
  const rival = "REGISTER CS1 7001 7002\nDONE_FILES\n";
  assertEquals(await cluster.say(INDEX, rival, "10.0.1.77"), "ERROR SERVER_ID_IN_USE\n");
  assertEquals(await cluster.route("hello.txt"), "CS1");
  await cluster.kill(CS1.host);
  assertEquals(await cluster.say(INDEX, rival, "10.0.1.77"), "OK REGISTERED\nOK FILES_ADDED\n");
});

Deno.test("cdn: a content server whose id is taken says so once, with what to do, and goes on once it is free", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll([{ "hello.txt": "hello!" }]);
  cluster.put(2, "hello.txt", "hello!");
  const rival = await cluster.startContent(2, { serverId: "CS1" });
  await cluster.clock.advance(60_000);
  assertEquals(rival.state, "REGISTERING");
  assertEquals(cluster.events("index unreachable").length, 0);
  const [refusal, ...others] = cluster.events("index refuses");
  assertEquals(others, []);
  assertEquals(refusal?.fields["code"], "SERVER_ID_IN_USE");
  assertEquals(refusal?.fields["hint"], "another server has this id; choose another --server-id");
  await cluster.stop(CS1.host);
  await cluster.clock.advance(60_000);
  assertEquals(rival.state, "ACTIVE");
  assertEquals(cluster.events("index accepts again").length, 1);
});

Deno.test("cdn: added, changed and removed files are known within a second", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  cluster.put(1, "new.txt", "new");
  cluster.put(1, "deep/er/name.txt", "x");
  await cluster.clock.advance(1_000);
  assertEquals(await cluster.say(INDEX, "GET new.txt\n"), "SERVER 10.0.1.1 7001 CS1 3\n");
  assertEquals(await cluster.say(INDEX, "GET deep/er/name.txt\n"), "SERVER 10.0.1.1 7001 CS1 1\n");
  cluster.put(1, "new.txt", "newer");
  await cluster.clock.advance(1_000);
  assertEquals(await cluster.say(INDEX, "GET new.txt\n"), "SERVER 10.0.1.1 7001 CS1 5\n");
  await cluster.disk(CS1.host).remove("files/new.txt");
  await cluster.clock.advance(1_000);
  assertEquals(await cluster.route("new.txt"), undefined);
});

Deno.test("cdn: a server that stops in order is not named any more", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  await cluster.stop(CS1.host);
  assertEquals(await cluster.route("hello.txt"), undefined);
  assertEquals(await cluster.route("both.txt"), "CS2");
});

Deno.test("cdn: a content server serves while the index is away, and registers when it comes", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startMonitor();
  cluster.put(1, "hello.txt", "hi");
  const content = await cluster.startContent(1);
  await cluster.clock.advance(60_000);
  assertEquals(content.state, "REGISTERING");
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "OK 2\nhi");
  await cluster.startIndex();
  await cluster.clock.advance(6_000);
  assertEquals(content.state, "ACTIVE");
  assertEquals(await cluster.route("hello.txt"), "CS1");
  assertEquals(cluster.events("index unreachable").length, 1);
});

Deno.test("cdn: the wall clock may jump without anybody dying", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  for (const jumpMs of [86_400_000, -172_800_000]) {
    cluster.clock.jumpWall(jumpMs);
    await cluster.clock.advance(30_000);
  }
  assertEquals(cluster.events("server dead"), []);
  assertEquals(await cluster.route("hello.txt"), "CS1");
});

Deno.test("cdn: an advertised host is what clients are told", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startMonitor();
  await cluster.startIndex();
  cluster.put(1, "hello.txt", "hi");
  await cluster.startContent(1, { advertise: "cs1.lab" });
  await cluster.clock.advance(1_000);
  assertEquals(await cluster.say(INDEX, "GET hello.txt\n"), "SERVER cs1.lab 7001 CS1 2\n");
  assertStringIncludes(await cluster.say(CONTROL, "LIST_SERVERS\n"), "SERVER CS1 cs1.lab 7001 0 alive");
});

Deno.test("cdn: an index that does not know REGISTER_AT gets REGISTER", async () => {
  await using cluster = new VirtualCluster();
  const index = await startScript(cluster.network.host(INDEX.host), INDEX, (line) => {
    if (line.startsWith("REGISTER ")) return "OK REGISTERED\n";
    if (line === "DONE_FILES") return "OK FILES_ADDED\n";
    return line.startsWith("ADD_FILE ") ? "" : "ERROR UNKNOWN_FIRST_COMMAND\n";
  });
  cluster.put(1, "hello.txt", "hi");
  const content = await cluster.startContent(1, { advertise: "cs1.lab" });
  await cluster.clock.advance(1_000);
  assertEquals(content.state, "ACTIVE");
  assertEquals(index.lines.slice(-3), ["REGISTER CS1 7001 7002", "ADD_FILE CS1 hello.txt 2", "DONE_FILES"]);
  index.close();
});

Deno.test("cdn: an index that registers at the monitor is told of deaths", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll(BOTH);
  const at = { host: "10.0.0.9", port: 5050 };
  const other = await startScript(cluster.network.host(at.host), at, () => "OK SERVER_MARKED_DEAD\n");
  assertEquals(await cluster.say(CONTROL, "REGISTER_INDEX 10.0.0.9 5050\n"), "OK INDEX_REGISTERED\n");
  assertEquals(await cluster.say(CONTROL, "PING\n"), "PONG\n");
  await cluster.kill(CS1.host);
  await cluster.clock.advance(10_000);
  assertEquals(other.lines.map((line) => line.split(" ").slice(0, 2)), [["SERVER_DOWN", "CS1"]]);
  other.close();
});

Deno.test("cdn: the same seed gives the same story", async () => {
  async function story(): Promise<string> {
    const cluster = new VirtualCluster({ seed: 5, faults: { latencyMs: 3, jitterMs: 20, lossRate: 0.1 } });
    {
      await using _ = cluster;
      await cluster.startAll(BOTH);
      await cluster.kill(CS1.host);
      await cluster.clock.advance(20_000);
      await cluster.startContent(1);
      await cluster.clock.advance(60_000);
    }
    return JSON.stringify(cluster.records);
  }
  assertEquals(await story(), await story());
});
