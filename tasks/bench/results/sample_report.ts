/**
 * A report for the tests of what is done with reports.
 *
 * @module
 */

import { tabulate } from "./growth.ts";
import { evaluate } from "./measure.ts";
import { type BenchReport, type Machine, REPORT_FORMAT, type RowReport } from "./report.ts";

/** A machine that is nobody's. */
export const SAMPLE_MACHINE: Machine = {
  cpu: "Example 3000",
  cores: 4,
  memoryGib: 16,
  system: "Example OS 1",
  kernel: "Linux 6.1",
  versions: { deno: "2.9.6", nginx: "1.22.1" },
};

/** When everything was measured. */
export const SAMPLE_TIME = "2026-01-02T03:04:05.678Z";

/** A row that compares: `ours` takes `oursRates` in its rounds, nginx 100 in each; at least 0.9 is wanted. */
export function comparingRow(name: string, oursRates: readonly number[]): RowReport {
  const samples = [
    { contender: "ours", rounds: oursRates.map((rate) => ({ rate })) },
    { contender: "nginx", rounds: oursRates.map(() => ({ rate: 100 })) },
  ];
  const measure = evaluate({ name: "rate", unit: "/s", targets: { nginx: { atLeast: 0.9 } } }, samples);
  return { ...emptyRow(name), measures: [measure] };
}

/** A row that found nothing. */
export function emptyRow(name: string): RowReport {
  return { name, title: `the row ${name}`, measuredAt: SAMPLE_TIME, measures: [], growths: [], leftOut: [] };
}

/** A row that grows: memory of 10 files and of 1,000. */
export function growingRow(name: string, [few, many]: readonly [number, number]): RowReport {
  const growth = tabulate("files", [{ name: "memory", unit: "MiB" }], [
    { size: 10, rounds: [{ memory: few }] },
    { size: 1_000, rounds: [{ memory: many }] },
  ]);
  return { ...emptyRow(name), growths: [growth] };
}

/** A report of these rows. */
export function sampleReport(...rows: readonly RowReport[]): BenchReport {
  return { format: REPORT_FORMAT, scale: "full", machine: SAMPLE_MACHINE, rows };
}
