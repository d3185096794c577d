/**
 * Draws a whole plan from a seed.
 *
 * @module
 */

import { randomInt, seededRandom } from "../../src/base/random.ts";
import { between, chance } from "./draw.ts";
import { drawClimate, drawFaults } from "./faults.ts";
import { drawWorkerDeaths, drawWorkers } from "./crews.ts";
import { drawOldPeers } from "./old_peers.ts";
import type { Episode, Plan, PlannedAction } from "./plan.ts";
import { CONTROL, drawTopology, INDEX } from "./topology.ts";
import { readingsOf } from "./versions.ts";
import { drawFiles, drawFirstFiles, drawWorkload, type Stage } from "./workload.ts";

/** How long a calm lasts before the next trouble, in milliseconds: healing, and looking at it. */
export const CALM_MS = 75_000;

/** How long the slowest reader takes for a whole file, in seconds. */
const SLOWEST_S = 20;

/** Options of {@link drawPlan}. */
export interface PlanOptions {
  /** How long the day is, in hours: troubles and calms in turn. Default: one or two of each. */
  readonly hours?: number | undefined;
}

/** Draws all that one seed decides. */
export function drawPlan(seed: number, { hours = 0 }: PlanOptions = {}): Plan {
  const random = seededRandom(seed);
  const { contents, clients } = drawTopology(random);
  const files = drawFiles(random);
  const machines = { contents, clients };
  // By chances of their own: without workers a day is what it was before there were any.
  const crewRandom = seededRandom(seed ^ 0xc4e3);
  const workers = drawWorkers(crewRandom, contents);
  const episodes: Episode[] = [];
  let fromMs = 0;
  const leastMs = hours > 0 ? hours * 3_600_000 : chance(random, 0.3) ? 100_000 : 0;
  do {
    const isFirst = fromMs === 0;
    const toMs = fromMs + between(random, 15_000, 90_000);
    const stage: Stage = { random, fromMs, toMs, ...machines };
    const actions: PlannedAction[] = [
      ...(isFirst ? [...drawFirstFiles(stage, files), ...drawStarts(stage)] : []),
      ...drawWorkload(stage, files),
      ...drawFaults(stage),
      ...drawWorkerDeaths({ random: crewRandom, fromMs, toMs, workers }),
    ];
    const deadAtCalm = contents.filter(() => chance(random, 0.2));
    actions.sort((a, b) => a.atMs - b.atMs);
    episodes.push({ calmAtMs: toMs, deadAtCalm, actions });
    fromMs = toMs + CALM_MS;
  } while (fromMs < leastMs);
  const faults = drawClimate(random), announces = chance(random, 0.3);
  // By chances of its own: what a seed drew before there were renewals it still draws.
  const old = drawOldPeers(seededRandom(seed ^ 0x01d), contents);
  const hastened = episodes.map(hastenReaders(episodes));
  return { seed, contents, clients, workers, faults, old, announces, episodes: hastened };
}

/** Lets nobody read so slowly that the longest file there ever is takes him longer than anybody waits. */
function hastenReaders(all: readonly Episode[]): (episode: Episode) => Episode {
  const mostBytes = new Map<string, number>();
  for (const action of all.flatMap(({ actions }) => actions)) {
    if (action.kind !== "put") continue;
    mostBytes.set(action.name, Math.max(mostBytes.get(action.name) ?? 0, action.sizeBytes));
  }
  const hasten = (action: PlannedAction): PlannedAction => {
    if (action.kind !== "want" || action.limitBytesPerSecond === undefined) return action;
    const sizes = readingsOf(action.name).map((name) => mostBytes.get(name) ?? 0);
    const leastBytesPerSecond = Math.ceil(Math.max(...sizes) / SLOWEST_S);
    return { ...action, limitBytesPerSecond: Math.max(action.limitBytesPerSecond, leastBytesPerSecond) };
  };
  return (episode) => ({ ...episode, actions: episode.actions.map(hasten) });
}

/** Everything is started, within the first seconds and in any order. */
function drawStarts({ random, contents, clients }: Stage): PlannedAction[] {
  const spreadMs = randomInt(random, 3) === 0 ? 15_000 : 500;
  const machines = [INDEX.host, CONTROL.host, ...contents, ...clients];
  return machines.map((machine) => ({ kind: "start", machine, atMs: between(random, 0, spreadMs) }));
}
