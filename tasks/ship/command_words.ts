/**
 * What a command line of `deno task ship` asks for.
 *
 * @module
 */

import { count, optionalText, seconds, toggle } from "../../src/cli/flag.ts";
import type { FlagTable } from "../../src/cli/flags.ts";
import { nearest } from "../../src/cli/suggestion.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";

/** What can be done with machines. */
export const ORDERS = ["up", "status", "logs", "restart", "rollback", "stop"] as const;

/** One of them. */
export type Order = typeof ORDERS[number];

/** Flags of `deno task ship`. */
export const SHIP_FLAGS = {
  lines: count({ name: "lines", letter: "n", initial: 20, min: 1, max: 10_000, help: "How many lines of each log" }),
  follows: toggle({ name: "follow", letter: "f", help: "Show what comes, too" }),
  dist: optionalText({ name: "dist", placeholder: "DIR", help: "Where the compiled programs are" }),
  copyMs: seconds({ name: "copy-timeout", initialMs: 600_000, help: "How long copying one program may take" }),
  wantsHelp: toggle({ name: "help", letter: "h", help: "Show this help" }),
} as const satisfies FlagTable;

/** What is asked for. */
export interface Request {
  /** The inventory's path. */
  readonly path: string;
  /** What to do. */
  readonly order: Order;
  /** Machines and roles, as the user named them. */
  readonly names: readonly string[];
}

/**
 * Reads the words that are no flags: the inventory, what to do, and where.
 *
 * @throws {UsageError} if they make no sense.
 */
export function readWords([path, word = "up", ...names]: readonly string[]): Request {
  if (path === undefined) throw new UsageError("ship needs an inventory, such as lab.json");
  const order = ORDERS.find((known) => known === word);
  if (order !== undefined) return { path, order, names };
  const shown = escapeControls(word);
  const meant = nearest(word, ORDERS);
  const hint = meant === undefined
    ? `: there are ${ORDERS.join(", ")}; name ${shown} after one`
    : `; did you mean ${meant}?`;
  throw new UsageError(`ship cannot "${shown}"${hint}`);
}
