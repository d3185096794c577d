import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type Random, randomInt, seededRandom, systemRandom } from "./random.ts";

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next());
}

Deno.test("seededRandom() gives the same numbers for the same seed, and others for another", () => {
  assertEquals(draw(seededRandom(7), 1_000), draw(seededRandom(7), 1_000));
  assertNotEquals(draw(seededRandom(7), 10), draw(seededRandom(8), 10));
  assertEquals(draw(seededRandom(-1), 10), draw(seededRandom(2 ** 32 - 1), 10));
});

Deno.test("seededRandom() gives the same numbers on every runtime and in every version", () => {
  assertEquals(draw(seededRandom(1), 4).map((value) => value * 2 ** 32), [
    2420951833,
    2513034076,
    3847892949,
    4064752930,
  ]);
});

Deno.test("seededRandom() spreads its numbers evenly over [0, 1), whatever the seed", () => {
  for (const seed of [0, 1, 2, 12_345, -1]) {
    const numbers = draw(seededRandom(seed), 20_000);
    assert(numbers.every((value) => value >= 0 && value < 1));
    assertAlmostEquals(numbers.reduce((sum, value) => sum + value, 0) / numbers.length, 0.5, 0.02);
    const tenths = new Array<number>(10).fill(0);
    for (const value of numbers) tenths[Math.floor(value * 10)]!++;
    for (const count of tenths) assertAlmostEquals(count, 2_000, 200);
  }
});

Deno.test("systemRandom() gives numbers in [0, 1)", () => {
  assert(draw(systemRandom(), 1_000).every((value) => value >= 0 && value < 1));
});

Deno.test("randomInt() gives every integer below its bound, and no other", () => {
  const random = seededRandom(3);
  const seen = new Set(Array.from({ length: 1_000 }, () => randomInt(random, 7)));
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assertEquals(randomInt(random, 1), 0);
});

Deno.test("randomInt() refuses a bound that is not a positive integer", () => {
  for (const bound of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => randomInt(seededRandom(1), bound), RangeError, "Cannot draw below a bound");
  }
});
