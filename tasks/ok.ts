/**
 * The gate: runs every stage in turn, each a task of deno.json with a budget of time, and stops at the first failure.
 *
 * @example
 * ```sh
 * deno task ok                 # all of it
 * deno task ok fmt lint        # these stages
 * deno task ok --skip test     # all but these
 * ```
 *
 * @module
 */

import { parseArgs } from "@std/cli";

/** One stage of the gate. */
export interface Stage {
  /** Its name, which is that of the task too. */
  readonly name: string;
  /** What the task gets as arguments. Default: none. */
  readonly args?: readonly string[];
  /** How long it may take, in milliseconds. */
  readonly budgetMs: number;
  /** Whether its output is shown as it comes, or only when it fails. Default: false. */
  readonly shown?: boolean;
}

/** How a stage ended. */
export interface StageEnd {
  /** Whether it passed, failed, or was ended at its budget. */
  readonly kind: "passed" | "failed" | "overdue";
  /** What it printed and was not shown yet. */
  readonly output: string;
}

/** The stages, quick ones first. */
export const STAGES: readonly Stage[] = [
  { name: "fmt", args: ["--check"], budgetMs: 60_000 },
  { name: "lint", budgetMs: 120_000 },
  { name: "check", budgetMs: 180_000 },
  { name: "doc", budgetMs: 120_000 },
  { name: "tidy", budgetMs: 60_000, shown: true },
  { name: "test", budgetMs: 900_000, shown: true },
  { name: "sim", budgetMs: 180_000, shown: true },
];

/** How long a stage may take to end once it was told to. */
const GRACE_MS = 5_000;

/**
 * Picks stages by name.
 *
 * @param only The stages to run; none means all.
 * @throws {RangeError} if there is no stage of a name.
 */
export function pickStages(stages: readonly Stage[], only: readonly string[], skip: readonly string[]): Stage[] {
  const unknown = [...only, ...skip].find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined) {
    const names = stages.map(({ name }) => name).join(", ");
    throw new RangeError(`Cannot run stage "${unknown}": the stages are ${names}`);
  }
  return stages.filter(({ name }) => !skip.includes(name) && (only.length === 0 || only.includes(name)));
}

/** Runs stages in turn until one does not pass, a printed line each. Returns whether all passed. */
export async function runStages(
  stages: readonly Stage[],
  run: (stage: Stage) => Promise<StageEnd>,
  print: (line: string) => void,
): Promise<boolean> {
  for (const stage of stages) {
    const { name, budgetMs } = stage;
    const startMs = performance.now();
    const { kind, output } = await run(stage);
    const took = `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
    if (kind === "passed") {
      print(`${name.padEnd(6)} ok      ${took}`);
      continue;
    }
    if (output !== "") print(output.trimEnd());
    const over = kind === "overdue" ? `, over its budget of ${budgetMs / 1000} s` : "";
    print(`${name.padEnd(6)} FAILED  ${took}${over}`);
    return false;
  }
  return true;
}

/** Runs a stage as a child, and ends it at its budget. */
export async function runStage({ name, args = [], budgetMs, shown = false }: Stage): Promise<StageEnd> {
  const stream = shown ? "inherit" : "piped";
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", name, ...args],
    stdin: "null",
    stdout: stream,
    stderr: stream,
  }).spawn();
  let overdue = false;
  const timers = [
    setTimeout(() => {
      overdue = true;
      child.kill("SIGTERM");
    }, budgetMs),
    setTimeout(() => child.kill("SIGKILL"), budgetMs + GRACE_MS),
  ];
  const [{ success }, ...texts] = await Promise.all([
    child.status,
    shown ? "" : new Response(child.stdout).text(),
    shown ? "" : new Response(child.stderr).text(),
  ]);
  for (const timer of timers) clearTimeout(timer);
  return { kind: overdue ? "overdue" : success ? "passed" : "failed", output: texts.join("") };
}

if (import.meta.main) {
  const { _: only, skip } = parseArgs(Deno.args, { string: ["_", "skip"], collect: ["skip"] });
  const stages = pickStages(STAGES, only.map(String), skip);
  if (!await runStages(stages, runStage, console.log)) Deno.exit(1);
}
