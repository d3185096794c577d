import { assertEquals, assertMatch } from "@std/assert";
import { keep, KEPT_JSON, KEPT_TABLES, readKept, whyNotTogether } from "./kept.ts";
import { comparingRow, growingRow, SAMPLE_MACHINE, sampleReport } from "./sample_report.ts";

const PROSE = "# Benchmarks\n\nProse.\n\n<!-- bench: begin -->\n<!-- bench: end -->\n\nMore prose.\n";

/** A project with a document to write into. */
async function withProject(run: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "microcdn-bench-test-" });
  try {
    await Deno.mkdir(`${root}/docs`);
    await Deno.writeTextFile(`${root}/deno.json`, '{ "fmt": { "lineWidth": 120 } }');
    await Deno.writeTextFile(`${root}/${KEPT_TABLES}`, PROSE);
    await run(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("keep() writes tables and JSON as the formatter wants them, and leaves the prose alone", () =>
  withProject(async (root) => {
    assertEquals(await readKept(root), undefined);
    const report = sampleReport(comparingRow("hot", [80, 90]), growingRow("files", [50, 250]));
    await keep(report, { kept: undefined, names: ["hot", "files"], root });
    assertEquals(await readKept(root), report);
    const document = await Deno.readTextFile(`${root}/${KEPT_TABLES}`);
    assertMatch(document, /^# Benchmarks\n\nProse\.\n\n<!-- bench: begin -->\n\nExample 3000/);
    assertMatch(document, /\| the row hot: rate +\| \/s +\| 85\.0 +\| nginx/);
    assertMatch(document, /\n<!-- bench: end -->\n\nMore prose\.\n$/);
    const check = new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--check", "-q", KEPT_TABLES, KEPT_JSON],
      cwd: root,
      stderr: "null",
    });
    assertEquals((await check.output()).code, 0);
  }));

Deno.test("keep() puts rows that were measured alone beside the others", () =>
  withProject(async (root) => {
    const kept = sampleReport(comparingRow("hot", [80]), comparingRow("cold", [50]));
    await keep(sampleReport(comparingRow("cold", [95])), { kept, names: ["hot", "cold"], root });
    assertEquals((await readKept(root))?.rows, [comparingRow("hot", [80]), comparingRow("cold", [95])]);
  }));

Deno.test("whyNotTogether() wants the same machine and versions", () => {
  const kept = sampleReport();
  assertEquals(whyNotTogether(kept, SAMPLE_MACHINE), undefined);
  assertEquals(whyNotTogether(undefined, SAMPLE_MACHINE), undefined);
  assertMatch(whyNotTogether(kept, { ...SAMPLE_MACHINE, cpu: "Other" })!, /another machine/);
});
