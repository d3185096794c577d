/**
 * The simulation of the `cdn` family: the same in every run, able to find what is wrong, and the seeds that once failed.
 *
 * @module
 */

import { assert, assertAlmostEquals, assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { countFalseDeaths, expectedFalseDeaths } from "./simulation/false_deaths.ts";
import { MUTATIONS } from "./simulation/mutations.ts";
import { drawPlan } from "./simulation/planner.ts";
import type { Plan, PlannedAction } from "./simulation/plan.ts";
import { reducePlan } from "./simulation/reducer.ts";
import { renderFailure } from "./simulation/report.ts";
import { runPlan } from "./simulation/runner.ts";
import { traceOf } from "./simulation/seed_run.ts";
import { contentMachine, CONTROL, INDEX } from "./simulation/topology.ts";

/** Content server CS1 begins to register at an index that loses its power, and that is started anew at once. */
const LOST_INDEX: Plan = {
  seed: 1,
  contents: [contentMachine(1)],
  clients: [],
  faults: { latencyMs: 5 },
  announces: false,
  episodes: [{
    calmAtMs: 10_100,
    deadAtCalm: [],
    actions: [
      { kind: "put", machine: contentMachine(1), name: "hello.txt", sizeBytes: 5, content: 1, way: "replace", atMs: 0 },
      { kind: "start", machine: CONTROL.host, atMs: 0 },
      { kind: "start", machine: INDEX.host, atMs: 0 },
      { kind: "start", machine: contentMachine(1), atMs: 9_998 },
      { kind: "crash", machine: INDEX.host, silently: true, atMs: 10_018 },
    ],
  }],
};

Deno.test("seed 3056: a registration at an index that loses its power is begun anew in time", async () => {
  assertEquals((await runPlan(LOST_INDEX)).violation, undefined);
});

Deno.test("countFalseDeaths() finds as many as the arithmetic says, and none once silent servers are asked", async () => {
  const options = { lossRate: 0.2, serverYears: 0.0005, seed: 1 };
  const silent = await countFalseDeaths({ ...options, answers: false });
  const expected = expectedFalseDeaths(options.lossRate) * options.serverYears;
  assertAlmostEquals(silent, expected, expected / 4);
  assertEquals(await countFalseDeaths({ ...options, answers: true }), 0);
});

Deno.test("MUTATIONS fit the sources, each in one place", async () => {
  for (const mutation of MUTATIONS) {
    const text = await Deno.readTextFile(new URL(`../${mutation.path}`, import.meta.url));
    assertEquals(text.split(mutation.search).length, 2, mutation.name);
  }
});

Deno.test("drawPlan() draws the same plan from the same seed, and another one from another seed", () => {
  assertEquals(drawPlan(7), drawPlan(7));
  assertNotEquals(drawPlan(7), drawPlan(8));
});

Deno.test("drawPlan() gives small networks mostly, and up to 50 content servers", () => {
  const sizes = Array.from({ length: 500 }, (_, seed) => drawPlan(seed).contents.length);
  assertEquals(Math.min(...sizes), 1);
  assertGreater(Math.max(...sizes), 40);
  assertGreater(sizes.filter((size) => size <= 5).length, 300);
  assert(sizes.every((size) => size <= 50));
});

Deno.test("drawPlan() with hours has one trouble and one calm after another", () => {
  const { episodes } = drawPlan(3, { hours: 1 });
  assertGreater(episodes.length, 20);
  for (const { actions, calmAtMs } of episodes) assert(actions.every(({ atMs }) => atMs <= calmAtMs));
});

Deno.test("simulation: the same seed gives the same trace, byte for byte", async () => {
  for (const seed of [1, 4, 8]) {
    assertEquals((await traceOf(seed)).digest, (await traceOf(seed)).digest, `seed ${seed}`);
  }
});

/** A small network in which, when all should be calm, a stranger claims to have a file. */
function planWithLiar(): Plan {
  const content = contentMachine(1);
  const start = (machine: string): PlannedAction => ({ kind: "start", machine, atMs: 0 });
  const noise = (atMs: number): PlannedAction => ({ kind: "jump", machine: content, deltaMs: 1_000, atMs });
  const register = "REGISTER CS9 7001 7002\nADD_FILE CS9 hello.txt 5\nDONE_FILES\n";
  return {
    seed: 1,
    contents: [content],
    clients: [],
    faults: { latencyMs: 1 },
    announces: false,
    episodes: [{
      calmAtMs: 10_000,
      deadAtCalm: [],
      actions: [
        ...[INDEX.host, CONTROL.host].map(start),
        ...[1_000, 2_000, 3_000, 4_000].map(noise),
        { kind: "put", machine: content, name: "hello.txt", sizeBytes: 5, content: 1, way: "replace", atMs: 5_000 },
        { kind: "loiter", machine: content, at: INDEX.host, text: register, forMs: 9_000, atMs: 38_000 },
      ],
    }],
  };
}

Deno.test("reducePlan() leaves out what a failure does not need, and renderFailure() tells the rest", async () => {
  const plan = planWithLiar();
  const { violation } = await runPlan(plan);
  assert(violation !== undefined);
  assertEquals(violation.invariant, "healed within 30 s", violation.text);
  const reduction = await reducePlan(plan, violation);
  const kinds = reduction.plan.episodes[0]!.actions.map(({ kind }) => kind);
  assertEquals(kinds, ["put", "loiter"]);
  const text = await renderFailure({
    seed: 1,
    commit: undefined,
    plan: reduction.plan,
    violation: reduction.violation,
    command: "deno task sim --seed 1 --trace",
  });
  assert(text.startsWith("seed 1 at commit unknown breaks: healed within 30 s\n"), text);
  assert(text.endsWith("the whole of it: deno task sim --seed 1 --trace"), text);
});
