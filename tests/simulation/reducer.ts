/**
 * Makes a failing plan smaller: leaves out actions as long as the same promise is broken.
 *
 * @module
 */

import type { Episode, Plan, PlannedAction } from "./plan.ts";
import { runPlan } from "./runner.ts";
import type { Violation } from "./violations.ts";

/** Options of {@link reducePlan}. */
export interface ReduceOptions {
  /** How many plans are tried at most. Default: 400. */
  readonly maxRuns?: number;
}

/** A plan that still fails. */
export interface Reduction {
  /** The smaller plan. */
  readonly plan: Plan;
  /** What it breaks. */
  readonly violation: Violation;
  /** How many plans were tried. */
  readonly runs: number;
}

/**
 * Reduces a plan by delta debugging: halves of its actions, then quarters, down to single ones.
 *
 * @param violation What the whole plan breaks; a smaller one has to break the same promise.
 */
export async function reducePlan(
  plan: Plan,
  violation: Violation,
  { maxRuns = 400 }: ReduceOptions = {},
): Promise<Reduction> {
  let best: Reduction = { plan, violation, runs: 0 };
  let runs = 0;
  async function attempt(smaller: Plan): Promise<boolean> {
    runs++;
    const outcome = await runPlan(smaller);
    if (outcome.violation?.invariant !== violation.invariant) return false;
    best = { plan: smaller, violation: outcome.violation, runs };
    return true;
  }
  for (let size = countActions(plan) >> 1; size >= 1 && runs < maxRuns;) {
    let hasShrunk = false;
    for (let from = 0; from < countActions(best.plan) && runs < maxRuns;) {
      // Where a part could be left out, the next one has moved to the same place.
      if (await attempt(without(best.plan, from, size))) hasShrunk = true;
      else from += size;
    }
    if (!hasShrunk || size > 1) size = size === 1 ? 0 : Math.max(1, size >> 1);
  }
  return { ...best, runs };
}

function countActions({ episodes }: Plan): number {
  return episodes.reduce((sum, { actions }) => sum + actions.length, 0);
}

/** Leaves out `size` actions, counted over all episodes. */
function without(plan: Plan, from: number, size: number): Plan {
  let at = 0;
  const keep = (_: PlannedAction): boolean => {
    const place = at++;
    return place < from || place >= from + size;
  };
  const episodes: Episode[] = plan.episodes.map((episode) => ({ ...episode, actions: episode.actions.filter(keep) }));
  return { ...plan, episodes };
}
