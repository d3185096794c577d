import { assert, assertEquals } from "@std/assert";
import { columnsOf, fitColumns } from "./columns.ts";

Deno.test("columnsOf() counts what a terminal shows", () => {
  assertEquals(columnsOf("hello"), 5);
  assertEquals(columnsOf("漢字"), 4);
  assertEquals(columnsOf("🎉"), 2);
  assertEquals(columnsOf("e\u0301"), 1);
  assertEquals(columnsOf(""), 0);
});

Deno.test("fitColumns() cuts at the width, never above it", () => {
  assertEquals(fitColumns("hello.txt", 9), "hello.txt");
  assertEquals(fitColumns("hello.txt", 6), "hello…");
  assertEquals(fitColumns("hello.txt", 1), "…");
  assertEquals(fitColumns("hello.txt", 0), "");
  for (let columns = 0; columns < 12; columns++) assert(columnsOf(fitColumns("漢字漢字漢", columns)) <= columns);
});
