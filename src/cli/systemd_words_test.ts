import { assertEquals, assertThrows } from "@std/assert";
import { quoteArgument, quotePath, writePath, writeText } from "./systemd_words.ts";

const ARGUMENTS: ReadonlyArray<readonly [word: string, written: string]> = [
  ["--port=5050", "--port=5050"],
  ["", '""'],
  ["two words", '"two words"'],
  ["it's", `"it's"`],
  ['a"b', '"a\\"b"'],
  ["a\\nb", '"a\\\\nb"'],
  ["100%", "100%%"],
  ["%n of %i", '"%%n of %%i"'],
  ["$HOME", "$$HOME"],
  ["${HOME} $$", '"$${HOME} $$$$"'],
  [";", '";"'],
  ["a;b", '"a;b"'],
  ["*?[~]", '"*?[~]"'],
  ["-x", "-x"],
  ["@y", "@y"],
  ["a\nExecStartPre=/bin/false", '"a\\x0aExecStartPre=/bin/false"'],
  ["\t\x1b\x7f\u0085", '"\\x09\\x1b\\x7f\\xc2\\x85"'],
  ["Größe €😀", '"Größe €😀"'],
];

Deno.test("quoteArgument() writes a word so that it reaches the program as it is", () => {
  for (const [word, written] of ARGUMENTS) assertEquals(quoteArgument(word), written);
  assertThrows(() => quoteArgument("a\0b"), RangeError, "NUL");
});

Deno.test("quotePath() writes a path as one of a list, without variables", () => {
  const table: ReadonlyArray<readonly [path: string, written: string]> = [
    ["/srv/files", "/srv/files"],
    ["/srv/two words", '"/srv/two words"'],
    ["/srv/$HOME", "/srv/$HOME"],
    ["/srv/50%", "/srv/50%%"],
    ["/srv/a:b", '"/srv/a:b"'],
    ['/srv/"a\\b"', '"/srv/\\"a\\\\b\\""'],
  ];
  for (const [path, written] of table) assertEquals(quotePath(path), written);
});

Deno.test("writePath() writes a path that is all of a setting", () => {
  assertEquals(writePath("/srv/two words/50%"), "/srv/two words/50%%");
});

Deno.test("quotePath() and writePath() refuse a path that could not be written, or would be a setting of its own", () => {
  for (const path of ["/srv/a\nUser=root", "/srv/a\t", "/srv/\u0085"]) {
    for (const write of [quotePath, writePath]) assertThrows(() => write(path), RangeError, "control character");
  }
});

Deno.test("writeText() writes one line that means nothing else", () => {
  assertEquals(writeText("index of 50% \n more"), "index of 50%%   more");
  assertEquals(writeText("ends with a backslash \\\\"), "ends with a backslash");
});
