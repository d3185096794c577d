/**
 * What came of a run, for people.
 *
 * @module
 */

import type { CaseResult } from "./suite.ts";
import type { Section } from "./transcript.ts";

/** How many cases ended how. */
interface Tally {
  held: number;
  failed: number;
  notRun: number;
}

/** Whether every case of the common contract that was run held, and any case was run at all. */
export function isHeld(results: readonly CaseResult[]): boolean {
  const { failed } = tally(results.filter(({ section }) => !section.isOurs));
  return failed === 0 && results.some(({ outcome }) => outcome.kind !== "not-run");
}

/** Draws the table of sections: the contract first, then what is ours, which does not count. */
export function renderTable(results: readonly CaseResult[]): string {
  const sections = [...new Set(results.map(({ section }) => section))];
  const rowOf = (section: Section): string[] => row(section.title, results.filter((one) => one.section === section));
  const parts = [false, true].map((isOurs) => ({
    rows: sections.filter((section) => section.isOurs === isOurs).map(rowOf),
    total: results.filter(({ section }) => section.isOurs === isOurs),
    title: isOurs ? "Beyond the contract (does not count)" : "The contract",
  })).filter(({ rows }) => rows.length > 0);
  const rows = [
    ["section", "held", "failed", "not run"],
    ...parts.flatMap(({ rows, title, total }) => [...rows, row(title, total), []]),
  ];
  const columns = Math.max(...rows.map(([title = ""]) => title.length));
  return rows.map(([title = "", ...counts]) =>
    [title.padEnd(columns), ...counts.map((count) => count.padStart(9))].join("").trimEnd()
  ).join("\n").trimEnd();
}

/** Says why cases were not run, each reason once; undefined if all were. */
export function renderReasons(results: readonly CaseResult[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { outcome } of results) {
    if (outcome.kind === "not-run") counts.set(outcome.reason, (counts.get(outcome.reason) ?? 0) + 1);
  }
  if (counts.size === 0) return undefined;
  return `Not run: ${[...counts].map(([reason, count]) => `${reason} (${count})`).join(", ")}`;
}

/** Shows a case that failed, as it was spoken: `-` was expected, `+` came instead. */
export function renderFailure({ section, one, feed, outcome }: CaseResult): string {
  if (outcome.kind !== "failed") throw new RangeError("Cannot show a failure: the case did not fail");
  const cut = feed === "lines" ? "" : `, fed by ${feed}`;
  return [
    `FAILED ${section.title}: ${one.name}${cut}`,
    `  tests/conformance/${section.file}:${one.line}, PROTOCOL.md "${one.source}"`,
    `  ${outcome.reason}:`,
    ...outcome.lines.map((line) => `    ${line}`),
  ].join("\n");
}

function row(title: string, results: readonly CaseResult[]): string[] {
  const { held, failed, notRun } = tally(results);
  return [title, ...[held, failed, notRun].map(String)];
}

function tally(results: readonly CaseResult[]): Tally {
  const counts: Tally = { held: 0, failed: 0, notRun: 0 };
  for (const { outcome } of results) counts[outcome.kind === "not-run" ? "notRun" : outcome.kind]++;
  return counts;
}
