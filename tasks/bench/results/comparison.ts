/**
 * What has changed since the table that was kept. Only ratios are compared: absolute numbers differ from machine to
 * machine, and from hour to hour.
 *
 * @module
 */

import type { Growth } from "./growth.ts";
import type { Measure, Ratio } from "./measure.ts";
import type { BenchReport, RowReport } from "./report.ts";

/** A change is pointed out from here on. */
export const NOTEWORTHY = 0.1;

/** A ratio that is not what it was. */
export interface Change {
  /** The row. */
  readonly row: string;
  /** Which ratio: `rate, ours to nginx`. */
  readonly ratio: string;
  /** What it was. */
  readonly before: number;
  /** What it is. */
  readonly now: number;
  /** Whether what it was lies within what the rounds came to now: then it may be chance. */
  readonly isWithinRounds: boolean;
}

/** Finds the ratios that differ by more than a tenth from those that were kept. What only one side has is no change. */
export function findChanges(kept: BenchReport, now: BenchReport): Change[] {
  return now.rows.flatMap((row) => {
    const before = kept.rows.find(({ name }) => name === row.name);
    return before === undefined ? [] : changesOf(before, row);
  });
}

/** Writes a change as a line: `hot: rate, ours to nginx: 0.63, was 0.75 (-16 %)`. */
export function describeChange({ row, ratio, before, now, isWithinRounds }: Change): string {
  const percent = Math.round((now / before - 1) * 100);
  const chance = isWithinRounds ? "; some rounds came to what it was" : "";
  return `${row}: ${ratio}: ${now.toFixed(2)}, was ${before.toFixed(2)} (${
    percent > 0 ? "+" : ""
  }${percent} %)${chance}`;
}

/** A ratio and the rounds behind it. */
type Known = Pick<Ratio, "median" | "values">;

function changesOf(before: RowReport, now: RowReport): Change[] {
  const known = ratiosOf(before);
  return [...ratiosOf(now)].flatMap(([ratio, { median, values }]) => {
    const was = known.get(ratio)?.median;
    if (was === undefined || was === 0 || Math.abs(median / was - 1) <= NOTEWORTHY) return [];
    const isWithinRounds = Math.min(...values) <= was && was <= Math.max(...values);
    return [{ row: now.name, ratio, before: was, now: median, isWithinRounds }];
  });
}

function ratiosOf({ measures, growths }: RowReport): Map<string, Known> {
  return new Map([...measures.flatMap(ratiosOfMeasure), ...growths.flatMap(ratiosOfGrowth)]);
}

function ratiosOfMeasure({ metric, results, ratios }: Measure): [string, Known][] {
  return ratios.map((ratio) => [`${metric}, ${results[0]!.contender} to ${ratio.to}`, ratio]);
}

/** Each size beside the smallest. */
function ratiosOfGrowth({ of, columns, lines }: Growth): [string, Known][] {
  const [first, ...rest] = lines;
  return rest.flatMap(({ size, values }) =>
    columns.flatMap(({ name }): [string, Known][] => {
      const [least, value] = [first?.values[name], values[name]];
      if (!least || value === null || value === undefined) return [];
      const median = value / least;
      return [[`${name}, ${size} to ${first!.size} ${of}`, { median, values: [median] }]];
    })
  );
}
