import { assertEquals } from "@std/assert";
import { evaluate } from "./measure.ts";
import { countTargets, describeMachine, renderMisses, renderReport, renderRow } from "./report_text.ts";
import { comparingRow, emptyRow, growingRow, SAMPLE_MACHINE, sampleReport } from "./sample_report.ts";

const LIMITED = {
  ...emptyRow("death"),
  measures: [
    evaluate({ name: "time", unit: "s", limit: { atMost: 9.5 } }, [{ contender: "ours", rounds: [{ time: 10 }] }]),
  ],
};

Deno.test("renderRow() shows each contender on a line, the target, and what was left out", () => {
  assertEquals(renderRow({ ...comparingRow("hot", [80]), leftOut: ["python3: it is not installed"] }), [
    "| what | in  | ours | beside | theirs | ratio | target              |",
    "| ---- | --- | ---- | ------ | ------ | ----- | ------------------- |",
    "| rate | /s  | 80.0 | nginx  | 100    | 0.80  | 0.9 or more: missed |",
    "Left out: python3: it is not installed",
  ]);
  assertEquals(renderRow(LIMITED).at(-1), "| time | s   | 10.0 |        |        |       | 9.5 or less: missed |");
});

Deno.test("renderRow() names a first contender that is not simply ours", () => {
  const samples = [{ contender: "many", rounds: [{ rate: 9 }] }, { contender: "few", rounds: [{ rate: 10 }] }];
  const row = { ...LIMITED, measures: [evaluate({ name: "rate", unit: "/s" }, samples)] };
  assertEquals(renderRow(row).at(-1), "| rate | /s  | 9.00 (many) | few    | 10.0   | 0.90  |        |");
});

Deno.test("renderReport() has the machine, one table of comparisons, and a table for each growth", () => {
  const grown = { ...growingRow("files", [50, 250]), leftOut: ["no room"] };
  assertEquals(renderReport(sampleReport(comparingRow("hot", [95]), grown, LIMITED)), [
    "Example 3000, 4 cores, 16 GiB, Example OS 1, Linux 6.1; deno 2.9.6, nginx 1.22.1. Measured on 2026-01-02.",
    "",
    "### Beside the peers",
    "",
    "| what                | in  | ours | beside | theirs | ratio | target              |",
    "| ------------------- | --- | ---- | ------ | ------ | ----- | ------------------- |",
    "| the row hot: rate   | /s  | 95.0 | nginx  | 100    | 0.95  | 0.9 or more: met    |",
    "| the row death: time | s   | 10.0 |        |        |       | 9.5 or less: missed |",
    "",
    "### How cost grows",
    "",
    "the row files:",
    "",
    "| files | memory, MiB |",
    "| ----- | ----------- |",
    "| 10    | 50.0        |",
    "| 1,000 | 250         |",
    "",
    "Left out:",
    "",
    "- files: no room",
  ]);
});

Deno.test("renderReport() says from when to when, if rows were measured on different days", () => {
  const older = { ...comparingRow("hot", [95]), measuredAt: "2025-12-31T23:59:59.000Z" };
  const [first] = renderReport(sampleReport(comparingRow("cold", [95]), older));
  assertEquals(first!.split("; ")[1], "deno 2.9.6, nginx 1.22.1. Measured from 2025-12-31 to 2026-01-02.");
});

Deno.test("renderMisses() names the targets that are missed, and no others", () => {
  const report = sampleReport(comparingRow("good", [95]), comparingRow("bad", [80]), LIMITED);
  assertEquals(renderMisses(report), [
    "bad: rate, ours to nginx: 0.80, wanted 0.9 or more",
    "death: time: 10.0 s, wanted 9.5 or less",
  ]);
  assertEquals(countTargets(report), 3);
});

Deno.test("describeMachine() counts one core", () => {
  assertEquals(describeMachine({ ...SAMPLE_MACHINE, cores: 1 }).split(", ")[1], "1 core");
});
