/**
 * Drawing from a source of chance.
 *
 * @module
 */

import { type Random, randomInt } from "../../src/base/random.ts";

/** Draws one of several. */
export function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[randomInt(random, choices.length)]!;
}

/** Draws a number evenly between two. */
export function between(random: Random, least: number, most: number): number {
  return least + random.next() * (most - least);
}

/** Whether something that happens at `rate` happens now. */
export function chance(random: Random, rate: number): boolean {
  return random.next() < rate;
}
