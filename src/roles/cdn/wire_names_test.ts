import { assertEquals, assertThrows } from "@std/assert";
import { wireNames } from "./wire_names.ts";

Deno.test("wireNames() asks for the canonical form, then the raw one where that means nothing else", () => {
  const table: [name: string, names: string[]][] = [
    ["hello.txt", ["hello.txt"]],
    ["a b", ["a%20b", "a b"]],
    ["Größe", ["Gr%C3%B6%C3%9Fe", "Größe"]],
    ["100%", ["100%25", "100%"]],
    ["a%20b", ["a%2520b"]],
    ["two\nlines", ["two%0Alines"]],
    [" padded", ["%20padded"]],
    ["\ud800", ["%EF%BF%BD"]],
  ];
  for (const [name, names] of table) assertEquals(wireNames(name), names);
});

Deno.test("wireNames() refuses a name that is empty or too long", () => {
  assertThrows(() => wireNames(""), RangeError);
  assertThrows(() => wireNames("x".repeat(4_097)), RangeError);
  assertThrows(() => wireNames(" ".repeat(1_400)), RangeError);
});
