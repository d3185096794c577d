/**
 * Files in demand are sent from memory, and nobody can tell but by the clock.
 */

import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { randomInt, seededRandom } from "../src/base/random.ts";
import { startContent } from "../src/roles/cdn/content.ts";
import { pattern } from "./net_bench.ts";
import { tapNet } from "./simulation/tap.ts";
import { CONTENT_PORT, contentHost, HEARTBEATS, INDEX, VirtualCluster } from "./virtual_cluster.ts";

const CS1 = { host: contentHost(1), port: CONTENT_PORT };
const MIB = 1_048_576;

/** A content server alone, with so much memory for files. */
async function start(
  files: Record<string, string | Uint8Array>,
  { cacheBytes = 8 * MIB }: { cacheBytes?: number } = {},
): Promise<VirtualCluster> {
  const cluster = new VirtualCluster();
  for (const [name, content] of Object.entries(files)) cluster.put(1, name, content);
  // Files that were just written are not trusted yet.
  await cluster.clock.advance(1_000);
  await cluster.startContent(1, { cacheBytes });
  return cluster;
}

/** Asks, and returns the first line of the answer and the bytes behind it. */
async function ask(cluster: VirtualCluster, question: string): Promise<[head: string, body: Uint8Array]> {
  const conn = await cluster.network.host("10.0.2.1").dial(CS1);
  await conn.write(new TextEncoder().encode(question));
  const parts: Uint8Array[] = [];
  const buffer = new Uint8Array(100_000);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
    parts.push(buffer.slice(0, count));
  }
  conn.close();
  const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  const end = bytes.indexOf(10) + 1;
  return [new TextDecoder().decode(bytes.subarray(0, end)), bytes.subarray(end)];
}

Deno.test("hot files: what was asked for once is sent without opening the file again", async () => {
  await using cluster = await start({ "hello.txt": "hello\n", "empty": "" });
  const disk = cluster.disk(CS1.host);
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "OK 6\nhello\n");
  disk.failNext("open", "denied", 3);
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "OK 6\nhello\n");
  assertEquals(await cluster.say(CS1, "RANGE 2 3 hello.txt\n"), "OK 3\nllo");
  assertEquals(await cluster.say(CS1, "RANGE 2 99 hello.txt\n"), "OK 4\nllo\n");
  assertEquals(await cluster.say(CS1, "RANGE 6 1 hello.txt\n"), "OK 0\n");
  assertEquals(await cluster.say(CS1, "RANGE 7 1 hello.txt\n"), "ERROR INVALID_RANGE\n");
  assertEquals(await cluster.say(CS1, "GET empty\n"), "ERROR FILE_NOT_FOUND\n", "it is opened each time");
});

Deno.test("hot files: a file that changed is never sent as it was, from the very moment on", async () => {
  const changes: [how: string, change: (cluster: VirtualCluster) => Promise<void> | void, answer: string][] = [
    ["written to", (cluster) => cluster.disk(CS1.host).overwrite("files/a", "other\n"), "OK 6\nother\n"],
    ["replaced", (cluster) => cluster.put(1, "a", "other\n"), "OK 6\nother\n"],
    [
      "replaced by one of another size",
      (cluster) => cluster.put(1, "a", "longer than before\n"),
      "OK 19\nlonger than before\n",
    ],
    ["renamed over", (cluster) => cluster.disk(CS1.host).rename("files/b", "files/a"), "OK 6\nbbbbb\n"],
    ["removed", (cluster) => cluster.disk(CS1.host).remove("files/a"), "ERROR FILE_NOT_FOUND\n"],
    ["made a link", (cluster) => cluster.disk(CS1.host).addLink("files/a", "b"), "ERROR FILE_NOT_FOUND\n"],
  ];
  for (const [how, change, answer] of changes) {
    await using cluster = await start({ a: "first\n", b: "bbbbb\n" });
    for (let times = 0; times < 3; times++) assertEquals(await cluster.say(CS1, "GET a\n"), "OK 6\nfirst\n");
    await change(cluster);
    assertEquals(await cluster.say(CS1, "GET a\n"), answer, how);
    assertEquals(await cluster.say(CS1, "GET a\n"), answer, how);
  }
});

function isFullOf(bytes: Uint8Array, value: number): boolean {
  for (const byte of bytes) if (byte !== value) return false;
  return true;
}

Deno.test("hot files: crowds get one version each while a file changes again and again", async () => {
  for (const cacheBytes of [0, 2 * MIB, 8 * MIB]) {
    await using cluster = await start({ a: "" }, { cacheBytes });
    const random = seededRandom(cacheBytes);
    const contents = new Map<number, Uint8Array>();
    let current = 0;
    const change = (): void => {
      current++;
      // Each version is full of its own number: a mixture shows.
      const bytes = new Uint8Array(MIB + 1 + randomInt(random, 2 * MIB)).fill(current);
      contents.set(current, bytes);
      if (random.next() < 0.5) cluster.put(1, "a", bytes);
      else cluster.disk(CS1.host).overwrite("files/a", bytes);
    };
    change();
    let whole = 0;
    for (let round = 0; round < 12; round++) {
      const since = current;
      const asked = Array.from({ length: 8 }, () => ask(cluster, "GET a\n"));
      await cluster.clock.advance(randomInt(random, 12));
      if (round % 2 === 1) change();
      for (const [head, body] of await cluster.clock.until(Promise.all(asked))) {
        assertMatch(head, /^OK \d+\n$/);
        const version = body[0]!;
        assert(isFullOf(body, version), "bytes of one version");
        assert(body.length === 0 || version >= since, `version ${version} after ${since}`);
        if (body.length === contents.get(version)?.length) whole++;
      }
    }
    assertGreater(whole, 40);
  }
});

Deno.test("hot files: whatever is asked for, in whatever order, comes as it is on the disk", async () => {
  for (const cacheBytes of [0, 3_000, MIB, 3 * MIB, 32 * MIB]) {
    const sizes = [1, 1_000, MIB - 1, MIB, MIB + 1, 2 * MIB + 5];
    const files = Object.fromEntries(sizes.map((size, at) => [`f${at}`, pattern(size, at)]));
    await using cluster = await start(files, { cacheBytes });
    const random = seededRandom(cacheBytes + 1);
    for (let round = 0; round < 15; round++) {
      await cluster.clock.until(Promise.all(Array.from({ length: 4 }, async () => {
        const at = randomInt(random, sizes.length), size = sizes[at]!;
        const offset = random.next() < 0.5 ? 0 : randomInt(random, size);
        const length = random.next() < 0.5 ? size - offset : randomInt(random, size - offset + 1);
        const isWhole = offset === 0 && length === size;
        const [head, body] = await ask(cluster, isWhole ? `GET f${at}\n` : `RANGE ${offset} ${length} f${at}\n`);
        assertEquals([head, body.length], [`OK ${length}\n`, length]);
        assertEquals(body, pattern(length, at + offset));
      })));
    }
  }
});

Deno.test("hot files: a head goes out alone to who says GET, and with a small body to who says RANGE", async () => {
  await using cluster = new VirtualCluster();
  cluster.put(1, "a", "hello\n");
  await cluster.clock.advance(1_000);
  const env = cluster.env(CS1.host, "CS1");
  const writes: string[] = [];
  const quiet = { received: (): void => {}, said: (): void => {} };
  const wrote = (bytes: Uint8Array): void => void writes.push(new TextDecoder().decode(bytes));
  const net = tapNet(env.net, { accepted: () => ({ ...quiet, wrote }), dialling: () => quiet });
  const content = await cluster.clock.until(startContent({ ...env, net }, {
    serverId: "CS1",
    folder: "files",
    listen: CS1,
    index: INDEX,
    monitor: HEARTBEATS,
  }));
  for (const how of ["from the disk", "from memory"]) {
    await cluster.say(CS1, "RANGE 1 3 a\n");
    await cluster.say(CS1, "GET a\n");
    assertEquals(writes.splice(0), ["OK 3\nell", "OK 6\n", "hello\n"], how);
  }
  await cluster.clock.until(content.stop());
});
