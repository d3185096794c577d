import { assertEquals } from "@std/assert";
import { escapeControls } from "./escape_controls.ts";

Deno.test("escapeControls() leaves nothing that drives a terminal, and all else as it is", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["hello.txt", "hello.txt"],
    ["Größe 1 漢字 🎉", "Größe 1 漢字 🎉"],
    ["a\nb\r\tc", "a\\u000ab\\u000d\\u0009c"],
    ["\x1b[2J\x9b31m\x07", "\\u001b[2J\\u009b31m\\u0007"],
    ["txt.\u202eexe", "txt.\\u202eexe"],
    ["a\u2028b", "a\\u2028b"],
    ["tag \u{e0001}", "tag \\udb40\\udc01"],
    ["می\u200cخواهم", "می\u200cخواهم"],
  ];
  for (const [text, expected] of cases) assertEquals(escapeControls(text), expected);
});

Deno.test("escapeControls() keeps the value of JSON", () => {
  const value = { name: "\x9b\u202e\u{e0001}\n", other: "plain" };
  assertEquals(JSON.parse(escapeControls(JSON.stringify(value))), value);
});
