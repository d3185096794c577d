/**
 * A content server with workers as real processes: what the user starts is one program, and ends as one.
 */

import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { denoNet } from "../src/net/deno.ts";
import { shaOf, someBytes } from "./download_lab.ts";
import { ProcessCluster } from "./process_cluster.ts";
import { programCommand, type ProgramProcess } from "./program_process.ts";
import { say } from "./socket_cluster.ts";

const ignore = Deno.build.os !== "linux";
/** So many that chance gives them all to one of two processes once in 2^39 runs. */
const QUESTIONS = 40;
const BIG = someBytes(3_000_000);

interface State {
  readonly load: number;
  readonly workers: readonly { readonly worker: number; readonly pid: number; readonly state: string }[];
  readonly counters: Readonly<Record<string, number>>;
}

/** What a content server shows of itself. */
async function stateOf(cluster: ProcessCluster, id: string): Promise<State> {
  const { port } = cluster.address(`${id} admin`);
  return await (await fetch(`http://127.0.0.1:${port}/state`)).json();
}

/** Whether a process runs. One that has ended may wait for somebody to notice. */
async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] }).output();
  return /^[^Z\s]/.test(new TextDecoder().decode(stdout));
}

async function allEnded(pids: readonly number[]): Promise<boolean> {
  return !(await Promise.all(pids.map(isRunning))).includes(true);
}

/** The ids of the processes that serve: the server's own, and its workers'. */
async function pidsOf(cluster: ProcessCluster, server: ProgramProcess): Promise<number[]> {
  const { workers } = await stateOf(cluster, server.name);
  return [server.pid, ...workers.map(({ pid }) => pid)];
}

Deno.test(
  { name: "processes: workers share the port, and are one server to index, monitor and client", ignore },
  async () => {
    await using cluster = await ProcessCluster.create();
    await cluster.put(["CS1"], "big", BIG);
    await Promise.all([cluster.startMonitor(), cluster.startIndex()]);
    const server = await cluster.startContent("CS1", "--workers", "2");
    assertEquals(server.seen("ready").map(({ processes }) => processes), [2]);
    await server.see("registered");

    const hash = `OK ${BIG.length} sha256:${shaOf(BIG)}\n`;
    for (let at = 0; at < QUESTIONS; at++) {
      assertEquals(await say(cluster.address("CS1"), "HASH big\n"), hash);
      assertEquals((await say(cluster.address("CS1"), "RANGE 2999999 10 big\n")).length, "OK 1\n".length + 1);
      assertEquals(await say(cluster.address("CS1"), "GET nothing\n"), "ERROR FILE_NOT_FOUND\n");
    }
    const sources = new Set(server.seen("sending").map(({ source }) => source));
    assertEquals([...sources].sort(), ["content CS1", "content CS1 worker 2"]);
    await cluster.eventually("all of it is counted", async () => {
      const { counters } = await stateOf(cluster, "CS1");
      return counters["microcdn_downloads_total"] === QUESTIONS && counters["microcdn_misses_total"] === QUESTIONS;
    });
    const { port } = cluster.address("CS1 admin");
    assertMatch(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(), /^microcdn_downloads_total 40$/m);

    const out = `${cluster.folder}/out`;
    const get = cluster.client("get", "big", "--out", out, "--parallel", "2");
    assertEquals((await get.end()).code, 0, get.tail);
    assertEquals(shaOf(await Deno.readFile(out)), shaOf(BIG));
    assertMatch(await cluster.client("servers").output, /^CS1\t\S+\t\d+\talive\n$/);
    const first = cluster.process("index").seen("server registered")[0]?.files;
    assertEquals([first, await cluster.holders("big")], [1, ["CS1"]]);
  },
);

Deno.test({ name: "processes: the load that the monitor hears is that of all workers", ignore }, async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1"], "big", someBytes(20_000_000));
  await Promise.all([cluster.startMonitor(), cluster.startIndex()]);
  const server = await cluster.startContent("CS1", "--workers", "3", "--drain", "0.5");
  await server.see("registered");
  for (let at = 0; at < QUESTIONS; at++) await cluster.holdOn("CS1", "GET big\n");
  await cluster.eventually("the monitor hears the load", async () => {
    return (await say(cluster.address("monitor"), "LIST_SERVERS\n")).includes(` ${QUESTIONS} alive`);
  });
  assertEquals(new Set(server.seen("sending").map(({ source }) => source)).size, 3);
});

Deno.test({ name: "processes: a worker that is killed is replaced, and the service goes on", ignore }, async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1"], "small", new TextEncoder().encode("small\n"));
  await Promise.all([cluster.startMonitor(), cluster.startIndex()]);
  const server = await cluster.startContent("CS1", "--workers", "2");
  await server.see("registered");
  const [, worker] = await pidsOf(cluster, server);
  Deno.kill(worker!, "SIGKILL");
  await server.see("worker ended", { worker: 2, pid: worker, end: "SIGKILL" });
  for (let at = 0; at < QUESTIONS; at++) {
    assertEquals(await say(cluster.address("CS1"), "GET small\n"), "OK 6\nsmall\n");
  }
  await cluster.put(["CS1"], "new", new TextEncoder().encode("new\n"));
  await cluster.eventually("another worker serves", async () => {
    return (await stateOf(cluster, "CS1")).workers.some(({ pid, state }) => state === "ready" && pid !== worker);
  });
  await cluster.eventually("the new file is advertised", async () => (await cluster.holders("new")).length === 1);
  for (let at = 0; at < QUESTIONS; at++) assertEquals(await say(cluster.address("CS1"), "GET new\n"), "OK 4\nnew\n");
  assertEquals(server.seen("worker ended").length, 1);
  assertEquals(cluster.process("monitor").seen("server dead"), []);
});

Deno.test(
  { name: "processes: a server that is killed leaves no worker behind, and starts again at once", ignore },
  async () => {
    await using cluster = await ProcessCluster.create();
    await cluster.put(["CS1"], "big", someBytes(20_000_000));
    const server = await cluster.startContent("CS1", "--workers", "3");
    for (let at = 0; at < QUESTIONS; at++) await cluster.holdOn("CS1", "GET big\n");
    await cluster.eventually("every process sends", () => {
      return new Set(server.seen("sending").map(({ source }) => source)).size === 3;
    });
    const pids = await pidsOf(cluster, server);
    assertEquals(new Set(pids).size, 3);
    await server.kill();
    await cluster.eventually("all have ended", () => allEnded(pids));
    await cluster.startContent("CS1");
  },
);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(
    { name: `processes: ${signal}, also to all of the workers, ends server and workers in order`, ignore },
    async () => {
      await using cluster = await ProcessCluster.create();
      await cluster.put(["CS1"], "big", BIG);
      await Promise.all([cluster.startMonitor(), cluster.startIndex()]);
      const server = await cluster.startContent("CS1", "--workers", "3");
      await server.see("registered");
      const pids = await pidsOf(cluster, server);
      // As a terminal or a service manager does, in whatever order.
      for (const pid of pids.toReversed()) Deno.kill(pid, signal);
      assertEquals(await server.end(), { success: true, code: 0, signal: null }, server.tail);
      assert(await allEnded(pids), `${pids}`);
      assertEquals(server.seen("worker ended"), []);
      assertEquals(await cluster.holders("big"), []);
    },
  );
}

Deno.test({ name: "processes: a stop waits for what each worker sends", ignore }, async () => {
  await using cluster = await ProcessCluster.create();
  // More than the system takes in for a client that does not read.
  const sizeBytes = 20_000_000;
  await cluster.put(["CS1"], "big", someBytes(sizeBytes));
  const server = await cluster.startContent("CS1", "--workers", "2", "--drain", "30");
  const conns = await Promise.all(Array.from({ length: 24 }, () => denoNet().dial(cluster.address("CS1"))));
  for (const conn of conns) await conn.write(new TextEncoder().encode("GET big\n"));
  await cluster.eventually("all are sent something", () => server.seen("sending").length === conns.length);
  assertEquals(new Set(server.seen("sending").map(({ source }) => source)).size, 2);
  server.signal("SIGTERM");
  await server.see("stopping");
  const sizes = await Promise.all(conns.map(async (conn) => {
    const buffer = new Uint8Array(1_048_576);
    let sum = 0;
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) sum += count;
    conn.close();
    return sum;
  }));
  assertEquals(sizes, sizes.map(() => `OK ${sizeBytes}\n`.length + sizeBytes));
  assertEquals((await server.end()).code, 0, server.tail);
});

Deno.test({ name: "processes: no second server comes to a port that workers share", ignore }, async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.startContent("CS1", "--workers", "2");
  for (const workers of ["1", "2"]) {
    const second = await cluster.content("CS1", "--workers", workers);
    assertEquals((await second.end()).code, 3, second.tail);
    const at = `127.0.0.1:${cluster.address("CS1").port}`;
    assertEquals(second.errors, [`Cannot listen at ${at}: the address is in use; choose another with --tcp-port`]);
  }
  // Nor do workers come to one that somebody has for himself.
  await cluster.startContent("CS2");
  const late = await cluster.content("CS2", "--workers", "2");
  assertEquals((await late.end()).code, 3, late.tail);
});

Deno.test({ name: "processes: workers on a port that the system chose serve at the same one", ignore }, async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1"], "small", new TextEncoder().encode("small\n"));
  const server = await cluster.startContent("CS1", "--workers", "2", "--tcp-port", "0");
  const { tcp } = await server.see("ready");
  const address = { host: "127.0.0.1", port: Number(String(tcp).split(":")[1]) };
  assertNotEquals(address.port, 0);
  for (let at = 0; at < QUESTIONS; at++) assertEquals(await say(address, "GET small\n"), "OK 6\nsmall\n");
  assertEquals(new Set(server.seen("sending").map(({ source }) => source)).size, 2);
});

Deno.test({
  name: "processes: workers without permission to start them are refused in a line that says what to do",
  ignore,
}, async () => {
  await using cluster = await ProcessCluster.create();
  const flags = ["--files", await cluster.files("CS1"), "--tcp-port", "0", "--udp-port", "0"];
  const command = programCommand("content", ["content", "--workers", "2", ...flags]);
  const server = cluster.run({ name: "content", command });
  assertEquals((await server.end()).code, 2, server.tail);
  assertEquals(server.errors.length, 1, server.tail);
  assertStringIncludes(server.errors[0]!, 'the permission set "workers" has it, and so has "deno task serve"');
});
