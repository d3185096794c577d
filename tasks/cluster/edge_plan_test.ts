import { assert, assertEquals } from "@std/assert";
import { planCdn } from "./cdn_plan.ts";
import { planEdge } from "./edge_plan.ts";
import { MAX_OFFSET, type MemberPlan, OFFSET_STEP, type PlanOptions } from "./plan.ts";

const OPTIONS: PlanOptions = {
  offset: 0,
  timeoutMs: 8_000,
  isVerbose: false,
  contentFolder: "/project/content",
  dataFolder: "/data",
};

Deno.test("planEdge() gives every role its documented port, and moves all of them by the offset", () => {
  const documented = {
    meta: [8002, 18_002],
    store: [5050, 15_050],
    origin: [8001, 18_001],
    SF: [4000, 14_000],
    NY: [4100, 14_100],
  };
  assertEquals(portsOf(planEdge(OPTIONS)), documented);
  const moved = Object.values(portsOf(planEdge({ ...OPTIONS, offset: 250 }))).flat();
  assertEquals(moved, Object.values(documented).flat().map((port) => port + 250));
  const elsewhere = planEdge({ ...OPTIONS, moved: 2 });
  assertEquals(portsOf(elsewhere), { ...documented, store: [5052, 15_052] });
  for (const { label, args } of elsewhere) {
    if (label !== "store") assert(args.join(" ").includes(" --store 127.0.0.1:5052 "), args.join(" "));
  }
});

Deno.test("planEdge() uses no port twice and none above 65535, whatever the offset", () => {
  for (const offset of [0, 1, 100, 999, 10_000, MAX_OFFSET]) {
    const ports = Object.values(portsOf(planEdge({ ...OPTIONS, offset }))).flat();
    assertEquals(new Set(ports).size, ports.length);
    assert(Math.max(...ports) <= 65_535);
  }
});

Deno.test("OFFSET_STEP leads from one edge cluster to the next, thirty of them, without a port in common", () => {
  const ports = Array.from({ length: 30 }, (_, step) => planEdge({ ...OPTIONS, offset: step * OFFSET_STEP }))
    .flatMap((plan) => Object.values(portsOf(plan)).flat());
  assertEquals(new Set(ports).size, ports.length);
});

Deno.test("the clusters of both families have one port in common, that of roles that may move, and its state", () => {
  const [cdn, edge] = [planCdn(OPTIONS), planEdge(OPTIONS)];
  const taken = new Set(cdn.flatMap(({ ports }) => ports.map(({ port }) => port)));
  const shared = edge.filter(({ ports }) => ports.some(({ port }) => taken.has(port)));
  assertEquals(shared.map(({ label, mayMove }) => [label, mayMove]), [["store", true]]);
  assertEquals(cdn.filter(({ mayMove }) => mayMove).map(({ label }) => label), ["index"]);
});

Deno.test("planEdge() tells each role where the others and its data are", () => {
  const plan = planEdge({ ...OPTIONS, offset: 100 });
  const [meta, store] = ["--meta 127.0.0.1:8102", "--store 127.0.0.1:5150"];
  assertEquals(plan.map(({ args }) => args.slice(0, -5).join(" ")), [
    `edge meta --port 8102 --catalogue sqlite:/data/catalogue.sqlite --timeout 8 ${store}`,
    `edge store --port 5150 --objects file:/data/objects ${meta}`,
    `edge origin --port 8101 ${meta} ${store}`,
    `edge node --port 4100 --lat 37.7749 --lng -122.4194 --cache disk:/data/cache-sf ${meta} ${store}`,
    `edge node --port 4200 --lat 40.7128 --lng -74.006 --cache disk:/data/cache-ny ${meta} ${store}`,
  ]);
  const supervision = (port: number): string => `--admin 127.0.0.1:${port} --log json --supervised`;
  const admin = [18_102, 15_150, 18_101, 14_100, 14_200];
  assertEquals(plan.map(({ args }) => args.slice(-5).join(" ")), admin.map(supervision));
  assertEquals(plan.map(({ permissions }) => permissions), [
    ...["edge-meta", "edge-store", "edge-origin", "edge-node", "edge-node"],
  ]);
});

Deno.test("planEdge() says in few words how to start a role by hand", () => {
  assertEquals(planEdge(OPTIONS).map(({ byHand }) => byHand.join(" ")), [
    "edge meta --port 8002 --catalogue sqlite:/data/catalogue.sqlite --admin 127.0.0.1:18002",
    "edge store --port 5050 --objects file:/data/objects --admin 127.0.0.1:15050",
    "edge origin --port 8001 --admin 127.0.0.1:18001",
    "edge node --port 4000 --lat 37.7749 --lng -122.4194 --cache disk:/data/cache-sf --admin 127.0.0.1:14000",
    "edge node --port 4100 --lat 40.7128 --lng -74.006 --cache disk:/data/cache-ny --admin 127.0.0.1:14100",
  ]);
});

function portsOf(plan: readonly MemberPlan[]): Record<string, number[]> {
  return Object.fromEntries(plan.map(({ label, ports }) => [label, ports.map(({ port }) => port)]));
}
