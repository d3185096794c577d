import { assertEquals, assertThrows } from "@std/assert";
import { fillIn, matchLine, parsePattern, PLACEHOLDERS, variablesOf } from "./pattern.ts";

const KNOWN = new Map([["id", "CS.1"], ["n", "6"]]);

function match(pattern: string, line: string): Record<string, string> | undefined {
  const set = matchLine(parsePattern(pattern), line, KNOWN);
  return set === undefined ? undefined : Object.fromEntries(set);
}

Deno.test("matchLine() takes what a placeholder stands for, and nothing else", () => {
  const table: [kind: string, good: string[], bad: string[]][] = [
    ["ip", ["127.0.0.1", "::1", "fe80::1%eth0", "cs1.lab"], ["", "a b", "[::1]"]],
    ["port", ["1", "7001", "65535"], ["0", "65536", "07001", "-1", "7x", ""]],
    ["id", ["CS1", "a/b:c"], ["", "a b", "\u00e9"]],
    ["name", ["a.txt", "a%20b"], ["", "a b"]],
    ["word", ["x"], ["x y"]],
    ["size", ["0", "10", "9007199254740992"], ["", "-1", "01", "1.5", "1k"]],
    ["count", ["0", "3"], ["three"]],
    ["timestamp", ["1767225600", "1767225600.25", "2026-01-01T00:00:00Z"], ["", "now", "1 2"]],
    ["status", ["alive", "DEAD", "not_sure"], ["", "a b"]],
    ["alive", ["alive", "ALIVE"], ["dead", "alived"]],
    ["dead", ["dead", "DEAD"], ["alive"]],
    ["code", ["FILE_NOT_FOUND"], ["file_not_found", ""]],
    ["sha256", ["0".repeat(64)], ["0".repeat(63), "A".repeat(64)]],
  ];
  assertEquals(table.map(([kind]) => kind).sort(), Object.keys(PLACEHOLDERS).sort());
  for (const [kind, good, bad] of table) {
    for (const text of good) assertEquals(match(`A <${kind}>`, `A ${text}`), {}, `${kind} ${text}`);
    for (const text of bad) assertEquals(match(`A <${kind}>`, `A ${text}`), undefined, `${kind} ${text}`);
  }
});

Deno.test("matchLine() compares all else as it is written", () => {
  assertEquals(match("OK", "OK"), {});
  for (const other of ["ok", "OK ", " OK", "OK\r", "OKAY", ""]) assertEquals(match("OK", other), undefined, other);
  assertEquals(match("a.b (c)", "axb (c)"), undefined);
  assertEquals(match("SERVER {id}", "SERVER CS.1"), {});
  assertEquals(match("SERVER {id}", "SERVER CSx1"), undefined);
  assertEquals(match("ERROR ...", "ERROR A B"), {});
  assertEquals(match("ERROR ...", "ERROR"), undefined);
  assertEquals(match("a ... b", "a x b"), undefined);
});

Deno.test("matchLine() keeps what it is told to keep", () => {
  assertEquals(match("OK <size:n> <word>", "OK 7 x"), { n: "7" });
  assertEquals(match("<size:a> <size:a>", "7 7"), { a: "7" });
  assertEquals(match("<size:a> <size:a>", "7 8"), undefined);
});

Deno.test("parsePattern() tells what a pattern uses and sets, and refuses unknown kinds", () => {
  assertEquals(parsePattern("A {b} <ip:c> <port>"), { text: "A {b} <ip:c> <port>", uses: ["b"], sets: ["c"] });
  assertThrows(() => parsePattern("<length>"), RangeError, "<length> is not one of");
});

Deno.test("fillIn() and variablesOf() leave what is not known", () => {
  assertEquals(fillIn("{id} {n} {other}", KNOWN), "CS.1 6 {other}");
  assertEquals(variablesOf("{id} {other} {A}"), ["id", "other"]);
});
