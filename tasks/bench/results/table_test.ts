import { assertEquals } from "@std/assert";
import { renderTable } from "./table.ts";

Deno.test("renderTable() puts columns in line", () => {
  const table = renderTable({ header: ["what", "é", "x|y"], lines: [["a", "12345", ""], ["long text", "日本"]] });
  assertEquals(table, [
    "| what      | é     | x\\|y |",
    "| --------- | ----- | ---- |",
    "| a         | 12345 |      |",
    "| long text | 日本  |      |",
  ]);
});
