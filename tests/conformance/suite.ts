/**
 * All transcripts, and what came of them.
 *
 * @module
 */

import { CaseRun } from "./case_run.ts";
import type { Feed, Stage } from "./stage.ts";
import { type Actor, type Case, isTimed, needsOf, parseTranscript, type Section } from "./transcript.ts";

/** How a case ended. */
export type Outcome =
  | { readonly kind: "held" }
  | { readonly kind: "failed"; readonly reason: string; readonly lines: readonly string[] }
  | { readonly kind: "not-run"; readonly reason: string };

/** A case, and how it ended. */
export interface CaseResult {
  /** Where it stands. */
  readonly section: Section;
  /** The case. */
  readonly one: Case;
  /** How what we sent was cut. */
  readonly feed: Feed;
  /** How it ended. */
  readonly outcome: Outcome;
}

/** Options of {@link runSections}. */
export interface RunOptions {
  /** How what we send is cut; each case runs once for each. Default: by lines. */
  readonly feeds?: readonly Feed[];
  /** How many cases run at the same time. Default: 1. */
  readonly parallel?: number;
  /** Whether cases about time are left out. Default: false. */
  readonly isHurried?: boolean;
  /** Told of each case as it ends. */
  readonly onResult?: (result: CaseResult) => void;
  /** Ends the run after the cases that are under way. */
  readonly signal?: AbortSignal;
}

const FOLDER = new URL("./", import.meta.url);

/** The files in the order of the table: the contract, then what is ours. */
export const TRANSCRIPTS: readonly string[] = [
  "index_lookups",
  "registration",
  "failure_notice",
  "downloads",
  "monitor_lists",
  "heartbeats",
  "client_flow",
  "states",
  "errors",
  "ours_index",
  "ours_content",
  "ours_monitor",
  "ours_client",
].map((name) => `${name}.txt`);

/** Reads all transcripts. */
export async function loadSections(): Promise<Section[]> {
  return await Promise.all(TRANSCRIPTS.map(async (file) => {
    return parseTranscript(file, await Deno.readTextFile(new URL(file, FOLDER)));
  }));
}

/** Runs all cases that can run, and says how each ended, in the order of the sections. */
export async function runSections(
  stage: Stage,
  sections: readonly Section[],
  { feeds = ["lines"], parallel = 1, isHurried = false, onResult, signal }: RunOptions = {},
): Promise<CaseResult[]> {
  const wanted = feeds.flatMap((feed) =>
    sections.flatMap((section) => section.cases.map((one) => ({ section, one, feed })))
  ).filter(({ one }) => !(isHurried && isTimed(one)));
  const results: CaseResult[] = [];
  let next = 0;
  async function work(): Promise<void> {
    while (next < wanted.length && !signal?.aborted) {
      const number = next++;
      const job = wanted[number]!;
      const result = { ...job, outcome: await runCase(stage, job, number) };
      results[number] = result;
      onResult?.(result);
    }
  }
  await Promise.all(Array.from({ length: parallel }, work));
  return results.filter((result) => result !== undefined);
}

async function runCase(stage: Stage, { one, feed }: { one: Case; feed: Feed }, number: number): Promise<Outcome> {
  const missing = missingOf(stage, one);
  if (missing !== undefined) return { kind: "not-run", reason: missing };
  const run = new CaseRun(stage, one, { feed, number });
  const reason = await run.run();
  return reason === undefined ? { kind: "held" } : { kind: "failed", reason, lines: run.lines };
}

/** What the suite itself knows by name. */
const OWN_VARIABLES = ["here", "id", "id2", "name", "name2", "long", "our_port"];

/** What a case needs and nobody gave; undefined if it can run. */
export function missingOf({ players, cast, variables }: Stage, one: Case): string | undefined {
  const needs = needsOf(one);
  for (const place of needs.places) {
    const actor: Actor = place === "monitor-udp" ? "monitor" : place;
    if (players[actor]?.places[place] === undefined) return `no --${place}`;
  }
  for (const actor of needs.actors) if (cast?.knows.has(actor) !== true) return `no --start-${actor}`;
  for (const name of needs.variables) {
    if (!OWN_VARIABLES.includes(name) && variables[name] === undefined) return `no --${name}`;
  }
  return undefined;
}
