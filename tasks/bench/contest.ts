/**
 * Contenders that are measured in turns.
 *
 * @module
 */

import type { Samples } from "./results/measure.ts";
import type { Workbench } from "./workbench.ts";

/** Somebody who is measured. */
export interface Contender {
  /** Who: `ours`, `nginx`. */
  readonly name: string;
  /** Measures it once: values by metric. */
  readonly measure: () => Promise<Readonly<Record<string, number>>>;
}

/**
 * Measures everyone once a round, each round beginning with the next one: nobody is always the first after a pause. A
 * machine that is slow for a while is slow for all.
 */
export async function compete(
  bench: Pick<Workbench, "say">,
  contenders: readonly Contender[],
  rounds: number,
): Promise<Samples[]> {
  const taken = contenders.map((): Readonly<Record<string, number>>[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const at = (round + turn) % contenders.length;
      const { name, measure } = contenders[at]!;
      bench.say(`round ${round + 1} of ${rounds}, ${name}`);
      try {
        taken[at]!.push(await measure());
      } catch (cause) {
        throw new Error(`${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    }
  }
  return contenders.map(({ name }, at) => ({ contender: name, rounds: taken[at]! }));
}
