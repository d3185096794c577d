import { assertEquals } from "@std/assert";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { MemoryNetwork } from "../../src/net/memory.ts";
import { NetError } from "../../src/net/net_error.ts";
import { planCdn } from "./cdn_plan.ts";
import { planEdge } from "./edge_plan.ts";
import { LOOPBACK, MAX_OFFSET } from "./plan.ts";
import { describePortProblem, findFreePlan, findPortProblems } from "./ports.ts";

const PLAN = planCdn({ offset: 0, timeoutMs: 8_000, isVerbose: false, contentFolder: "content", dataFolder: "data" });

Deno.test("findPortProblems() finds every port in use, TCP and UDP apart, and holds none of them", async () => {
  const net = new MemoryNetwork({ clock: new VirtualClock(), random: seededRandom(1) }).host(LOOPBACK);
  assertEquals(await findPortProblems(net, PLAN), []);
  assertEquals(await findPortProblems(net, PLAN), []);
  const taken = [await net.listen({ host: LOOPBACK, port: 5050 }), await net.bind({ host: LOOPBACK, port: 7102 })];
  // The other transport's ports of the same numbers are not the plan's.
  taken.push(await net.bind({ host: LOOPBACK, port: 6001 }), await net.listen({ host: LOOPBACK, port: 7002 }));
  const problems = await findPortProblems(net, PLAN);
  assertEquals(problems.map(({ label, use }) => `${label} ${use.transport} ${use.port}`), [
    "index TCP 5050",
    "CS2 UDP 7102",
  ]);
  for (const one of taken) one.close();
});

Deno.test("findFreePlan() moves the role whose port another family has, and nothing else", async () => {
  const net = new MemoryNetwork({ clock: new VirtualClock(), random: seededRandom(1) }).host(LOOPBACK);
  const options = { offset: 0, timeoutMs: 8_000, isVerbose: false, contentFolder: "content", dataFolder: "data" };
  for (const plan of [planCdn, planEdge]) {
    const find = async (): Promise<string> => {
      const found = await findFreePlan(net, (moved) => plan({ ...options, moved }));
      return found.kind === "free" ? `moved ${found.moved}` : found.problems.map(({ use }) => use.port).join(" ");
    };
    assertEquals(await find(), "moved 0");
    const shared = [
      await net.listen({ host: LOOPBACK, port: 5050 }),
      await net.listen({ host: LOOPBACK, port: 15_050 }),
    ];
    assertEquals(await find(), "moved 1");
    shared.push(await net.listen({ host: LOOPBACK, port: 15_051 }));
    assertEquals(await find(), "moved 2");
    const own = plan({ ...options }).at(-1)!.ports.at(-1)!.port;
    shared.push(await net.listen({ host: LOOPBACK, port: own }));
    assertEquals(await find(), `5050 15050 ${own}`);
    for (const one of shared) one.close();
  }
});

Deno.test("describePortProblem() names the role, the port and a way out", () => {
  const use = { transport: "UDP", port: 6000, purpose: "heartbeats" } as const;
  const inUse = { use, label: "monitor", error: new NetError("in-use", "bind 127.0.0.1:6000") };
  assertEquals(
    describePortProblem(inUse, 0),
    "Cannot start monitor: UDP port 6000 (heartbeats) is in use; try others: deno task cluster --port-offset 300",
  );
  assertEquals(
    describePortProblem(inUse, 250),
    "Cannot start monitor: UDP port 6000 (heartbeats) is in use; try others: deno task cluster --port-offset 550",
  );
  assertEquals(
    describePortProblem({ ...inUse, error: new NetError("denied", "bind 127.0.0.1:6000") }, MAX_OFFSET),
    "Cannot start monitor: UDP port 6000 (heartbeats) cannot be had " +
      "(Cannot bind 127.0.0.1:6000: permission denied); try others: without --port-offset",
  );
});
