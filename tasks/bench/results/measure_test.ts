import { assertEquals, assertThrows } from "@std/assert";
import { evaluate, isWithin } from "./measure.ts";

const SAMPLES = [
  { contender: "ours", rounds: [{ rate: 10, p99: 1 }, { rate: 30, p99: 2 }, { rate: 19, p99: 3 }] },
  { contender: "nginx", rounds: [{ rate: 20, p99: 1 }, { rate: 40, p99: 1 }, { rate: 20, p99: 1 }] },
];

Deno.test("evaluate() puts the first contender beside the others, round by round", () => {
  const measure = evaluate({ name: "rate", unit: "/s", targets: { nginx: { atLeast: 0.8 } } }, SAMPLES);
  assertEquals(measure, {
    metric: "rate",
    unit: "/s",
    results: [
      { contender: "ours", values: [10, 30, 19], median: 19 },
      { contender: "nginx", values: [20, 40, 20], median: 20 },
    ],
    // The middle of the rounds' ratios, not the ratio of the middles.
    ratios: [{ to: "nginx", values: [0.5, 0.75, 0.95], median: 0.75, target: { atLeast: 0.8 }, isMet: false }],
  });
});

Deno.test("evaluate() judges a limit of the first contender alone", () => {
  const alone = SAMPLES.slice(0, 1);
  const { ratios, limit, isWithin } = evaluate({ name: "p99", unit: "ms", limit: { atMost: 2 } }, alone);
  assertEquals({ ratios, limit, isWithin }, { ratios: [], limit: { atMost: 2 }, isWithin: true });
});

Deno.test("evaluate() promises nothing where there is no target", () => {
  const { ratios: [ratio], ...measure } = evaluate({ name: "p99", unit: "ms" }, SAMPLES);
  assertEquals(ratio, { to: "nginx", values: [1, 2, 3], median: 2 });
  assertEquals("isWithin" in measure, false);
});

Deno.test("evaluate() refuses samples that lack the metric", () => {
  assertThrows(() => evaluate({ name: "p50", unit: "ms" }, SAMPLES), RangeError, 'Cannot evaluate "p50"');
});

Deno.test("isWithin() takes the bounds in", () => {
  for (
    const [value, bound, expected] of [
      [1, {}, true],
      [1, { atLeast: 1 }, true],
      [0.99, { atLeast: 1 }, false],
      [1.5, { atMost: 1.5 }, true],
      [1.51, { atMost: 1.5 }, false],
      [1.2, { atLeast: 1, atMost: 1.5 }, true],
    ] as const
  ) assertEquals(isWithin(value, bound), expected);
});
