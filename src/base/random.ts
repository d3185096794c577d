/**
 * Chance as an injected dependency: seeded for tests and simulation, the runtime's own otherwise.
 *
 * @module
 */

/** A source of chance. */
export interface Random {
  /** Returns a number in [0, 1). */
  next(): number;
}

/** Returns the runtime's own source: unpredictable, not for secrets. */
export function systemRandom(): Random {
  return { next: () => Math.random() };
}

/**
 * Returns a reproducible source: the same seed gives the same numbers on every runtime.
 *
 * Source: the sfc32 generator of PractRand, seeded through splitmix32.
 *
 * @example
 * ```ts
 * import { seededRandom } from "./random.ts";
 * const a = seededRandom(7), b = seededRandom(7);
 * if (a.next() !== b.next()) throw new Error("not reproducible");
 * ```
 *
 * @param seed Any integer; its lower 32 bits count.
 */
export function seededRandom(seed: number): Random {
  let mix = seed | 0;
  function splitmix(): number {
    mix = (mix + 0x9e3779b9) | 0;
    let t = mix ^ (mix >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) | 0;
  }
  let a = splitmix(), b = splitmix(), c = splitmix(), counter = 1;
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  }
  for (let i = 0; i < 12; i++) next();
  return { next };
}

/**
 * Returns an integer in [0, `bound`).
 *
 * @throws {RangeError} if `bound` is not a positive integer.
 */
export function randomInt(random: Random, bound: number): number {
  if (!Number.isSafeInteger(bound) || bound < 1) {
    throw new RangeError(`Cannot draw below a bound: expected a positive integer, got ${bound}`);
  }
  return Math.floor(random.next() * bound);
}
