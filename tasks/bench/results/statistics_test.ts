import { assertEquals, assertThrows } from "@std/assert";
import { median, pairedRatios, roundTo } from "./statistics.ts";

Deno.test("median() takes the value in the middle, or between the two", () => {
  for (const [values, expected] of [[[3], 3], [[5, 1, 3], 3], [[4, 1, 3, 2], 2.5], [[10, 9, 100], 10]] as const) {
    assertEquals(median(values), expected);
  }
  assertThrows(() => median([]), RangeError, "no values");
});

Deno.test("pairedRatios() compares what was measured in the same round", () => {
  assertEquals(pairedRatios([1, 2, 30], [2, 4, 60]), [0.5, 0.5, 0.5]);
  assertThrows(() => pairedRatios([1], [1, 2]), RangeError, "Cannot pair 1 values with 2");
  assertThrows(() => pairedRatios([1], [0]), RangeError, "a 0 to divide by");
});

Deno.test("roundTo() keeps the digits that count", () => {
  for (const [value, expected] of [[123_456, 123_500], [0.000123456, 0.0001235], [0, 0], [-2.71828, -2.718]] as const) {
    assertEquals(roundTo(value, 4), expected);
  }
});
