/**
 * What a row measures of several contenders, and how the first stands beside the others.
 *
 * @module
 */

import { median, pairedRatios, roundTo } from "./statistics.ts";

/** In what a metric is told. Sizes are powers of two, rates of bytes powers of ten. */
export type Unit = "GB/s" | "MB/s" | "/s" | "ms" | "s" | "MiB" | "KiB" | "s/GiB" | "µs" | "%";

/** What a value may be. */
export interface Bound {
  /** No less than this. */
  readonly atLeast?: number;
  /** No more than this. */
  readonly atMost?: number;
}

/** What one contender came to in each round, by metric. */
export interface Samples {
  /** Who: `ours`, `nginx`. */
  readonly contender: string;
  /** Its values, one object a round. */
  readonly rounds: readonly Readonly<Record<string, number>>[];
}

/** One quantity that a row measures. */
export interface Metric {
  /** What it is called, and its key in {@link Samples}. */
  readonly name: string;
  /** In what. */
  readonly unit: Unit;
  /** What the first contender's value divided by another's is to be, by that other's name. */
  readonly targets?: Readonly<Record<string, Bound>>;
  /** What the first contender's own value is to be. */
  readonly limit?: Bound;
}

/** What one contender came to. */
export interface Result {
  /** Who. */
  readonly contender: string;
  /** Its value in each round. */
  readonly values: readonly number[];
  /** The value in the middle. */
  readonly median: number;
}

/** How the first contender stands beside another. */
export interface Ratio {
  /** The other. */
  readonly to: string;
  /** Its value divided by the other's, in each round. */
  readonly values: readonly number[];
  /** The ratio in the middle. */
  readonly median: number;
  /** What it is to be; absent where nothing was promised. */
  readonly target?: Bound;
  /** Whether it is so; absent without a target. */
  readonly isMet?: boolean;
}

/** One quantity as it was measured. */
export interface Measure {
  /** What it is. */
  readonly metric: string;
  /** In what. */
  readonly unit: Unit;
  /** Everyone's values; the first is ours. */
  readonly results: readonly Result[];
  /** The first beside each of the others. */
  readonly ratios: readonly Ratio[];
  /** What the first one's median is to be; absent where nothing was promised. */
  readonly limit?: Bound;
  /** Whether it is so; absent without a limit. */
  readonly isWithin?: boolean;
}

/** How exactly values are kept. */
const DIGITS = 4;

/** Puts together what each contender came to, the first beside the others. */
export function evaluate({ name, unit, targets = {}, limit }: Metric, samples: readonly Samples[]): Measure {
  const raw = samples.map(({ rounds }) => rounds.map((round) => valueOf(round, name)));
  const results = samples.map(({ contender }, at): Result => ({
    contender,
    values: raw[at]!.map((value) => roundTo(value, DIGITS)),
    median: roundTo(median(raw[at]!), DIGITS),
  }));
  const ratios = results.slice(1).map(({ contender }, at): Ratio => {
    const values = pairedRatios(raw[0]!, raw[at + 1]!).map((ratio) => roundTo(ratio, DIGITS));
    const middle = roundTo(median(values), DIGITS);
    const target = targets[contender];
    return {
      to: contender,
      values,
      median: middle,
      ...(target === undefined ? {} : { target, isMet: isWithin(middle, target) }),
    };
  });
  const own = results[0]!.median;
  return {
    metric: name,
    unit,
    results,
    ratios,
    ...(limit === undefined ? {} : { limit, isWithin: isWithin(own, limit) }),
  };
}

/** Whether a value keeps to a bound. */
export function isWithin(value: number, { atLeast = -Infinity, atMost = Infinity }: Bound): boolean {
  return value >= atLeast && value <= atMost;
}

function valueOf(round: Readonly<Record<string, number>>, name: string): number {
  const value = round[name];
  if (value === undefined) throw new RangeError(`Cannot evaluate "${name}": a round has no such value`);
  return value;
}
