/**
 * One run of the bench: rows in turn, what each says, and what all of it comes to.
 *
 * @module
 */

import { describeChange, findChanges } from "./results/comparison.ts";
import { type BenchReport, isSameMachine, type Machine, REPORT_FORMAT, type RowReport } from "./results/report.ts";
import { countTargets, renderMisses, renderRow } from "./results/report_text.ts";
import { type Row, runRow } from "./row.ts";
import type { Workbench } from "./workbench.ts";

/** Options of {@link runRows}. */
export interface RunOptions {
  /** What to measure. */
  rows: readonly Row[];
  /** The time: ISO 8601, UTC. */
  now: () => string;
  /** Which scale that is: `full` or `quick`. */
  scale: string;
  /** Where. */
  machine: Machine;
  /** Gets each line for people. */
  print: (line: string) => void;
}

/** What a run came to. */
export interface RunEnd {
  /** What was found. */
  readonly report: BenchReport;
  /** The rows that failed, which the report lacks. */
  readonly failed: readonly string[];
}

/**
 * Measures rows in turn. One that fails is said to, and the others are measured all the same.
 *
 * @throws the signal's reason once the workbench's signal aborts.
 */
export async function runRows(bench: Workbench, options: RunOptions): Promise<RunEnd> {
  const { rows, print, now, scale, machine } = options;
  const found: RowReport[] = [];
  const failed: string[] = [];
  for (const row of rows) {
    print(`${row.name}: ${row.title}`);
    try {
      const report = await runRow(row, bench, now());
      found.push(report);
      for (const line of renderRow(report)) print(line);
    } catch (error) {
      bench.signal.throwIfAborted();
      failed.push(row.name);
      print(`FAILED: ${error instanceof Error ? error.message : error}`);
    }
    print("");
  }
  return { report: { format: REPORT_FORMAT, scale, machine, rows: found }, failed };
}

/** What a run comes to, in lines: missed targets, and changes since the table that was kept. */
export function renderEnd({ report, failed }: RunEnd, kept: BenchReport | undefined): string[] {
  return [
    ...(failed.length === 0 ? [] : [`Failed: ${failed.join(", ")}`]),
    ...renderTargets(report),
    ...renderChanges(report, kept),
  ];
}

function renderTargets(report: BenchReport): string[] {
  const [misses, judged] = [renderMisses(report), countTargets(report)];
  if (judged === 0) return ["No target could be judged."];
  if (misses.length === 0) return [`Targets: all ${judged} are met.`];
  return [`Targets: ${misses.length} of ${judged} are missed:`, ...misses.map(indent)];
}

function renderChanges(report: BenchReport, kept: BenchReport | undefined): string[] {
  if (kept === undefined) return ["No table is kept to compare with (--write keeps one)."];
  const place = isSameMachine(report.machine, kept.machine) ? "" : ", on another machine or with other versions";
  const since = `the table that was kept${place}`;
  const changes = findChanges(kept, report).map(describeChange);
  if (changes.length === 0) return [`No ratio differs by more than 10 % from ${since}.`];
  return [`Ratios that differ by more than 10 % from ${since}:`, ...changes.map(indent)];
}

function indent(line: string): string {
  return `  ${line}`;
}
