/**
 * Runs seeds, some of them twice.
 *
 * @module
 */

import { sha256 } from "../../src/base/digest.ts";
import { drawPlan, type PlanOptions } from "./planner.ts";
import { type Outcome, runPlan } from "./runner.ts";

/** Every how many-th seed is run twice, and both traces compared. */
const TWICE_EVERY = 20;

/** Runs one seed. */
export async function runSeed(seed: number, options: PlanOptions = {}): Promise<Outcome> {
  if (seed % TWICE_EVERY !== 0) return await runPlan(drawPlan(seed, options));
  const first = await traceOf(seed, options), second = await traceOf(seed, options);
  if (first.digest === second.digest || first.outcome.violation !== undefined) return first.outcome;
  const text = `two runs have the traces ${first.digest} and ${second.digest}`;
  return { ...first.outcome, violation: { invariant: "same seed, same trace", atMs: first.outcome.virtualMs, text } };
}

/** Runs one seed, and digests its trace. */
export async function traceOf(seed: number, options: PlanOptions = {}): Promise<{ outcome: Outcome; digest: string }> {
  const digest = sha256();
  const encoder = new TextEncoder();
  const outcome = await runPlan(drawPlan(seed, options), {
    trace: (line) => digest.update(encoder.encode(`${line}\n`)),
  });
  return { outcome, digest: digest.hex() };
}
