/**
 * The flags of the tasks.
 *
 * @module
 */

import { count, optionalText, seconds, toggle } from "../../src/cli/flag.ts";
import { type FlagTable, type FlagValues, readFlags, splitArgs } from "../../src/cli/flags.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { MAX_OFFSET } from "./plan.ts";

const DATA = optionalText({ name: "data", placeholder: "DIR", help: "Where the running cluster is noted down" });
const HELP = toggle({ name: "help", letter: "h", help: "Show this help" });

/** Flags of `deno task cluster`. */
export const CLUSTER_FLAGS = {
  offset: count({ name: "port-offset", initial: 0, min: 0, max: MAX_OFFSET, help: "Add N to every port" }),
  timeoutMs: seconds({ name: "timeout", initialMs: 8_000, help: "A server silent for longer is dead" }),
  isVerbose: toggle({ name: "verbose", letter: "v", help: "Show every message, heartbeats too" }),
  data: DATA,
  wantsHelp: HELP,
} as const satisfies FlagTable;

/** Flags of `deno task stop`. */
export const STOP_FLAGS = { data: DATA, wantsHelp: HELP } as const satisfies FlagTable;

/** Flags of `deno task demo`. */
export const DEMO_FLAGS = {
  isVerbose: toggle({ name: "verbose", letter: "v", help: "Show what the roles log" }),
  wantsHelp: HELP,
} as const satisfies FlagTable;

/**
 * Reads a task's command line.
 *
 * @throws {UsageError} if it makes no sense.
 */
export function readTaskFlags<F extends FlagTable>(task: string, args: readonly string[], table: F): FlagValues<F> {
  const { values, operands: [operand] } = readTaskLine(task, args, table);
  if (operand === undefined) return values;
  const problem = `${task} takes flags only, got "${escapeControls(operand)}"`;
  throw new UsageError(`${problem} (try deno task ${task} --help)`);
}

/** A task's command line. */
export interface TaskLine<F extends FlagTable> {
  /** What its flags come to. */
  readonly values: FlagValues<F>;
  /** What is no flag. */
  readonly operands: readonly string[];
}

/**
 * Reads a task's command line that may name things beside flags.
 *
 * @throws {UsageError} if it makes no sense.
 */
export function readTaskLine<F extends FlagTable>(task: string, args: readonly string[], table: F): TaskLine<F> {
  const line = splitArgs(args, table);
  const [problem] = line.problems;
  if (problem !== undefined) throw new UsageError(`${problem} (try deno task ${task} --help)`);
  return { values: readFlags(table, [line]), operands: line.operands };
}
