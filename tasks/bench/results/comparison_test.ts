import { assertEquals } from "@std/assert";
import { describeChange, findChanges } from "./comparison.ts";
import { comparingRow, growingRow, sampleReport } from "./sample_report.ts";

const KEPT = sampleReport(comparingRow("hot", [80, 80, 80]), growingRow("files", [50, 250]));

Deno.test("findChanges() points out ratios that differ by more than a tenth", () => {
  for (
    const [rates, expected] of [
      [[80, 80, 80], []],
      [[88, 88, 88], []],
      [[73, 73, 73], []],
      [[89, 89, 89], [{ row: "hot", ratio: "rate, ours to nginx", before: 0.8, now: 0.89, isWithinRounds: false }]],
      [[60, 70, 85], [{ row: "hot", ratio: "rate, ours to nginx", before: 0.8, now: 0.7, isWithinRounds: true }]],
    ] as const
  ) assertEquals(findChanges(KEPT, sampleReport(comparingRow("hot", rates))), [...expected]);
});

Deno.test("findChanges() compares growth beside the smallest size, not absolute numbers", () => {
  const twice = sampleReport(growingRow("files", [100, 500]));
  assertEquals(findChanges(KEPT, twice), []);
  const steeper = sampleReport(growingRow("files", [50, 500]));
  assertEquals(findChanges(KEPT, steeper), [
    { row: "files", ratio: "memory, 1000 to 10 files", before: 5, now: 10, isWithinRounds: false },
  ]);
});

Deno.test("findChanges() finds none in what only one side has", () => {
  const other = sampleReport(comparingRow("cold", [1]), { ...comparingRow("hot", [1]), measures: [] });
  assertEquals(findChanges(KEPT, other), []);
  assertEquals(findChanges(other, KEPT), []);
});

Deno.test("describeChange() says what it was, what it is, and whether that may be chance", () => {
  const change = { row: "hot", ratio: "rate, ours to nginx", before: 0.8, now: 0.6, isWithinRounds: false };
  assertEquals(describeChange(change), "hot: rate, ours to nginx: 0.60, was 0.80 (-25 %)");
  assertEquals(
    describeChange({ ...change, now: 1, isWithinRounds: true }),
    "hot: rate, ours to nginx: 1.00, was 0.80 (+25 %); some rounds came to what it was",
  );
});
