/**
 * A content server with workers in the `cdn` family: several processes, and to everyone else they are one.
 */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { assertNetError } from "./net_bench.ts";
import { CONTENT_PORT, contentHost, CONTROL, INDEX, VirtualCluster } from "./virtual_cluster.ts";

const HOST = contentHost(1);
const CS1 = { host: HOST, port: CONTENT_PORT };
/** As many as there are processes: in memory they take turns, so that each answers once. */
const PROCESSES = 3;

/** Starts monitor, index, and one content server of three processes that has these files. */
async function startCrewed(files: Record<string, string | Uint8Array>): Promise<VirtualCluster> {
  const cluster = new VirtualCluster();
  await cluster.startMonitor();
  await cluster.startIndex();
  for (const [name, content] of Object.entries(files)) cluster.put(1, name, content);
  await cluster.startContent(1, { workers: cluster.workers(HOST).team(PROCESSES - 1) });
  await cluster.clock.advance(1_000);
  return cluster;
}

/** Says the same to each process, and returns the answers. */
async function sayToEach(cluster: VirtualCluster, text: string): Promise<string[]> {
  const answers: string[] = [];
  for (let at = 0; at < PROCESSES; at++) answers.push(await cluster.say(CS1, text));
  return answers;
}

/** Who answered clients so far, by the name that each process logs with. */
function servers(cluster: VirtualCluster): string[] {
  return [...new Set(cluster.events("sending").map(({ source }) => source))].sort();
}

Deno.test("cdn workers: every process answers GET, RANGE and HASH alike", async () => {
  await using cluster = await startCrewed({ "hello.txt": "hello\n" });
  const hash = "OK 6 sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\n";
  assertEquals(await sayToEach(cluster, "GET hello.txt\n"), Array(PROCESSES).fill("OK 6\nhello\n"));
  assertEquals(await sayToEach(cluster, "RANGE 1 3 hello.txt\n"), Array(PROCESSES).fill("OK 3\nell"));
  assertEquals(await sayToEach(cluster, "HASH hello.txt\n"), Array(PROCESSES).fill(hash));
  assertEquals(await sayToEach(cluster, "GET nothing\n"), Array(PROCESSES).fill("ERROR FILE_NOT_FOUND\n"));
  assertEquals(await sayToEach(cluster, "HELLO\n"), Array(PROCESSES).fill("ERROR INVALID_COMMAND\n"));
  assertEquals(servers(cluster), ["CS1", "worker 2", "worker 3"]);
});

Deno.test("cdn workers: index and monitor know one server, with the load of all processes", async () => {
  await using cluster = await startCrewed({ "hello.txt": "hello\n" });
  assertEquals(cluster.events("server registered").length, 1);
  const dial = (): ReturnType<ReturnType<typeof cluster.network.host>["dial"]> =>
    cluster.clock.until(cluster.network.host("10.0.2.9").dial(CS1));
  const idle = [];
  for (let at = 0; at < 7; at++) idle.push(await dial());
  await cluster.clock.advance(5_000);
  assertEquals(await cluster.say(CONTROL, "LIST_SERVERS\n"), "SERVER CS1 10.0.1.1 7001 7 alive\nEND\n");
  for (const conn of idle) conn.close();
  await cluster.clock.advance(5_000);
  assertEquals(await cluster.say(CONTROL, "LIST_SERVERS\n"), "SERVER CS1 10.0.1.1 7001 0 alive\nEND\n");
});

Deno.test("cdn workers: a file is advertised once every process serves it, however slowly it looks", async () => {
  await using cluster = await startCrewed({ "hello.txt": "hello\n" });
  cluster.workers(HOST).listingMs = 700;
  cluster.put(1, "new.txt", "new\n");
  let waitedMs = 0;
  while (await cluster.route("new.txt") === undefined) {
    await cluster.clock.advance(50);
    waitedMs += 50;
    assert(waitedMs < 5_000, "it is never advertised");
  }
  assertEquals(await sayToEach(cluster, "GET new.txt\n"), Array(PROCESSES).fill("OK 4\nnew\n"));
  assert(waitedMs >= 700, `advertised after ${waitedMs} ms`);

  cluster.disk(HOST).remove("files/new.txt");
  await cluster.clock.advance(5_000);
  assertEquals(await cluster.route("new.txt"), undefined);
  assertEquals(await sayToEach(cluster, "GET new.txt\n"), Array(PROCESSES).fill("ERROR FILE_NOT_FOUND\n"));
});

Deno.test("cdn workers: while one that was killed is away the others serve, and nobody else notices", async () => {
  await using cluster = await startCrewed({ "hello.txt": "hello\n" });
  const [first] = cluster.workers(HOST).running;
  first!.kill();
  await cluster.clock.advance(1);
  assertEquals(cluster.workers(HOST).running.length, PROCESSES - 2);
  assertEquals(await sayToEach(cluster, "GET hello.txt\n"), Array(PROCESSES).fill("OK 6\nhello\n"));
  cluster.put(1, "meanwhile.txt", "new\n");
  await cluster.clock.advance(5_000);
  assertEquals(cluster.workers(HOST).running.length, PROCESSES - 1);
  assertEquals(await sayToEach(cluster, "GET meanwhile.txt\n"), Array(PROCESSES).fill("OK 4\nnew\n"));
  assertEquals(cluster.events("worker ended").map(({ fields }) => fields.worker), [2]);
  await cluster.clock.advance(30_000);
  assertEquals([cluster.events("server dead"), cluster.events("server marked dead")], [[], []]);
  assertEquals(await cluster.route("meanwhile.txt"), "CS1");
});

Deno.test("cdn workers: when the server is killed its workers end, and it can be started again at once", async () => {
  await using cluster = await startCrewed({ "hello.txt": "hello\n" });
  await cluster.kill(HOST);
  await cluster.clock.advance(100);
  assertEquals(cluster.workers(HOST).running, []);
  await cluster.startContent(1, { workers: cluster.workers(HOST).team(1) });
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "OK 6\nhello\n");
});

Deno.test("cdn workers: a stop lets every process finish what it sends, and withdraws the files before", async () => {
  const big = new Uint8Array(400_000).fill(7);
  await using cluster = await startCrewed({ big });
  cluster.network.setUplink(HOST, 200_000);
  const downloads = Array.from({ length: PROCESSES }, () => cluster.say(CS1, "GET big\n"));
  await cluster.clock.advance(500);
  assertEquals(servers(cluster), ["CS1", "worker 2", "worker 3"]);
  cluster.network.setUplink(HOST, 1_000_000);
  await cluster.stop(HOST);
  const sizes = (await Promise.all(downloads)).map((answer) => answer.length);
  assertEquals(sizes, Array(PROCESSES).fill("OK 400000\n".length + big.length));
  assertEquals(cluster.workers(HOST).running, []);
  assertEquals(cluster.workers(HOST).processes.started.map(({ end }) => end), [
    { kind: "exited", code: 0 },
    { kind: "exited", code: 0 },
  ]);
  assertEquals(await cluster.say(INDEX, "GET big\n"), "ERROR FILE_NOT_FOUND\n");
  assertEquals(cluster.events("worker ended"), []);
});

Deno.test("cdn workers: another server is refused at their port, whether it has workers or not", async () => {
  await using cluster = await startCrewed({ "hello.txt": "hello\n" });
  const second = { serverId: "CS9", udpPort: 0 };
  await assertNetError(cluster.startContent(1, second), "in-use");
  const team = cluster.workers(HOST).team(1);
  await assertNetError(cluster.startContent(1, { ...second, workers: team }), "in-use");
  assertEquals(cluster.workers(HOST).running.length, PROCESSES - 1);
  assertStringIncludes(await cluster.say(CONTROL, "LIST_SERVERS\n"), "CS1");
});

Deno.test("cdn workers: a start that fails leaves neither workers nor ports behind", async () => {
  await using cluster = await startCrewed({ "hello.txt": "hello\n" });
  const [listen, udpPort] = [{ host: HOST, port: 7777 }, 7778];
  const options = { serverId: "CS9", listen, udpPort, workers: cluster.workers(HOST).team(2) };
  // What comes last cannot be had.
  const admin = { host: HOST, port: 7779 };
  await assertRejects(() => cluster.startContent(1, { ...options, admin }), Error, "no management");
  assertEquals(cluster.workers(HOST).processes.started.length, PROCESSES - 1 + 2);
  assertEquals(cluster.workers(HOST).running.length, PROCESSES - 1);
  const net = cluster.network.host(HOST);
  for (const free of [await net.listen(listen), await net.bind({ host: HOST, port: udpPort })]) free.close();
});
