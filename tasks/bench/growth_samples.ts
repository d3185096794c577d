/**
 * Measuring one size after another, several times.
 *
 * @module
 */

import { formatCount } from "./results/figure.ts";
import type { GrowthSamples } from "./results/growth.ts";
import type { Workbench } from "./workbench.ts";

/** Measures each size once a round; what was started for one is ended before the next. */
export async function sampleGrowth(
  bench: Workbench,
  sizes: readonly number[],
  measure: (size: number) => Promise<Readonly<Record<string, number>>>,
): Promise<GrowthSamples[]> {
  const { longRounds } = bench.sizes;
  const taken = sizes.map((): Readonly<Record<string, number>>[] => []);
  for (let round = 0; round < longRounds; round++) {
    for (const [at, size] of sizes.entries()) {
      bench.say(`round ${round + 1} of ${longRounds}, ${formatCount(size)}`);
      taken[at]!.push(await measure(size));
      await bench.clear();
    }
  }
  return sizes.map((size, at) => ({ size, rounds: taken[at]! }));
}
