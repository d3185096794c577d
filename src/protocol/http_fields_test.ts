import { assertEquals } from "@std/assert";
import { fieldOf, readEntityTag, readEntityTags, readHttpDate, writeHttpDate } from "./http_fields.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
const EXAMPLE_MS = Date.UTC(1994, 10, 6, 8, 49, 37);

Deno.test("fieldOf() finds a field whatever its case, and joins its lines", () => {
  const fields: [string, string][] = [["Accept", "a"], ["X-Empty", ""], ["ACCEPT", " b "], ["accepted", "c"]];
  assertEquals(fieldOf(fields, "accept"), "a, b");
  assertEquals(fieldOf(fields, "X-EMPTY"), "");
  assertEquals(fieldOf(fields, "range"), undefined);
});

Deno.test("readEntityTags() reads tags, lists and the star, and nothing else", () => {
  const table: [text: string, expected: string | undefined][] = [
    ['"abc"', "abc"],
    ['W/"abc"', "W abc"],
    ['""', ""],
    ['"a,b"', "a,b"],
    ['"a", W/"b" ,"c"', "a|W b|c"],
    [', "a",, "b" ,', "a|b"],
    ['"a\x80b"', "a\x80b"],
    ["*", "*"],
    [" * ", "*"],
    ["abc", undefined],
    ['"abc', undefined],
    ['w/"abc"', undefined],
    ['"a""b"', undefined],
    ['"a" b', undefined],
    ['"a b"', undefined],
    ["", undefined],
    [",", undefined],
    ['*, "a"', undefined],
  ];
  for (const [text, expected] of table) {
    const tags = readEntityTags(text);
    const shown = tags === "*" ? tags : tags?.map(({ isWeak, opaque }) => `${isWeak ? "W " : ""}${opaque}`).join("|");
    assertEquals(shown, expected, text);
  }
  assertEquals(readEntityTag('W/"x"'), { isWeak: true, opaque: "x" });
  assertEquals(readEntityTag('"x", "y"'), undefined);
  assertEquals(readEntityTag("*"), undefined);
});

Deno.test("readHttpDate() reads the three forms", () => {
  const good: [text: string, unixMs: number][] = [
    ["Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE_MS],
    ["Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE_MS],
    ["Sun Nov  6 08:49:37 1994", EXAMPLE_MS],
    ["Wed Nov 16 08:49:37 1994", Date.UTC(1994, 10, 16, 8, 49, 37)],
    ["Thu, 29 Feb 2024 00:00:00 GMT", Date.UTC(2024, 1, 29)],
    ["Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2016, 11, 31, 23, 59, 59)],
    ["Monday, 01-Jan-76 00:00:00 GMT", Date.UTC(2076, 0, 1)],
    ["Monday, 01-Jan-77 00:00:00 GMT", Date.UTC(1977, 0, 1)],
  ];
  for (const [text, unixMs] of good) assertEquals(readHttpDate(text, NOW_MS), unixMs, text);
});

Deno.test("readHttpDate() refuses what is no date", () => {
  for (
    const text of [
      "",
      "0",
      "yesterday",
      "1994-11-06T08:49:37Z",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 nov 1994 08:49:37 GMT",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 31 Feb 1994 08:49:37 GMT",
      "Sun, 00 Feb 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
    ]
  ) {
    assertEquals(readHttpDate(text, NOW_MS), undefined, text);
  }
});

Deno.test("writeHttpDate() cuts to seconds, and readHttpDate() reads it", () => {
  assertEquals(writeHttpDate(EXAMPLE_MS + 999), "Sun, 06 Nov 1994 08:49:37 GMT");
  assertEquals(readHttpDate(writeHttpDate(NOW_MS), NOW_MS), NOW_MS);
});
