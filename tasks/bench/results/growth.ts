/**
 * How cost grows: what each size costs, beside the smallest one.
 *
 * @module
 */

import type { Unit } from "./measure.ts";
import { median, roundTo } from "./statistics.ts";

/** One quantity of a growth table. */
export interface GrowthColumn {
  /** What it is called, and its key in the samples. */
  readonly name: string;
  /** In what. */
  readonly unit: Unit;
}

/** What one size costs. */
export interface GrowthLine {
  /** The size. */
  readonly size: number;
  /** The median of each column; `null` where it was not measured. */
  readonly values: Readonly<Record<string, number | null>>;
}

/** Cost by size. */
export interface Growth {
  /** What grows: `content servers`. */
  readonly of: string;
  /** What was measured, in the order of the table. */
  readonly columns: readonly GrowthColumn[];
  /** Smallest size first. */
  readonly lines: readonly GrowthLine[];
}

/** What was measured of one size, one object a round. */
export interface GrowthSamples {
  /** The size. */
  readonly size: number;
  /** By column. A column that is missing in all rounds was not measured. */
  readonly rounds: readonly Readonly<Record<string, number>>[];
}

const DIGITS = 4;

/** Puts together what each size came to. */
export function tabulate(of: string, columns: readonly GrowthColumn[], samples: readonly GrowthSamples[]): Growth {
  const lines = samples.map(({ size, rounds }): GrowthLine => ({
    size,
    values: Object.fromEntries(columns.map(({ name }) => {
      const values = rounds.flatMap((round) => round[name] ?? []);
      return [name, values.length === 0 ? null : roundTo(median(values), DIGITS)];
    })),
  }));
  return { of, columns, lines };
}
