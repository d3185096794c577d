/**
 * Our own roles have every conversation in `tests/conformance`, however the bytes are cut.
 */

import { assert, assertEquals } from "@std/assert";
import { openSocketStage, openVirtualStage } from "./conformance/own_stages.ts";
import { renderFailure, renderTable } from "./conformance/report.ts";
import { FEEDS } from "./conformance/stage.ts";
import { type CaseResult, loadSections, runSections, TRANSCRIPTS } from "./conformance/suite.ts";

const FOLDER = new URL("./conformance/", import.meta.url);
/** Cases wait much and work little. */
const PARALLEL = 32;

/** Every case was run, and held. */
function assertAllHeld(results: readonly CaseResult[], expected: number): void {
  const failures = results.filter(({ outcome }) => outcome.kind === "failed");
  assert(failures.length === 0, `${failures.map(renderFailure).join("\n\n")}\n\n${renderTable(results)}`);
  const left = results.filter(({ outcome }) => outcome.kind === "not-run").map(({ one }) => one.name);
  assertEquals(left, [], "not run");
  assertEquals(results.length, expected);
}

for (const feed of FEEDS) {
  Deno.test(`conformance: every transcript holds on the memory network, fed by ${feed}`, async () => {
    const sections = await loadSections();
    await using own = await openVirtualStage(feed);
    const results = await own.run(runSections(own.stage, sections, { feeds: [feed] }));
    assertAllHeld(results, sections.flatMap(({ cases }) => cases).length);
  });
}

Deno.test("conformance: the memory network gives the same reports every time", async () => {
  const sections = (await loadSections()).filter(({ file }) => file === "failure_notice.txt");
  const reports = [];
  for (let round = 0; round < 2; round++) {
    await using own = await openVirtualStage("same");
    // Nothing is ever answered in time, so that each case shows what it saw.
    const stage = { ...own.stage, slackMs: -9_000, deadlineMs: 0 };
    const results = await own.run(runSections(stage, sections));
    reports.push(results.filter(({ outcome }) => outcome.kind === "failed").map(renderFailure));
  }
  assertEquals(reports[0], reports[1]);
  assert(reports[0]!.length > 0);
});

Deno.test("conformance: every transcript holds on real sockets, and those that take no time in every cut", async () => {
  const sections = await loadSections();
  await using own = await openSocketStage("sockets");
  const hurried = { ...own.stage, label: "hurried" };
  const [slow, quick] = await Promise.all([
    runSections(own.stage, sections, { parallel: PARALLEL }),
    runSections(hurried, sections, { feeds: ["whole", "bytes", "cuts"], parallel: PARALLEL, isHurried: true }),
  ]);
  assertAllHeld(slow, sections.flatMap(({ cases }) => cases).length);
  assertAllHeld(quick, quick.length);
  assert(quick.length > slow.length);
});

/** The rows of the table of what is covered: file and case. */
async function coveredCases(): Promise<string[]> {
  const page = await Deno.readTextFile(new URL("README.md", FOLDER));
  const [, part = ""] = page.split("\n## What is covered\n");
  const rows = part.split("\n").map((row) => row.split("|").map((cell) => cell.trim()));
  return rows.filter((cells) => cells[2]?.startsWith("`")).map(([, , file, name]) => `${file!.slice(1, -1)}: ${name}`);
}

Deno.test("conformance: the table of what is covered names every case of the contract, and only such", async () => {
  const contract = (await loadSections()).filter(({ isOurs }) => !isOurs);
  const cases = contract.flatMap(({ file, cases }) => cases.map(({ name }) => `${file}: ${name}`));
  assertEquals([...new Set(await coveredCases())].sort(), cases.sort());
});

Deno.test("conformance: the suite knows every file, and each case names a heading of PROTOCOL.md", async () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".txt"));
  assertEquals(files.sort(), [...TRANSCRIPTS].sort());
  const page = await Deno.readTextFile(new URL("../PROTOCOL.md", import.meta.url));
  const headings = new Set([...page.matchAll(/^##+ (.+)$/gm)].map(([, heading]) => heading));
  for (const { file, cases } of await loadSections()) {
    for (const { line, source } of cases) assert(headings.has(source), `${file}:${line}: ${source}`);
  }
});
