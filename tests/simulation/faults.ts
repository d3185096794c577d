/**
 * What goes wrong in a simulated day.
 *
 * @module
 */

import { type Random, randomInt } from "../../src/base/random.ts";
import type { LinkFaults } from "../../src/net/memory.ts";
import { between, chance, oneOf } from "./draw.ts";
import type { Action, PlannedAction } from "./plan.ts";
import { CONTROL, INDEX, kindOf } from "./topology.ts";
import type { Stage } from "./workload.ts";

/** What links do all the time: some networks are good, some are not. */
export function drawClimate(random: Random): Partial<LinkFaults> {
  const faults: Partial<LinkFaults> = { latencyMs: between(random, 0.1, 5), jitterMs: between(random, 0, 3) };
  return chance(random, 0.3) ? { ...faults, lossRate: between(random, 0, 0.05), duplicateRate: 0.02 } : faults;
}

function drawWeather(random: Random): Partial<LinkFaults> {
  const faults: { -readonly [K in keyof LinkFaults]?: LinkFaults[K] } = {};
  if (chance(random, 0.6)) faults.lossRate = between(random, 0.05, 0.6);
  if (chance(random, 0.4)) faults.duplicateRate = between(random, 0.05, 0.9);
  if (chance(random, 0.4)) {
    faults.reorderRate = between(random, 0.1, 0.9);
    faults.reorderMs = between(random, 20, 8_000);
  }
  if (chance(random, 0.4)) faults.jitterMs = between(random, 10, 1_500);
  if (chance(random, 0.3)) faults.latencyMs = between(random, 5, 800);
  return faults;
}

/** How long something lasts: often too short to be noticed, often long enough for a death. */
function drawDuration(random: Random): number {
  return chance(random, 0.5) ? between(random, 50, 6_000) : between(random, 6_000, 30_000);
}

const LOITERERS: readonly string[] = [
  "",
  "GET ",
  "HELLO\n",
  "REGISTER CS1 7001",
  "LIST_SERVERS",
  "RANGE 0 5",
  "\u{0}\u{ff}\n",
];

type Draw = (random: Random, machines: Machines) => Action[];

interface Machines {
  readonly contents: readonly string[];
  readonly clients: readonly string[];
}

function anyOf(random: Random, { contents, clients }: Machines): string {
  return oneOf(random, [INDEX.host, CONTROL.host, INDEX.host, CONTROL.host, oneOf(random, clients), ...contents]);
}

/** Each by its weight. */
const FAULTS: readonly [weight: number, draw: Draw][] = [
  [5, (random, machines) => [{ kind: "crash", machine: anyOf(random, machines), silently: chance(random, 0.4) }]],
  [2, (random, { contents }) => [{ kind: "crash", machine: oneOf(random, contents), silently: chance(random, 0.4) }]],
  [2, (random, machines) => [{ kind: "stop", machine: anyOf(random, machines) }]],
  [4, (random, machines) => {
    const a = anyOf(random, machines), b = anyOf(random, machines);
    return a === b ? [] : [{ kind: "partition", a, b, oneWay: chance(random, 0.4), forMs: drawDuration(random) }];
  }],
  [2, (random, machines) => [{ kind: "isolate", machine: anyOf(random, machines), forMs: drawDuration(random) }]],
  [2, (random, machines) => [{ kind: "reset", machine: anyOf(random, machines) }]],
  [3, (random) => [{ kind: "weather", faults: drawWeather(random), forMs: drawDuration(random) }]],
  [1, (random, { contents }) => {
    const bytesPerSecond = between(random, 2_000, 300_000);
    return [{ kind: "uplink", machine: oneOf(random, contents), bytesPerSecond, forMs: drawDuration(random) }];
  }],
  [1, (random, machines) => {
    const deltaMs = between(random, 1_000, 90_000_000) * (chance(random, 0.5) ? 1 : -1);
    return [{ kind: "jump", machine: anyOf(random, machines), deltaMs }];
  }],
  [1, (random, { clients }) => [{ kind: "full", machine: oneOf(random, clients), forMs: drawDuration(random) }]],
  [1, (random, machines) => {
    const at = oneOf(random, [INDEX.host, CONTROL.host, ...machines.contents]);
    const forMs = between(random, 100, 40_000);
    return [{ kind: "loiter", machine: anyOf(random, machines), at, text: oneOf(random, LOITERERS), forMs }];
  }],
];

const TOTAL_WEIGHT = FAULTS.reduce((sum, [weight]) => sum + weight, 0);

function drawFault(random: Random, machines: Machines): Action[] {
  let left = random.next() * TOTAL_WEIGHT;
  for (const [weight, draw] of FAULTS) {
    left -= weight;
    if (left < 0) return draw(random, machines);
  }
  return [];
}

/** Faults of one stretch of trouble. Most that crash are started again, sooner or later. */
export function drawFaults({ random, fromMs, toMs, contents, clients }: Stage): PlannedAction[] {
  const actions: PlannedAction[] = [];
  for (let left = randomInt(random, 20); left > 0; left--) {
    const atMs = between(random, fromMs, toMs);
    for (const action of drawFault(random, { contents, clients })) {
      actions.push({ ...action, atMs });
      const isDown = action.kind === "crash" || action.kind === "stop";
      if (!isDown || !chance(random, kindOf(action.machine) === "content" ? 0.6 : 0.85)) continue;
      const backMs = atMs + (chance(random, 0.5) ? between(random, 1, 3_000) : between(random, 3_000, 25_000));
      if (backMs < toMs) actions.push({ kind: "start", machine: action.machine, atMs: backMs });
    }
  }
  return actions;
}
