import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type ByteRange, ByteRanges } from "./byte_ranges.ts";

function ranges(...pairs: readonly (readonly [number, number])[]): ByteRange[] {
  return pairs.map(([start, end]) => ({ start, end }));
}

Deno.test("ByteRanges.add() joins what overlaps or touches", () => {
  const table: [ByteRange[], ByteRange[]][] = [
    [ranges(), ranges()],
    [ranges([3, 3]), ranges()],
    [ranges([0, 5], [5, 9]), ranges([0, 9])],
    [ranges([5, 9], [0, 5]), ranges([0, 9])],
    [ranges([0, 5], [7, 9]), ranges([0, 5], [7, 9])],
    [ranges([7, 9], [0, 5], [5, 7]), ranges([0, 9])],
    [ranges([0, 9], [2, 4]), ranges([0, 9])],
    [ranges([2, 4], [6, 8], [0, 10]), ranges([0, 10])],
    [ranges([2, 4], [6, 8], [3, 7]), ranges([2, 8])],
    [ranges([2, 4], [6, 8], [10, 12], [4, 10]), ranges([2, 12])],
  ];
  for (const [added, expected] of table) assertEquals([...new ByteRanges(added)], expected);
});

Deno.test("ByteRanges.prefixBytes ends at the first gap, and isPrefix tells whether there is more", () => {
  assertEquals([new ByteRanges().prefixBytes, new ByteRanges().isPrefix], [0, true]);
  const beginning = new ByteRanges(ranges([0, 5]));
  assertEquals([beginning.prefixBytes, beginning.isPrefix], [5, true]);
  const scattered = new ByteRanges(ranges([0, 5], [6, 7]));
  assertEquals([scattered.prefixBytes, scattered.isPrefix], [5, false]);
  const late = new ByteRanges(ranges([1, 5]));
  assertEquals([late.prefixBytes, late.isPrefix], [0, false]);
});

Deno.test("ByteRanges.gaps() stops at the limit, in the middle of a range or between two", () => {
  const set = new ByteRanges(ranges([2, 4], [6, 8]));
  assertEquals(set.gaps(0), []);
  assertEquals(set.gaps(1), ranges([0, 1]));
  assertEquals(set.gaps(3), ranges([0, 2]));
  assertEquals(set.gaps(8), ranges([0, 2], [4, 6]));
  assertEquals(set.gaps(9), ranges([0, 2], [4, 6], [8, 9]));
});

Deno.test("ByteRanges.missing() tells which of some bytes it does not hold", () => {
  const set = new ByteRanges(ranges([2, 4], [6, 8]));
  const table: [asked: [number, number], expected: ByteRange[]][] = [
    [[0, 0], []],
    [[0, 2], ranges([0, 2])],
    [[1, 3], ranges([1, 2])],
    [[2, 4], []],
    [[3, 4], []],
    [[3, 7], ranges([4, 6])],
    [[4, 6], ranges([4, 6])],
    [[5, 6], ranges([5, 6])],
    [[0, 10], ranges([0, 2], [4, 6], [8, 10])],
    [[8, 10], ranges([8, 10])],
    [[20, 21], ranges([20, 21])],
  ];
  for (const [[start, end], expected] of table) assertEquals(set.missing({ start, end }), expected, `${start}-${end}`);
});

const LIMIT = 40;
const anyRange = fc.tuple(fc.nat(LIMIT), fc.nat(LIMIT)).map(([a, b]) => ({
  start: Math.min(a, b),
  end: Math.max(a, b),
}));

Deno.test("ByteRanges holds the same bytes as a set of numbers", () => {
  fc.assert(fc.property(fc.array(anyRange, { maxLength: 20 }), anyRange, (added, asked) => {
    const model = new Set<number>();
    for (const { start, end } of added) for (let at = start; at < end; at++) model.add(at);
    const set = new ByteRanges(added);
    const has = (at: number): boolean => set.covers({ start: at, end: at + 1 });
    for (let at = 0; at < LIMIT; at++) assertEquals(has(at), model.has(at));
    assertEquals(set.totalBytes, model.size);
    const all = Array.from({ length: asked.end - asked.start }, (_, at) => asked.start + at);
    assertEquals(set.covers(asked), all.every((at) => model.has(at)));
    const missing = set.missing(asked).flatMap(({ start, end }) =>
      Array.from({ length: end - start }, (_, at) => start + at)
    );
    assertEquals(missing, all.filter((at) => !model.has(at)));
    const gaps = set.gaps(LIMIT);
    assertEquals(gaps.reduce((sum, { start, end }) => sum + end - start, 0), LIMIT - model.size);
    const together = new ByteRanges([...set, ...gaps]);
    assertEquals([...together], ranges([0, LIMIT]));
    const bounds = [...set].flatMap(({ start, end }) => [start, end]);
    assert(bounds.every((bound, at) => at === 0 || bound > bounds[at - 1]!), "in order, none touching");
  }));
});
