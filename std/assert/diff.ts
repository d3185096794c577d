/**
 * How two texts differ, line by line.
 *
 * @module
 */

/** One line of a difference: of both texts, of the actual one or of the expected one. */
export interface DiffLine {
  /** Where the line is. */
  readonly side: "both" | "actual" | "expected";
  /** The line. */
  readonly text: string;
}

/** Past this many pairs of lines the longest common part is not searched for: it would take too long to be of use. */
const MAX_PAIRS = 4_000_000;

/** Lines shown on each side of a difference. */
const CONTEXT = 4;

/** Compares two lists of lines. */
export function diff(
  actual: readonly string[],
  expected: readonly string[],
): DiffLine[] {
  let start = 0;
  while (
    start < Math.min(actual.length, expected.length) &&
    actual[start] === expected[start]
  ) start++;
  let end = 0;
  const most = Math.min(actual.length, expected.length) - start;
  while (
    end < most &&
    actual[actual.length - 1 - end] === expected[expected.length - 1 - end]
  ) end++;
  return [
    ...on("both", actual.slice(0, start)),
    ...diffMiddle(
      actual.slice(start, actual.length - end),
      expected.slice(start, expected.length - end),
    ),
    ...on("both", actual.slice(actual.length - end)),
  ];
}

function on(side: DiffLine["side"], lines: readonly string[]): DiffLine[] {
  return lines.map((text) => ({ side, text }));
}

function diffMiddle(
  actual: readonly string[],
  expected: readonly string[],
): DiffLine[] {
  if (actual.length * expected.length > MAX_PAIRS) return [...on("actual", actual), ...on("expected", expected)];
  const common = commonLengths(actual, expected);
  const width = expected.length + 1;
  const lines: DiffLine[] = [];
  let a = 0, e = 0;
  while (a < actual.length && e < expected.length) {
    if (actual[a] === expected[e]) {
      lines.push({ side: "both", text: actual[a]! });
      a++, e++;
    } else if (common[(a + 1) * width + e]! >= common[a * width + e + 1]!) {
      lines.push({ side: "actual", text: actual[a++]! });
    } else {
      lines.push({ side: "expected", text: expected[e++]! });
    }
  }
  return [
    ...lines,
    ...on("actual", actual.slice(a)),
    ...on("expected", expected.slice(e)),
  ];
}

/** The length of the longest common part of what follows each pair of places. */
function commonLengths(
  actual: readonly string[],
  expected: readonly string[],
): Uint32Array {
  const width = expected.length + 1;
  const lengths = new Uint32Array((actual.length + 1) * width);
  for (let a = actual.length - 1; a >= 0; a--) {
    for (let e = expected.length - 1; e >= 0; e--) {
      const at = a * width + e;
      lengths[at] = actual[a] === expected[e]
        ? lengths[at + width + 1]! + 1
        : Math.max(lengths[at + width]!, lengths[at + 1]!);
    }
  }
  return lengths;
}

const SIGNS: Record<DiffLine["side"], string> = {
  both: "   ",
  actual: "-  ",
  expected: "+  ",
};

/** Writes a difference for people; long parts that are equal are left out. */
export function renderDiff(lines: readonly DiffLine[]): string {
  const near = new Set<number>();
  for (const [at, { side }] of lines.entries()) {
    if (side === "both") continue;
    for (let by = -CONTEXT; by <= CONTEXT; by++) near.add(at + by);
  }
  const shown: string[] = ["", "    [Diff] Actual / Expected", "", ""];
  let left = 0;
  for (const [at, { side, text }] of lines.entries()) {
    if (!near.has(at)) {
      left++;
      continue;
    }
    if (left > 0) shown.push(`    ... ${left} unchanged lines ...`);
    left = 0;
    shown.push(SIGNS[side] + text);
  }
  if (left > 0) shown.push(`    ... ${left} unchanged lines ...`);
  return [...shown, ""].join("\n");
}

/** Compares two values by their texts, or two strings by their lines. */
export function renderDifference(
  actual: unknown,
  expected: unknown,
  format: (value: unknown) => string,
): string {
  const texts = typeof actual === "string" && typeof expected === "string";
  const [a, e] = texts
    ? [linesOf(actual), linesOf(expected)]
    : [actual, expected].map((one) => format(one).split("\n"));
  return renderDiff(diff(a!, e!));
}

/** The lines of a string, quoted so that blanks and control characters show. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/).map((line) => JSON.stringify(line));
}
