import { assert, assertEquals } from "@std/assert";
import { planCdn } from "./cdn_plan.ts";
import { MAX_OFFSET, type MemberPlan, OFFSET_STEP, type PlanOptions } from "./plan.ts";

const OPTIONS: PlanOptions = {
  offset: 0,
  timeoutMs: 8_000,
  isVerbose: false,
  contentFolder: "/project/content",
  dataFolder: "/data",
};

Deno.test("planCdn() gives every role its documented ports, and moves all of them by the offset", () => {
  const documented = {
    monitor: ["UDP 6000", "TCP 6001", "TCP 16001"],
    index: ["TCP 5050", "TCP 15050"],
    CS1: ["TCP 7001", "UDP 7002", "TCP 17001"],
    CS2: ["TCP 7101", "UDP 7102", "TCP 17101"],
  };
  assertEquals(portsOf(planCdn(OPTIONS)), documented);
  const moved = Object.values(portsOf(planCdn({ ...OPTIONS, offset: 250 }))).flat();
  const expected = Object.values(documented).flat().map((port) => port.replace(/\d+/, (n) => `${Number(n) + 250}`));
  assertEquals(moved, expected);
});

Deno.test("planCdn() uses no port twice and none above 65535, whatever the offset", () => {
  for (const offset of [0, 1, 100, 949, 999, 10_000, MAX_OFFSET]) {
    const ports = planCdn({ ...OPTIONS, offset }).flatMap((member) => member.ports);
    const names = ports.map(({ transport, port }) => `${transport} ${port}`);
    assertEquals(new Set(names).size, names.length);
    assert(ports.every(({ port }) => port <= 65_535));
  }
});

Deno.test("OFFSET_STEP leads from one cluster to the next, thirty of them, without a port in common", () => {
  const names = Array.from({ length: 30 }, (_, step) => planCdn({ ...OPTIONS, offset: step * OFFSET_STEP }))
    .flatMap((plan) => Object.values(portsOf(plan)).flat());
  assertEquals(new Set(names).size, names.length);
});

Deno.test("planCdn() starts the monitor first, and tells each role where the others are", () => {
  const plan = planCdn({ ...OPTIONS, offset: 100, timeoutMs: 2_500 });
  assertEquals(plan.map(({ label }) => label), ["monitor", "index", "CS1", "CS2"]);
  const folder = OPTIONS.contentFolder;
  assertEquals(plan.map(({ args }) => args.slice(0, -5).join(" ")), [
    "monitor --udp-port 6100 --tcp-port 6101 --index-port 5150 --timeout 2.5",
    "index --port 5150 --monitor-tcp-port 6101",
    `content --server-id CS1 --tcp-port 7101 --udp-port 7102 --index-port 5150 --monitor-udp-port 6100 --files ${folder}/cs1`,
    `content --server-id CS2 --tcp-port 7201 --udp-port 7202 --index-port 5150 --monitor-udp-port 6100 --files ${folder}/cs2`,
  ]);
  const supervision = (port: number): string => `--admin 127.0.0.1:${port} --log json --supervised`;
  assertEquals(plan.map(({ args }) => args.slice(-5).join(" ")), [16_101, 15_150, 17_101, 17_201].map(supervision));
});

Deno.test("planCdn() says in few words how to start a role by hand", () => {
  assertEquals(planCdn(OPTIONS).map(({ byHand }) => byHand.join(" ")), [
    "monitor --admin 127.0.0.1:16001",
    "index --admin 127.0.0.1:15050",
    "content --server-id CS1 --tcp-port 7001 --udp-port 7002 --admin 127.0.0.1:17001",
    "content --server-id CS2 --tcp-port 7101 --udp-port 7102 --admin 127.0.0.1:17101",
  ]);
  assertEquals(planCdn({ ...OPTIONS, offset: 100 }).map(({ byHand }) => byHand.join(" ")), [
    "monitor --udp-port 6100 --tcp-port 6101 --index-port 5150 --admin 127.0.0.1:16101",
    "index --port 5150 --monitor-tcp-port 6101 --admin 127.0.0.1:15150",
    "content --server-id CS1 --tcp-port 7101 --udp-port 7102 --index-port 5150 --monitor-udp-port 6100 " +
    "--admin 127.0.0.1:17101",
    "content --server-id CS2 --tcp-port 7201 --udp-port 7202 --index-port 5150 --monitor-udp-port 6100 " +
    "--admin 127.0.0.1:17201",
  ]);
});

Deno.test("planCdn() makes every role verbose if asked to", () => {
  for (const isVerbose of [true, false]) {
    const plan = planCdn({ ...OPTIONS, isVerbose });
    assertEquals(plan.map(({ args }) => args.includes("--verbose")), plan.map(() => isVerbose));
  }
});

function portsOf(plan: readonly MemberPlan[]): Record<string, string[]> {
  return Object.fromEntries(
    plan.map(({ label, ports }) => [label, ports.map(({ transport, port }) => `${transport} ${port}`)]),
  );
}
