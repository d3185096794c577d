import { assertEquals } from "@std/assert";
import { formatBound, formatCount, formatFigure, formatRatio } from "./figure.ts";

Deno.test("formatFigure() shows three digits that count", () => {
  for (
    const [value, expected] of [
      [0, "0"],
      [0.00001234, "0.000012"],
      [0.012345, "0.0123"],
      [0.9996, "1.00"],
      [4.3149, "4.31"],
      [43.149, "43.1"],
      [431.49, "431"],
      [999.9, "1,000"],
      [27_949, "27,900"],
      [1_234_567, "1,230,000"],
      [-4.3149, "-4.31"],
    ] as const
  ) assertEquals(formatFigure(value), expected);
});

Deno.test("formatCount() puts commas in", () => {
  for (const [value, expected] of [[7, "7"], [999, "999"], [1_000, "1,000"], [1_000_000, "1,000,000"]] as const) {
    assertEquals(formatCount(value), expected);
  }
});

Deno.test("formatRatio() and formatBound() are as exact as they are read", () => {
  assertEquals([0.949, 1, 21.358, 1_234.5].map(formatRatio), ["0.95", "1.00", "21.36", "1,235"]);
  assertEquals(formatBound({ atLeast: 0.95 }), "0.95 or more");
  assertEquals(formatBound({ atMost: 512 }), "512 or less");
  assertEquals(formatBound({ atLeast: 1, atMost: 2 }), "1 or more, 2 or less");
});
