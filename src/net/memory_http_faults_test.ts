import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { textResponse } from "../protocol/http.ts";
import { MemoryHttpServers } from "./memory_http.ts";
import type { HttpCutKind } from "./memory_http_faults.ts";
import type { NetError } from "./net_error.ts";

const AT = { host: "10.0.0.1", port: 5050 };
const ASK = { target: "/" };

async function serving(options = {}): Promise<MemoryHttpServers> {
  const servers = new MemoryHttpServers(options);
  for (const port of [5050, 5051]) await servers.serve({ ...AT, port }, () => Promise.resolve(textResponse(200, "")));
  return servers;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => "none", (error: NetError) => error.code);
}

Deno.test("MemoryHttpFaults.cut() keeps everybody from a host, and the host from everybody, until healed", async () => {
  const servers = await serving();
  await servers.serve({ host: "10.0.0.2", port: 80 }, () => Promise.resolve(textResponse(200, "")));
  const heal = servers.faults.cut("10.0.0.1", "unreachable");
  assertEquals(await codeOf(servers.client("10.0.0.2").ask(AT, ASK)), "unreachable");
  assertEquals(await codeOf(servers.client("10.0.0.1").ask({ host: "10.0.0.2", port: 80 }, ASK)), "unreachable");
  assertEquals(await codeOf(servers.client("10.0.0.3").ask({ host: "10.0.0.2", port: 80 }, ASK)), "none");
  heal();
  heal();
  assertEquals(await codeOf(servers.client("10.0.0.2").ask(AT, ASK)), "none");
});

Deno.test("MemoryHttpFaults.cut() concerns one address, or one host's questions, if told so", async () => {
  const servers = await serving();
  servers.faults.cut("10.0.0.1:5051", "refused");
  servers.faults.cut("10.0.0.1", "unreachable", { from: "10.0.0.3" });
  const outcomes: (readonly [from: string, port: number, code: string])[] = [
    ["10.0.0.2", 5050, "none"],
    ["10.0.0.2", 5051, "refused"],
    ["10.0.0.3", 5050, "unreachable"],
  ];
  for (const [from, port, code] of outcomes) {
    assertEquals(await codeOf(servers.client(from).ask({ ...AT, port }, ASK)), code, `${from} ${port}`);
  }
});

Deno.test("MemoryHttpFaults.cut() breaks what is under way, or holds it up", async () => {
  const outcomes: (readonly [HttpCutKind, string])[] = [["refused", "reset"], ["unreachable", "reset"], [
    "hang",
    "none",
  ]];
  for (const [kind, code] of outcomes) {
    const servers = new MemoryHttpServers();
    let answer: () => void = () => {};
    const answered = new Promise<void>((resolve) => answer = resolve);
    await servers.serve(AT, () => answered.then(() => textResponse(200, "")));
    const asked = codeOf(servers.client("10.0.0.2").ask(AT, ASK));
    await Promise.resolve();
    const heal = servers.faults.cut("10.0.0.1", kind);
    answer();
    if (kind === "hang") queueMicrotask(heal);
    assertEquals(await asked, code);
  }
});

Deno.test("MemoryHttpFaults.cut() lets a client that hangs be called off", async () => {
  const servers = await serving();
  servers.faults.cut("10.0.0.1", "hang");
  const controller = new AbortController();
  const asked = servers.client("10.0.0.2").ask(AT, ASK, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => asked, Error, "enough");
});

Deno.test("MemoryHttpFaults.setDelays() makes questions and answers take time, the same for the same seed", async () => {
  const clock = new VirtualClock();
  const servers = await serving({ clock, random: seededRandom(1) });
  const client = servers.client("10.0.0.2");
  servers.faults.setDelays({ latencyMs: 20 });
  await clock.until(client.ask(AT, ASK));
  assertEquals(clock.now(), 40);
  servers.faults.setDelays({ jitterMs: 10 });
  const times: number[] = [];
  for (const seed of [7, 7]) {
    const own = new VirtualClock();
    const others = await serving({ clock: own, random: seededRandom(seed) });
    others.faults.setDelays({ latencyMs: 20, jitterMs: 10 });
    await own.until(others.client("10.0.0.2").ask(AT, ASK));
    times.push(own.now());
  }
  assertEquals(times[0], times[1]);
  assertThrows(() => new MemoryHttpServers().faults.setDelays({ latencyMs: 1 }), TypeError, "no clock");
});
