/**
 * Many small requests, a connection each: how many a second, and how long they take.
 *
 * @module
 */

import { type LoadResult, runLoad, type Target } from "./load/generator.ts";
import type { Bound, Metric } from "./results/measure.ts";
import type { Workbench } from "./workbench.ts";

/** What a round of small requests came to. */
export interface SmallRequests extends Readonly<Record<string, number>> {
  /** Answers a second. */
  readonly rate: number;
  /** What half of them took no longer than, in milliseconds. */
  readonly p50: number;
  /** What 99 of 100 took no longer than, in milliseconds. */
  readonly p99: number;
  /** What the slowest took, in milliseconds. */
  readonly slowest: number;
}

/** Time for what is under way at the end of a round, in seconds. */
const GRACE_SECONDS = 30;
const US_A_MS = 1_000;

/** Asks for one round. */
export async function askMany(
  bench: Workbench,
  target: Target,
  { atOnce, seconds }: { atOnce: number; seconds: number },
): Promise<SmallRequests> {
  return summarize(await runLoad(bench, target, { atOnce, seconds, deadlineSeconds: seconds + GRACE_SECONDS }));
}

/** What a result comes to. */
export function summarize({ requests, seconds, latencyUs: { p50, p99, max } }: LoadResult): SmallRequests {
  return { rate: requests / seconds, p50: p50 / US_A_MS, p99: p99 / US_A_MS, slowest: max / US_A_MS };
}

/** What is to hold of small requests, by the name of who stands beside. */
export interface SmallTargets {
  /** Of the rate. */
  readonly rate?: Readonly<Record<string, Bound>>;
  /** Of the time of 99 in 100. */
  readonly p99?: Readonly<Record<string, Bound>>;
}

/** The metrics of {@link SmallRequests}, but for the slowest, which is chance. */
export function smallMetrics({ rate, p99 }: SmallTargets = {}): Metric[] {
  return [
    { name: "rate", unit: "/s", ...(rate && { targets: rate }) },
    { name: "p50", unit: "ms" },
    { name: "p99", unit: "ms", ...(p99 && { targets: p99 }) },
  ];
}
