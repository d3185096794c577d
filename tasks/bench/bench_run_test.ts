import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { withBench } from "../../tests/tiny_workbench.ts";
import { renderEnd, runRows } from "./bench_run.ts";
import { LeftOut } from "./left_out.ts";
import { describeThisMachine } from "./results/machine.ts";
import { encodeReport, parseReport } from "./results/report.ts";
import { comparingRow, emptyRow, SAMPLE_MACHINE, SAMPLE_TIME, sampleReport } from "./results/sample_report.ts";
import type { Row, RowOutcome } from "./row.ts";
import { CONNECTIONS } from "./rows/growth_of_connections.ts";
import { HELLO } from "./rows/hello.ts";
import { TINY_SIZES } from "./sizes.ts";
import { findTools } from "./tools.ts";

function row(name: string, run: Row["run"]): Row {
  return { name, title: `the row ${name}`, isQuick: true, run };
}

/** What a row finds of which everything is known before. */
function found(rates: readonly number[]): () => Promise<RowOutcome> {
  return () => Promise.resolve({ measures: comparingRow("any", rates).measures });
}

const RUN = { now: () => SAMPLE_TIME, scale: "full", machine: SAMPLE_MACHINE };

Deno.test("runRows() measures all rows, whatever fails or has to be left out", () =>
  withBench(async (bench) => {
    const lines: string[] = [];
    const end = await runRows(bench, {
      ...RUN,
      rows: [
        row("a", found([80])),
        row("b", () => Promise.reject(new Error("it broke"))),
        row("c", () => Promise.reject(new LeftOut("no room"))),
        row("d", found([95])),
      ],
      print: (line) => void lines.push(line),
    });
    const leftOut = { ...emptyRow("c"), leftOut: ["all of it: no room"] };
    assertEquals(end, {
      report: sampleReport(comparingRow("a", [80]), leftOut, comparingRow("d", [95])),
      failed: ["b"],
    });
    assertStringIncludes(
      lines.join("\n"),
      "b: the row b\nFAILED: it broke\n\nc: the row c\nLeft out: all of it: no room",
    );
  }));

Deno.test("runRows() ends early when it is told to, and leaves nothing behind", () =>
  withBench(async (bench, stop) => {
    let pid = 0;
    let folder = "";
    const waits = row("waits", async (bench) => {
      folder = await bench.newFolder();
      const { child } = bench.start({ name: "sleep", command: ["sleep", "60"] });
      pid = child.pid;
      stop.abort(new Error("Ctrl-C"));
      await bench.within("nothing", 60_000, () => child.ended);
      return {};
    });
    const never = row("never", () => Promise.reject(new Error("It was measured")));
    await assertRejects(() => runRows(bench, { ...RUN, rows: [waits, never], print: () => {} }), Error, "Ctrl-C");
    assert(pid > 0);
    const { code } = await new Deno.Command("kill", { args: ["-0", String(pid)], stderr: "null" }).output();
    assertEquals(code, 1);
    await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
  }));

const KEPT = sampleReport(comparingRow("hot", [95]));

Deno.test("renderEnd() names failures, misses and changes", () => {
  const report = sampleReport(comparingRow("hot", [60]));
  assertEquals(renderEnd({ report, failed: ["cold"] }, KEPT), [
    "Failed: cold",
    "Targets: 1 of 1 are missed:",
    "  hot: rate, ours to nginx: 0.60, wanted 0.9 or more",
    "Ratios that differ by more than 10 % from the table that was kept:",
    "  hot: rate, ours to nginx: 0.60, was 0.95 (-37 %)",
  ]);
  const other = { ...report, machine: { ...SAMPLE_MACHINE, cores: 1 } };
  assertMatch(renderEnd({ report: other, failed: [] }, report).at(-1)!, /^No ratio .*on another machine/);
  assertEquals(renderEnd({ report: KEPT, failed: [] }, KEPT)[0], "Targets: all 1 are met.");
  assertEquals(renderEnd({ report: sampleReport(), failed: [] }, undefined), [
    "No target could be judged.",
    "No table is kept to compare with (--write keeps one).",
  ]);
});

Deno.test("the bench measures real rows", (t) =>
  withBench(async (bench) => {
    const lines: string[] = [];
    const { report, failed } = await runRows(bench, {
      ...RUN,
      machine: await describeThisMachine(bench.tools),
      rows: [HELLO, CONNECTIONS],
      print: (line) => void lines.push(line),
    });
    await t.step("each of them", () => assertEquals(failed, [], lines.join("\n")));

    await t.step("with numbers for ours and for every peer that is there", () => {
      const [rate, p50, p99] = report.rows[0]!.measures;
      const peers = ["nginx", "python3"].filter((name) => bench.tools.installed.has(name));
      for (const measure of [rate!, p50!, p99!]) {
        assertEquals(measure.results.map(({ contender }) => contender), ["ours", ...peers]);
        for (const { values, median } of measure.results) {
          assertEquals(values.length, TINY_SIZES.rounds);
          assert(values.every((value) => value > 0) && median > 0);
        }
        assertEquals(measure.ratios.map(({ to }) => to), peers);
      }
      assertEquals(report.rows[0]!.leftOut.length, 2 - peers.length);
    });

    await t.step("as JSON, and as a table", () => {
      assertEquals(parseReport(encodeReport(report)), report);
      assert(lines.some((line) => /^\| rate +\| \/s +\| [\d.,]+ +\|/.test(line)), lines.join("\n"));
    });
  }, findTools));
