/**
 * What one run of the bench found, as it is kept and exchanged: JSON of one shape.
 *
 * Shape: {@link BenchReport}. Units stand beside the values. Numbers are rounded to four digits that count.
 *
 * @module
 */

import type { Growth } from "./growth.ts";
import type { Measure } from "./measure.ts";

/** The shape's number; another one cannot be compared with. */
export const REPORT_FORMAT = 1;

/** The machine that was measured on, and the programs. */
export interface Machine {
  /** Its processor: `AMD EPYC`. */
  readonly cpu: string;
  /** How many cores it has. */
  readonly cores: number;
  /** Its memory, in GiB. */
  readonly memoryGib: number;
  /** Its system: `Debian GNU/Linux 12 (bookworm)`. */
  readonly system: string;
  /** Its kernel: `Linux 6.1.0`. */
  readonly kernel: string;
  /** Programs by name: `deno`, `nginx`, `python3`, `gcc`, `curl`. Those that are not installed are missing. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What one row found. */
export interface RowReport {
  /** Its name on the command line. */
  readonly name: string;
  /** What it measures, in a few words. */
  readonly title: string;
  /** When: ISO 8601, UTC. */
  readonly measuredAt: string;
  /** Beside the peers. */
  readonly measures: readonly Measure[];
  /** How cost grows. */
  readonly growths: readonly Growth[];
  /** What could not be measured, and why, a sentence each. */
  readonly leftOut: readonly string[];
}

/** What one run found. */
export interface BenchReport {
  /** {@link REPORT_FORMAT}. */
  readonly format: number;
  /** `full`, or `quick`: fewer rows and fewer rounds, of the same sizes. */
  readonly scale: string;
  /** Where. */
  readonly machine: Machine;
  /** What each row found, in the order of the list of rows. */
  readonly rows: readonly RowReport[];
}

/** Reads a kept report; undefined if the text is none of this format. */
export function parseReport(text: string): BenchReport | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { format, rows } = json as Partial<BenchReport>;
  const isReport = format === REPORT_FORMAT && Array.isArray(rows) && rows.every(isRow);
  return isReport ? json as BenchReport : undefined;
}

function isRow(row: Partial<RowReport> | null): boolean {
  return Array.isArray(row?.measures) && Array.isArray(row.growths) && Array.isArray(row.leftOut);
}

/** Writes a report for a file. */
export function encodeReport(report: BenchReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** Whether two reports are of the same machine and programs: only then do their absolute numbers belong together. */
export function isSameMachine(a: Machine, b: Machine): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical({ cpu, cores, memoryGib, system, kernel, versions }: Machine): unknown {
  const programs = Object.entries(versions).toSorted(([a], [b]) => a < b ? -1 : 1);
  return [cpu, cores, memoryGib, system, kernel, programs];
}

/** Puts rows that were measured anew in the place of the old ones, in the order of `names`. */
export function mergeReports(kept: BenchReport, now: BenchReport, names: readonly string[]): BenchReport {
  const rows = names.flatMap((name) => {
    const found = now.rows.find((row) => row.name === name) ?? kept.rows.find((row) => row.name === name);
    return found === undefined ? [] : [found];
  });
  return { ...now, rows };
}
