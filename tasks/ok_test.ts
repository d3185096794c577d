import { assertEquals, assertThrows } from "@std/assert";
import { pickStages, runStage, runStages, type Stage, type StageEnd, STAGES } from "./ok.ts";

function stage(name: string): Stage {
  return { name, budgetMs: 1_000 };
}

/** Runs stages whose ends are given, and returns the printed lines without times. */
async function print(ends: Record<string, StageEnd>): Promise<{ passed: boolean; lines: string[] }> {
  const lines: string[] = [];
  const stages = Object.keys(ends).map(stage);
  const passed = await runStages(stages, ({ name }) => Promise.resolve(ends[name]!), (line) => lines.push(line));
  return { passed, lines: lines.map((line) => line.replace(/\d+\.\d s/, "? s")) };
}

Deno.test("STAGES are tasks of deno.json", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  for (const { name } of STAGES) assertEquals(typeof tasks[name]?.command, "string", name);
});

Deno.test("pickStages() picks by name, in the stages' own order", () => {
  const all = ["fmt", "lint", "test"].map(stage);
  function picked(only: string[], skip: string[]): string[] {
    return pickStages(all, only, skip).map(({ name }) => name);
  }
  assertEquals(picked([], []), ["fmt", "lint", "test"]);
  assertEquals(picked(["test", "fmt"], []), ["fmt", "test"]);
  assertEquals(picked([], ["test"]), ["fmt", "lint"]);
  assertThrows(() => picked(["tests"], []), RangeError, 'Cannot run stage "tests": the stages are fmt, lint, test');
});

Deno.test("runStages() prints a line a stage, and what a stage printed only if it failed", async () => {
  const passed = { kind: "passed", output: "chatter\n" } as const;
  assertEquals(await print({ fmt: passed, lint: passed }), {
    passed: true,
    lines: ["fmt    ok      ? s", "lint   ok      ? s"],
  });
});

Deno.test("runStages() stops at the first stage that does not pass", async () => {
  const passed = { kind: "passed", output: "" } as const;
  assertEquals(await print({ fmt: passed, lint: { kind: "failed", output: "bad\n" }, test: passed }), {
    passed: false,
    lines: ["fmt    ok      ? s", "bad", "lint   FAILED  ? s"],
  });
  assertEquals(await print({ fmt: { kind: "overdue", output: "" } }), {
    passed: false,
    lines: ["fmt    FAILED  ? s, over its budget of 1 s"],
  });
});

Deno.test("runStage() tells a passing task from a failing one", async () => {
  assertEquals((await runStage({ name: "fmt", args: ["--check", "deno.json"], budgetMs: 60_000 })).kind, "passed");
  const { kind, output } = await runStage({ name: "no-such-task", budgetMs: 60_000 });
  assertEquals([kind, output.includes("no-such-task")], ["failed", true]);
});

Deno.test("runStage() ends a task at its budget", async () => {
  const { kind } = await runStage({ name: "check", budgetMs: 1 });
  assertEquals(kind, "overdue");
});
