import { assertEquals } from "@std/assert";
import { renderData, renderListing } from "./listings.ts";

const FILES = {
  columns: [{ title: "size", align: "right" }, { title: "name" }],
  rows: [["42", "hello.txt"], ["1048576", "a\x1b[2J\nb"]],
} as const;

Deno.test("renderListing() aligns columns for people", () => {
  assertEquals(renderListing(FILES, { isTerminal: true }), "     42  hello.txt\n1048576  a\\u001b[2J\\u000ab\n");
  assertEquals(
    renderListing(FILES, { isTerminal: true, hasTitles: true }),
    "   SIZE  NAME\n     42  hello.txt\n1048576  a\\u001b[2J\\u000ab\n",
  );
  assertEquals(renderListing({ ...FILES, rows: [] }, { isTerminal: true }), "");
});

Deno.test("renderListing() writes tabs and lines for programs", () => {
  assertEquals(
    renderListing(FILES, { isTerminal: false, hasTitles: true }),
    "42\thello.txt\n1048576\ta\\u001b[2J\\u000ab\n",
  );
});

Deno.test("renderData() keeps every value, and drives no terminal", () => {
  const value = { name: "\x9b31m\u202e\n", sizes: [1, 2] };
  assertEquals(JSON.parse(renderData(value)), value);
  assertEquals(renderData(value).match(/[\x9b\u202e]/), null);
  assertEquals(renderData([]), "[]\n");
});
