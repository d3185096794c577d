/**
 * Which content servers have workers, and when one is killed.
 *
 * @module
 */

import { type Random, randomInt } from "../../src/base/random.ts";
import { between, chance, oneOf } from "./draw.ts";
import type { PlannedAction } from "./plan.ts";

/** The share of content servers that have workers. */
const CREWED = 0.2;
/** The most workers of one, and the most that are killed in one stretch of trouble. */
const MAX_WORKERS = 3;
const MAX_DEATHS = 4;

/** Draws how many workers content servers have, by machine; most have none. */
export function drawWorkers(random: Random, contents: readonly string[]): Record<string, number> {
  const crewed = contents.filter(() => chance(random, CREWED));
  return Object.fromEntries(crewed.map((machine) => [machine, 1 + randomInt(random, MAX_WORKERS)]));
}

/** What {@link drawWorkerDeaths} draws from. */
export interface DeathOptions {
  /** Decides. */
  readonly random: Random;
  /** When the trouble begins. */
  readonly fromMs: number;
  /** When it is over. */
  readonly toMs: number;
  /** How many workers there are, by machine. */
  readonly workers: Readonly<Record<string, number>>;
}

/** Draws which workers are killed in one stretch of trouble. */
export function drawWorkerDeaths({ random, fromMs, toMs, workers }: DeathOptions): PlannedAction[] {
  const crews = Object.entries(workers);
  if (crews.length === 0) return [];
  return Array.from({ length: randomInt(random, MAX_DEATHS + 1) }, () => {
    const [machine, count] = oneOf(random, crews);
    return { kind: "kill-worker", machine, number: 2 + randomInt(random, count), atMs: between(random, fromMs, toMs) };
  });
}
