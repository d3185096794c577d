/**
 * Simulated bad days: production roles on a network in memory, whose faults a seed decides.
 *
 * @example
 * ```sh
 * deno task sim --seeds 5000          # seeds 0 to 4999, on two cores
 * deno task sim --from 300 --seeds 10
 * deno task sim --hours 3 --seeds 4   # long days
 * deno task sim --seed 17 --trace     # one of them, with all that happens
 * ```
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { drawPlan } from "../tests/simulation/planner.ts";
import { reducePlan } from "../tests/simulation/reducer.ts";
import { renderFailure } from "../tests/simulation/report.ts";
import { runPlan } from "../tests/simulation/runner.ts";
import { runSeed } from "../tests/simulation/seed_run.ts";
import { runShares } from "./sim/shares.ts";

/** What the command line asks for. */
interface SimOptions {
  readonly seeds: number;
  readonly from: number;
  readonly hours: number;
  readonly jobs: number;
  readonly reduce: boolean;
}

const USAGE = "deno task sim [--seeds N] [--from S] [--hours H] [--family cdn] [--jobs N] [--seed S [--trace]]";

/** Runs seeds one after another until one fails, here. Returns whether all passed. */
async function runHere({ seeds, from, hours, reduce }: SimOptions): Promise<boolean> {
  for (let seed = from; seed < from + seeds; seed++) {
    const { violation } = await runSeed(seed, { hours });
    if (violation === undefined) continue;
    const commit = await currentCommit();
    const command = `deno task sim --seed ${seed}${hours > 0 ? ` --hours ${hours}` : ""} --trace`;
    const whole = drawPlan(seed, { hours });
    const { plan } = reduce ? await reducePlan(whole, violation) : { plan: whole };
    console.log(await renderFailure({ seed, commit, plan, violation, command }));
    return false;
  }
  return true;
}

/** Runs one seed, and prints all that happens. Returns whether it passed. */
async function replay(seed: number, { hours, trace }: { hours: number; trace: boolean }): Promise<boolean> {
  const { violation, virtualMs } = await runPlan(drawPlan(seed, { hours }), trace ? { trace: console.log } : {});
  const seconds = (virtualMs / 1000).toFixed(1);
  console.log(violation === undefined ? `seed ${seed} holds for ${seconds} s` : `seed ${seed}: ${violation.invariant}`);
  if (violation !== undefined) console.log(violation.text);
  return violation === undefined;
}

/** The commit that is checked out; undefined without git. */
async function currentCommit(): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", { args: ["rev-parse", "HEAD"], stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Reads a count from the command line. */
function countOf(name: string, text: string): number {
  const count = Number(text);
  if (text !== "" && Number.isFinite(count) && count >= 0) return count;
  throw new RangeError(`Cannot read --${name}: expected a number from 0 on, got "${text}"`);
}

async function main(args: readonly string[]): Promise<boolean> {
  const flags = parseArgs([...args], {
    string: ["seeds", "from", "hours", "family", "jobs", "seed"],
    boolean: ["trace", "worker", "reduce", "help"],
    negatable: ["reduce"],
    default: { seeds: "200", from: "0", hours: "0", family: "cdn", jobs: "2", reduce: true },
  });
  if (flags.help) {
    console.log(USAGE);
    return true;
  }
  if (flags.family !== "cdn") throw new RangeError(`Cannot simulate family "${flags.family}": the families are cdn`);
  const hours = countOf("hours", flags.hours);
  if (flags.seed !== undefined) return await replay(countOf("seed", flags.seed), { hours, trace: flags.trace });
  const [seeds, from, jobs] = [countOf("seeds", flags.seeds), countOf("from", flags.from), countOf("jobs", flags.jobs)];
  const options = { seeds, from, hours, jobs, reduce: flags.reduce };
  if (flags.worker || jobs <= 1) return await runHere(options);
  const startMs = performance.now();
  const { passed, failures } = await runShares(options, [
    ...hours > 0 ? ["--hours", String(hours)] : [],
    ...flags.reduce ? [] : ["--no-reduce"],
  ]);
  for (const failure of failures) console.log(failure);
  const took = `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
  console.log(`${passed} of ${seeds} seeds hold, in ${took}`);
  return failures.length === 0;
}

if (import.meta.main) {
  if (!await main(Deno.args)) Deno.exit(1);
}
