/**
 * One row of the bench: something that is measured.
 *
 * @module
 */

import { LeftOut } from "./left_out.ts";
import type { Growth } from "./results/growth.ts";
import type { Measure } from "./results/measure.ts";
import type { RowReport } from "./results/report.ts";
import type { Workbench } from "./workbench.ts";

/** What measuring a row came to. */
export interface RowOutcome {
  /** Beside the peers. */
  readonly measures?: readonly Measure[];
  /** How cost grows. */
  readonly growths?: readonly Growth[];
  /** What could not be measured, and why. */
  readonly leftOut?: readonly string[];
}

/** Something that is measured. */
export interface Row {
  /** Its name on the command line. */
  readonly name: string;
  /** What it measures, in a few words. */
  readonly title: string;
  /** Whether it is one of the everyday rows. */
  readonly isQuick: boolean;
  /**
   * Measures it. What it starts on the workbench is ended afterwards.
   *
   * @throws {LeftOut} if it cannot be measured here.
   */
  readonly run: (bench: Workbench) => Promise<RowOutcome>;
}

/** Measures a row at a moment, and clears the workbench, whatever comes of it. */
export async function runRow({ name, title, run }: Row, bench: Workbench, measuredAt: string): Promise<RowReport> {
  const empty = { name, title, measuredAt, measures: [], growths: [], leftOut: [] };
  try {
    return { ...empty, ...await run(bench) };
  } catch (error) {
    if (!(error instanceof LeftOut)) throw error;
    return { ...empty, leftOut: [`all of it: ${error.message}`] };
  } finally {
    await bench.clear();
  }
}
