/**
 * Tells what a seed broke, and how.
 *
 * @module
 */

import { describeAction, type Plan } from "./plan.ts";
import { runPlan } from "./runner.ts";
import type { Violation } from "./violations.ts";

/** How much of a trace is worth reading. */
const MAX_TRACE_LINES = 60;
/** Happenings of the network, which a short trace leaves out. */
const NETWORK_LINE = /^[\d.]+ [\w-]+ \S+ \S+ \d+$/;

/** What is told. */
export interface Failure {
  /** The seed. */
  readonly seed: number;
  /** The commit; undefined if it cannot be found out. */
  readonly commit: string | undefined;
  /** The plan, as small as it became. */
  readonly plan: Plan;
  /** What it breaks. */
  readonly violation: Violation;
  /** How to see all of it. */
  readonly command: string;
}

/** Writes a failure for people: the promise, the actions that are needed, and the end of the trace. */
export async function renderFailure({ seed, commit, plan, violation, command }: Failure): Promise<string> {
  const { invariant, atMs, text } = violation;
  const lines: string[] = [];
  await runPlan(plan, { trace: (line) => void (NETWORK_LINE.test(line) || lines.push(line)) });
  const actions = plan.episodes.flatMap((episode) => [
    ...episode.actions.map(describeAction),
    `${episode.calmAtMs.toFixed(3)} calm, without ${episode.deadAtCalm.join(", ") || "exception"}`,
  ]);
  return [
    `seed ${seed} at commit ${commit ?? "unknown"} breaks: ${invariant}`,
    `  at ${atMs.toFixed(3)} ms: ${text}`,
    `links: ${JSON.stringify(plan.faults)}`,
    "needed for it:",
    ...actions.map((action) => `  ${action}`),
    `the last ${Math.min(lines.length, MAX_TRACE_LINES)} of ${lines.length} happenings:`,
    ...lines.slice(-MAX_TRACE_LINES).map((line) => `  ${line}`),
    `the whole of it: ${command}`,
  ].join("\n");
}
