import { assertEquals } from "@std/assert";
import { diff, renderDiff, renderDifference } from "./diff.ts";

function signs(actual: string, expected: string): string {
  const sign = { both: " ", actual: "-", expected: "+" };
  return diff([...actual], [...expected]).map(({ side, text }) => sign[side] + text).join("");
}

Deno.test("diff() keeps the longest common part", () => {
  assertEquals(signs("abc", "abc"), " a b c");
  assertEquals(signs("abc", "axc"), " a-b+x c");
  assertEquals(signs("abc", "ac"), " a-b c");
  assertEquals(signs("ac", "abc"), " a+b c");
  assertEquals(signs("", "ab"), "+a+b");
  assertEquals(signs("aab", "ab"), " a-a b");
  assertEquals(signs("xaybz", "ab"), "-x a-y b-z");
});

Deno.test("diff() gives up on the common part of very long texts", () => {
  const long = Array.from({ length: 3_000 }, (_, at) => `${at}`);
  assertEquals(diff([...long, "a"], ["b", ...long]).length, 6_002);
});

Deno.test("renderDiff() leaves out what is far from a difference", () => {
  const lines = diff([..."0123456789abcdefghij"], [..."0123456789abXdefghij"]);
  assertEquals(renderDiff(lines).split("\n").slice(4), [
    "    ... 8 unchanged lines ...",
    "   8",
    "   9",
    "   a",
    "   b",
    "-  c",
    "+  X",
    "   d",
    "   e",
    "   f",
    "   g",
    "    ... 3 unchanged lines ...",
    "",
  ]);
});

Deno.test("renderDifference() compares strings by quoted lines", () => {
  const text = renderDifference("a\nb \n", "a\nb\n", String);
  assertEquals(text.split("\n").slice(4, -1), ['   "a\\n"', '-  "b \\n"', '+  "b\\n"']);
});
