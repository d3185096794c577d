/**
 * What the command line of `deno task bench` asks for.
 *
 * @module
 */

import { optionalText, toggle } from "../../src/cli/flag.ts";
import { type FlagTable, type FlagValues, readFlags, splitArgs } from "../../src/cli/flags.ts";
import { nearest } from "../../src/cli/suggestion.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";

/** The flags. */
export const BENCH_FLAGS = {
  isQuick: toggle({ name: "quick", help: "Everyday rows only, fewer rounds: about a minute" }),
  wantsList: toggle({ name: "list", help: "List the rows" }),
  json: optionalText({ name: "json", placeholder: "FILE", help: "Write the results as JSON; - is standard output" }),
  writes: toggle({ name: "write", help: "Keep the results: rewrite the tables in BENCHMARKS.md" }),
  anew: toggle({ name: "anew", help: "With --write: begin a new table, with these rows alone" }),
  wantsHelp: toggle({ name: "help", letter: "h", help: "Show this help" }),
} as const satisfies FlagTable;

/** What is asked for. */
export interface BenchOptions extends FlagValues<typeof BENCH_FLAGS> {
  /** The rows that were named; none means all. */
  readonly named: readonly string[];
}

/** What selecting needs to know of a row. */
export interface Selectable {
  /** Its name. */
  readonly name: string;
  /** Whether it is one of the everyday rows. */
  readonly isQuick: boolean;
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} if it makes no sense.
 */
export function readBenchOptions(args: readonly string[]): BenchOptions {
  const line = splitArgs(args, BENCH_FLAGS);
  const [problem] = line.problems;
  if (problem !== undefined) throw new UsageError(`${problem} (try deno task bench --help)`);
  const values = readFlags(BENCH_FLAGS, [line]);
  if (values.isQuick && values.writes) {
    throw new UsageError("--write keeps what is measured at full length: leave --quick away");
  }
  if (values.anew && !values.writes) throw new UsageError("--anew says what --write does: add --write");
  return { ...values, named: line.operands };
}

/**
 * Picks rows, in the order of the list whatever the order of the names.
 *
 * @throws {UsageError} if there is no row of a name.
 */
export function selectRows<R extends Selectable>(
  rows: readonly R[],
  { named, isQuick }: Pick<BenchOptions, "named" | "isQuick">,
): R[] {
  const names = rows.map(({ name }) => name);
  const unknown = named.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const meant = nearest(unknown, names);
    const hint = meant === undefined ? "--list shows the rows" : `did you mean ${meant}?`;
    throw new UsageError(`There is no row "${escapeControls(unknown)}"; ${hint}`);
  }
  if (named.length > 0) return rows.filter(({ name }) => named.includes(name));
  return rows.filter((row) => !isQuick || row.isQuick);
}
