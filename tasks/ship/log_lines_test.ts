import { assertEquals } from "@std/assert";
import { LineSplitter, renderLogLine } from "./log_lines.ts";

Deno.test("LineSplitter.push() gives whole lines, however they come", () => {
  const text = "one\n\ntwo words\nthree";
  for (const cut of [1, 2, 5, text.length]) {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (let at = 0; at < text.length; at += cut) splitter.push(text.slice(at, at + cut));
    assertEquals(lines, ["one", "", "two words"]);
    splitter.push("\n");
    assertEquals(lines.at(-1), "three");
  }
});

Deno.test("LineSplitter.push() cuts a line that never ends", () => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (let count = 0; count < 100; count++) splitter.push("x".repeat(10_000));
  splitter.push("\nnext\n");
  assertEquals(lines.map(({ length }) => length), [65_536, 4]);
});

Deno.test("renderLogLine() puts the role before a line, which cannot drive a terminal", () => {
  assertEquals(renderLogLine("lab1", "index", "a\x1b[2Jb"), "lab1/index  a\\u001b[2Jb");
});
