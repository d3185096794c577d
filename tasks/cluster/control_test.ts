import { assertEquals, assertRejects } from "@std/assert";
import { seededRandom } from "../../src/base/random.ts";
import { DeadlineError } from "../../src/base/deadline.ts";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { MemoryNetwork } from "../../src/net/memory.ts";
import { NetError } from "../../src/net/net_error.ts";
import { ask } from "../../src/services/ask.ts";
import { type ControlEnv, ControlServer, findCluster, orderStop } from "./control.ts";
import { type ControlRecord, createToken } from "./control_file.ts";
import { LOOPBACK } from "./plan.ts";

interface Bench {
  readonly clock: VirtualClock;
  readonly env: ControlEnv;
  readonly server: ControlServer;
  readonly record: ControlRecord;
  stops: number;
}

async function openBench(): Promise<Bench> {
  const clock = new VirtualClock();
  const env = { clock, net: new MemoryNetwork({ clock, random: seededRandom(1) }).host(LOOPBACK) };
  const token = createToken();
  const server = await ControlServer.start(env, { token, onStop: () => void bench.stops++ });
  const record = { pid: 1, port: server.port, token, since: "2026-01-01T12:00:00.000Z" };
  const bench: Bench = { clock, env, server, record, stops: 0 };
  return bench;
}

Deno.test("findCluster() tells a living cluster from one that is gone and from a stranger at its port", async () => {
  const { clock, env, server, record } = await openBench();
  assertEquals(await clock.until(findCluster(env, record)), "alive");
  assertEquals(await clock.until(findCluster(env, { ...record, token: createToken() })), "gone");
  await clock.until(server.close());
  assertEquals(await clock.until(findCluster(env, record)), "gone");
});

Deno.test("findCluster() tells a cluster that is held up", async () => {
  const { clock, env, server, record } = await openBench();
  await clock.until(server.close());
  // The kernel takes connections for a stopped process.
  const silent = await env.net.listen({ host: LOOPBACK, port: 0 });
  assertEquals(await clock.until(findCluster(env, { ...record, port: silent.address.port })), "silent");
  silent.close();
});

Deno.test("orderStop() hears what happens and resolves at the end", async () => {
  const bench = await openBench();
  const { clock, env, server, record } = bench;
  const lines: string[] = [];
  const stopped = orderStop(env, record, { deadlineMs: 30_000, onLine: (line) => void lines.push(line) });
  await clock.advance(1_000);
  assertEquals(bench.stops, 1);
  await clock.until(server.tell("CS1 stopped"));
  await clock.advance(9_000);
  await clock.until(server.tell("index stopped"));
  await clock.until(Promise.all([stopped, server.close()]));
  assertEquals(lines, ["CS1 stopped", "index stopped"]);
});

Deno.test("orderStop() fails if the cluster does not end in time, or dies", async () => {
  const { clock, env, server, record } = await openBench();
  const order = (): Promise<void> => orderStop(env, record, { deadlineMs: 5_000, onLine: () => {} });
  await assertRejects(() => clock.until(order()), DeadlineError);
  await clock.until(server.close());
  await assertRejects(() => clock.until(order()), NetError);
});

Deno.test("ControlServer obeys nobody without the token, and goes on after bad peers", async () => {
  const bench = await openBench();
  const { clock, env, server, record: { port, token } } = bench;
  const bad = [
    "STOP",
    "STOP ",
    `STOP ${createToken()}`,
    `stop ${token}`,
    `STOP ${token} now`,
    "",
    "GET / HTTP/1.1",
    "PING",
  ];
  for (const line of bad) {
    assertEquals(await clock.until(ask(env, { host: LOOPBACK, port }, line, { deadlineMs: 1_000 })), "ERROR DENIED");
  }
  await clock.until(ask(env, { host: LOOPBACK, port }, "x".repeat(10_000), { deadlineMs: 1_000 }).catch(() => {}));
  const mute = await clock.until(env.net.dial({ host: LOOPBACK, port }));
  await clock.advance(10_000);
  mute.close();
  assertEquals(bench.stops, 0);
  assertEquals(await clock.until(findCluster(env, bench.record)), "alive");
  await clock.until(server.close());
});
