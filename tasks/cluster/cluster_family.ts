/**
 * What differs between the clusters of two families.
 *
 * @module
 */

import type { Env } from "../../src/env/env.ts";
import type { MemberPlan, PlanOptions } from "./plan.ts";
import type { Watch } from "./watch.ts";

/** Options of {@link ClusterFamily.next}. */
export interface NextOptions extends Pick<PlanOptions, "offset" | "moved" | "contentFolder"> {
  /** How the user starts the program: `deno task microcdn`. */
  program: string;
}

/** A family of which a cluster can be run on one machine. */
export interface ClusterFamily {
  /** Its name, and that of its folder for data. */
  readonly name: string;
  /** What follows `deno task cluster` and `deno task stop`; nothing for the first family. */
  readonly words: readonly string[];
  /** Says what to start, in this order. */
  readonly plan: (options: PlanOptions) => readonly MemberPlan[];
  /** Looks at what runs. */
  readonly watch: (env: Pick<Env, "net" | "clock">, plan: readonly MemberPlan[]) => Watch;
  /** Which roles stop together, and in which order. */
  readonly stopOrder: readonly (readonly string[])[];
  /** The role whose state is the most telling. */
  readonly shown: string;
  /** What to type next, and what it does. */
  readonly next: (options: NextOptions) => ReadonlyArray<readonly [command: string, meaning: string]>;
  /** The role that is worth a try to kill, and what it is. */
  readonly victim: { readonly label: string; readonly noun: string };
}
