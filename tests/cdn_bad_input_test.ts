/**
 * What peers of the `cdn` family may do wrong, on the memory network: nobody crashes, nobody forgets, others are served.
 */

import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { randomInt, seededRandom } from "../src/base/random.ts";
import type { Conn } from "../src/net/net.ts";
import { CONTENT_PORT, contentHost, CONTROL, HEARTBEATS, INDEX, VirtualCluster } from "./virtual_cluster.ts";

const CS1 = { host: contentHost(1), port: CONTENT_PORT };
const ALL = [INDEX, CONTROL, CS1];

async function start(files: Record<string, string | Uint8Array> = { "hello.txt": "hello\n" }): Promise<VirtualCluster> {
  const cluster = new VirtualCluster();
  await cluster.startAll([files]);
  return cluster;
}

/** Everything still works, and nobody was forgotten. */
async function assertServing(cluster: VirtualCluster): Promise<void> {
  assertEquals(await cluster.say(INDEX, "GET hello.txt\n"), "SERVER 10.0.1.1 7001 CS1 6\n");
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "OK 6\nhello\n");
  assertEquals(await cluster.say(CONTROL, "LIST_SERVERS\n"), "SERVER CS1 10.0.1.1 7001 0 alive\nEND\n");
}

/** Reads until the other side ends, or until the connection breaks. */
async function readAll(conn: Conn, buffer = new Uint8Array(65_536)): Promise<number> {
  let total = 0;
  try {
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) total += count;
  } catch {
    // A reset is an end as well.
  }
  return total;
}

const LONG = "x".repeat(8_193);

const REFUSED: readonly [at: { host: string; port: number }, line: string, answer: string][] = [
  [INDEX, "", "ERROR UNKNOWN_FIRST_COMMAND"],
  [INDEX, "hello", "ERROR UNKNOWN_FIRST_COMMAND"],
  [INDEX, "HELLO x", "ERROR UNKNOWN_FIRST_COMMAND"],
  [INDEX, "FETCH hello.txt", "ERROR UNKNOWN_FIRST_COMMAND"],
  [INDEX, "ADD_FILE CS1 a 1", "ERROR UNKNOWN_FIRST_COMMAND"],
  [INDEX, "DONE_FILES", "ERROR UNKNOWN_FIRST_COMMAND"],
  [INDEX, "GET ", "ERROR INVALID_COMMAND"],
  [INDEX, "HELLO\nLIST", "WELCOME MICRO-CDN\nERROR INVALID_COMMAND"],
  [INDEX, "HELLO\nHELLO", "WELCOME MICRO-CDN\nERROR INVALID_COMMAND"],
  [INDEX, "REGISTER CS2 7001", "ERROR INVALID_REGISTER"],
  [INDEX, "REGISTER CS2 0 7002", "ERROR INVALID_REGISTER"],
  [INDEX, "REGISTER CS2 65536 7002", "ERROR INVALID_REGISTER"],
  [INDEX, "REGISTER CS2 7x 7002", "ERROR INVALID_REGISTER"],
  [INDEX, "REGISTER CS2 7001 7002 7003", "ERROR INVALID_REGISTER"],
  [INDEX, "REGISTER CS2 7001 7002\nADD_FILE CS2 a -1", "OK REGISTERED\nERROR INVALID_FILE_ENTRY"],
  [INDEX, "REGISTER CS2 7001 7002\nADD_FILE CS2 a 9007199254740992", "OK REGISTERED\nERROR INVALID_FILE_ENTRY"],
  [INDEX, "REGISTER CS2 7001 7002\nADD_FILE CS2 a b 1", "OK REGISTERED\nERROR INVALID_FILE_ENTRY"],
  [INDEX, "REGISTER CS2 7001 7002\nGET hello.txt", "OK REGISTERED\nERROR INVALID_FILE_ENTRY"],
  [INDEX, "SERVER_DOWN", "ERROR INVALID_SERVER_DOWN"],
  [INDEX, "SERVER_DOWN CS1 1 2", "ERROR INVALID_SERVER_DOWN"],
  [INDEX, LONG, "ERROR LINE_TOO_LONG"],
  [CS1, "", "ERROR INVALID_COMMAND"],
  [CS1, "GET", "ERROR INVALID_COMMAND"],
  [CS1, "get hello.txt", "ERROR INVALID_COMMAND"],
  [CS1, "PUT hello.txt", "ERROR INVALID_COMMAND"],
  [CS1, "RANGE 0 hello.txt", "ERROR INVALID_COMMAND"],
  [CS1, "RANGE -1 1 hello.txt", "ERROR INVALID_COMMAND"],
  [CS1, "RANGE 7 1 hello.txt", "ERROR INVALID_RANGE"],
  [CS1, `GET ${LONG}`, "ERROR INVALID_COMMAND"],
  [CONTROL, "", "ERROR UNKNOWN_COMMAND"],
  [CONTROL, "LIST_SERVERS now", "ERROR UNKNOWN_COMMAND"],
  [CONTROL, "REGISTER_INDEX 10.0.0.1 0", "ERROR UNKNOWN_COMMAND"],
  [CONTROL, LONG, "ERROR UNKNOWN_COMMAND"],
];

Deno.test("bad input: each malformed line gets its ERROR, and the connection ends", async () => {
  await using cluster = await start();
  for (const [at, line, answer] of REFUSED) {
    assertEquals(await cluster.say(at, `${line}\n`), `${answer}\n`, line.slice(0, 60));
  }
  await assertServing(cluster);
});

Deno.test("bad input: noise of any kind leaves every role serving", async () => {
  await using cluster = await start();
  const random = seededRandom(11);
  for (let round = 0; round < 60; round++) {
    const noise = Uint8Array.from({ length: randomInt(random, 20_000) }, () => randomInt(random, 256));
    for (const at of ALL) {
      const conn = await cluster.clock.until(cluster.network.host("10.0.2.1").dial(at));
      const writing = conn.write(noise).then(() => conn.closeWrite()).catch(() => {});
      assertLess(await cluster.clock.until(readAll(conn)), 1_000);
      conn.close();
      await cluster.clock.until(writing);
    }
  }
  await assertServing(cluster);
});

Deno.test("bad input: a heartbeat of any wrong shape is counted and changes nothing", async () => {
  await using cluster = await start();
  const socket = await cluster.network.host("10.0.2.1").bind({ host: "10.0.2.1", port: 0 });
  const wrong = [
    "",
    "\n",
    "HEARTBEAT",
    "HEARTBEAT CS7 10.0.2.1 7001 0",
    "HEARTBEAT CS7 10.0.2.1 7001 0 1 2",
    "HEARTBEAT CS7 10.0.2.1 70000 0 1",
    "HEARTBEAT CS7 10.0.2.1 7001 -1 1",
    "HEARTBEAT CS7 10.0.2.1 7001 0 many",
    "HEARTBEAT  CS7 10.0.2.1 7001 0 1",
    "heartbeat CS7 10.0.2.1 7001 0 1",
    `HEARTBEAT ${"C".repeat(500)} 10.0.2.1 7001 0 1`,
    "HEARTBEAT CS7 10.0.2.1 7001 0 1\nHEARTBEAT CS8 10.0.2.1 7001 0 1",
    "\u0000\u0001\u0002",
  ];
  for (const text of wrong) await socket.send(new TextEncoder().encode(text), HEARTBEATS);
  await socket.send(new Uint8Array(60_000), HEARTBEATS);
  await socket.send(new TextEncoder().encode("HEARTBEAT CS1 6.6.6.6 666 0 1"), HEARTBEATS);
  await cluster.clock.advance(1_500);
  const [said] = cluster.events("malformed datagrams", "monitor");
  assertEquals(said?.fields.count, wrong.length + 1);
  assertEquals(cluster.events("heartbeat ignored").length, 1);
  await assertServing(cluster);
  for (const end of ["\n", "\r\n", ""]) {
    await socket.send(new TextEncoder().encode(`HEARTBEAT CS7 10.0.2.1 7001 2 1${end}`), HEARTBEATS);
    await cluster.clock.advance(100);
    assertStringIncludes(await cluster.say(CONTROL, "LIST_SERVERS\n"), "SERVER CS7 10.0.2.1 7001 2 alive");
  }
  socket.close();
});

Deno.test("bad input: a connection that says nothing, or a byte now and then, is closed after the idle time", async () => {
  await using cluster = await start();
  for (const at of ALL) {
    const silent = await cluster.clock.until(cluster.network.host("10.0.2.1").dial(at));
    const dripping = await cluster.clock.until(cluster.network.host("10.0.2.1").dial(at));
    const beganMs = cluster.clock.now();
    const ends = Promise.all([readAll(silent), readAll(dripping)]);
    for (let second = 0; second < 29; second++) {
      await dripping.write(new TextEncoder().encode("G"));
      await cluster.clock.advance(1_000);
    }
    await cluster.clock.until(ends, 5_000);
    assertLess(cluster.clock.now() - beganMs, 33_000);
    silent.close();
    dripping.close();
  }
  await cluster.clock.advance(4_000);
  await assertServing(cluster);
});

Deno.test("bad input: a client that reads a byte a second blocks nobody and costs a bounded buffer", async () => {
  const big = new Uint8Array(8_000_000).fill(7);
  await using cluster = await start({ "hello.txt": "hello\n", big });
  const slow = await cluster.clock.until(cluster.network.host("10.0.2.2").dial(CS1));
  await slow.write(new TextEncoder().encode("GET big\n"));
  const one = new Uint8Array(1);
  for (let second = 0; second < 20; second++) {
    assertEquals(await cluster.clock.until(slow.read(one)), 1);
    await cluster.clock.advance(1_000);
  }
  assertLess(cluster.network.usage(CS1.host).bufferedBytes, 300_000);
  const whole = await cluster.say(CS1, "GET big\n");
  assertEquals(whole.length, 8_000_000 + "OK 8000000\n".length);
  slow.close();
});

Deno.test("bad input: 2,000 connections at once are all served, idle ones included", async () => {
  await using cluster = await start();
  for (const at of [INDEX, CS1]) {
    const net = cluster.network.host("10.0.2.3");
    const conns = await cluster.clock.until(Promise.all(Array.from({ length: 2_000 }, () => net.dial(at))));
    await assertServingWithLoad(cluster);
    const answers = conns.map(async (conn) => {
      await conn.write(new TextEncoder().encode("GET hello.txt\n"));
      return await readAll(conn);
    });
    for (const bytes of await cluster.clock.until(Promise.all(answers))) assert(bytes >= 11);
    for (const conn of conns) conn.close();
  }
});

async function assertServingWithLoad(cluster: VirtualCluster): Promise<void> {
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "OK 6\nhello\n");
  assertEquals(await cluster.route("hello.txt"), "CS1");
}

Deno.test("bad input: names that differ only in encoding are different files", async () => {
  const composed = "caf\u00e9.txt";
  const decomposed = "cafe\u0301.txt";
  await using cluster = await start({ [composed]: "1", [decomposed]: "22", "a b": "333", "a%20b": "4444" });
  const table: [name: string, body: string][] = [
    [composed, "1"],
    ["caf%C3%A9.txt", "1"],
    ["caf%c3%a9.txt", "1"],
    [decomposed, "22"],
    ["cafe%CC%81.txt", "22"],
    ["a b", "333"],
    ["a%20b", "333"],
    ["a%2520b", "4444"],
  ];
  for (const [name, body] of table) {
    assertEquals(await cluster.say(CS1, `GET ${name}\n`), `OK ${body.length}\n${body}`, name);
    assertEquals(await cluster.say(INDEX, `GET ${name}\n`), `SERVER 10.0.1.1 7001 CS1 ${body.length}\n`, name);
  }
  await cluster.disk(CS1.host).remove("files/a b");
  await cluster.clock.advance(1_000);
  assertEquals(await cluster.say(CS1, "GET a%20b\n"), "OK 4\n4444", "raw, once nothing else is meant");
});

Deno.test("bad input: no name leads outside the folder", async () => {
  const cluster = new VirtualCluster();
  await using _ = cluster;
  const disk = cluster.disk(CS1.host);
  disk.write("secret.txt", "secret");
  disk.write("/etc/passwd", "root");
  disk.write("files/.hidden", "hidden");
  disk.addLink("files/link.txt", "../secret.txt");
  disk.addLink("files/folder", "/etc");
  await cluster.startAll([{ "hello.txt": "hello\n", "sub/inner.txt": "x" }]);
  const names = [
    "../secret.txt",
    "sub/../../secret.txt",
    "..%2Fsecret.txt",
    "%2e%2e/secret.txt",
    "%2e%2e%2fsecret.txt",
    "/etc/passwd",
    "//etc/passwd",
    "%2Fetc%2Fpasswd",
    "link.txt",
    "folder/passwd",
    ".hidden",
    "./hello.txt",
    "sub/./inner.txt",
    "sub//inner.txt",
    "hello.txt/",
    "hello.txt%00",
    "hello.txt\u0000",
    "..\\secret.txt",
    "..",
    ".",
    "sub",
    "%",
    "%GG",
    "%C0%AE%C0%AE/secret.txt",
    "\u202e",
  ];
  for (const name of names) {
    for (const verb of ["GET", "HASH", "RANGE 0 1"]) {
      assertEquals(await cluster.say(CS1, `${verb} ${name}\n`), "ERROR FILE_NOT_FOUND\n", `${verb} ${name}`);
    }
  }
  assertEquals(await cluster.say(INDEX, "LIST_FILES\n"), "FILE hello.txt 6\nFILE sub/inner.txt 1\nEND\n");
});

Deno.test("bad input: a file that became a link after it was listed is not followed", async () => {
  await using cluster = await start();
  const disk = cluster.disk(CS1.host);
  disk.write("secret.txt", "secret");
  await disk.remove("files/hello.txt");
  disk.addLink("files/hello.txt", "../secret.txt");
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "ERROR FILE_NOT_FOUND\n");
});

Deno.test("bad input: a download never mixes two versions of a file", async () => {
  const old = new Uint8Array(6_000_000).fill(65);
  const changes: [how: string, change: (cluster: VirtualCluster) => Promise<void> | void, whole: boolean][] = [
    ["replaced by a rename", async (cluster) => {
      cluster.disk(CS1.host).write("draft", new Uint8Array(6_000_000).fill(66));
      await cluster.disk(CS1.host).rename("draft", "files/big");
    }, true],
    ["removed", (cluster) => cluster.disk(CS1.host).remove("files/big"), true],
    [
      "written in place",
      (cluster) => cluster.disk(CS1.host).overwrite("files/big", new Uint8Array(6_000_000).fill(66)),
      false,
    ],
    ["cut short", (cluster) => cluster.disk(CS1.host).overwrite("files/big", new Uint8Array(10)), false],
  ];
  for (const [how, change, isWhole] of changes) {
    await using cluster = await start({ big: old });
    const conn = await cluster.clock.until(cluster.network.host("10.0.2.1").dial(CS1));
    await conn.write(new TextEncoder().encode("GET big\n"));
    const buffer = new Uint8Array(100_000);
    const header = "OK 6000000\n".length;
    let total = await cluster.clock.until(conn.read(buffer)) ?? 0;
    await change(cluster);
    for (let count = await cluster.clock.until(conn.read(buffer)); count !== null;) {
      assert(!buffer.subarray(0, count).includes(66), `${how}: bytes of the new version came through`);
      total += count;
      count = await cluster.clock.until(conn.read(buffer));
    }
    if (isWhole) assertEquals(total, old.length + header, how);
    else assertLess(total, old.length + header, how);
    conn.close();
    await cluster.clock.advance(1_000);
  }
});

Deno.test("bad input: a file that changed since it was listed is served whole in its new version", async () => {
  await using cluster = await start();
  cluster.put(1, "hello.txt", "a longer greeting\n");
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "OK 18\na longer greeting\n");
});

Deno.test("bad input: clients that leave early lower the load again", async () => {
  await using cluster = await start({ "hello.txt": "hello\n", big: new Uint8Array(4_000_000) });
  for (let round = 0; round < 20; round++) {
    const conn = await cluster.clock.until(cluster.network.host("10.0.2.1").dial(CS1));
    await conn.write(new TextEncoder().encode("GET big\n"));
    await cluster.clock.until(conn.read(new Uint8Array(1_000)));
    conn.close();
  }
  await cluster.clock.advance(4_000);
  await assertServing(cluster);
});
