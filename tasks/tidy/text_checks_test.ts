import { assertEquals } from "@std/assert";
import { renderProblem } from "./project.ts";
import { checkBlanks, checkWords } from "./text_checks.ts";

function words(text: string, path = "src/a.ts"): string[] {
  return checkWords([{ path, text }]).map(({ message }) => /^"([^"]+)"/.exec(message)![1]!);
}

function blanks(text: string, path = "src/a.ts"): string[] {
  return checkBlanks([{ path, text }]).map(renderProblem);
}

// The words themselves are put together from parts, or this file would not be tidy.

Deno.test("checkWords() reports leftovers", () => {
  for (
    const word of ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "not " + "implemented", "Not " + "implemented"]
  ) {
    assertEquals(words(`// ${word}: later\n`), [word]);
    assertEquals(words(`It is ${word}.\n`, "README.md"), [word]);
  }
});

Deno.test("checkWords() leaves words alone that only contain a leftover", () => {
  assertEquals(
    words(`const M${"TO" + "DO"}S = "${"X" + "XX"}X"; respond(501, "Not ${"Imple"}mented"); hackney();\n`),
    [],
  );
});

Deno.test("checkWords() reports registries' hosts", () => {
  for (const host of ["registry.npmjs" + ".org", "jsr" + ".io", "deno" + ".land", "esm" + ".sh", "unpkg" + ".com"]) {
    assertEquals(words(`See https://${host}/x\n`, "README.md"), [host]);
    assertEquals(words(`See https://${host}/x\n`, "deno.lock"), []);
  }
  assertEquals(words("See https://docs.deno.com/runtime\n", "README.md"), []);
});

Deno.test("checkWords() reports paths of one machine", () => {
  const work = "/wo" + "rk/", root = "/ro" + "ot/", outside = "../sha" + "red";
  assertEquals(words(`cd ${work}main\n`), [work]);
  assertEquals(words(`"${root}.cache"\n`), [root]);
  assertEquals(words(`see ${outside}/design\n`), [outside]);
  assertEquals(words(`"./net${work}" "http:/${work}" import "${outside}.ts"; ".${outside}Memory"\n`), ["/wo" + "rk/"]);
});

Deno.test("checkBlanks() reports blanks, tabs, carriage returns and a missing last line end", () => {
  assertEquals(blanks("one\ntwo\n"), []);
  assertEquals(blanks(""), []);
  assertEquals(blanks("one \ntwo\n"), ["src/a.ts:1: blanks at the end of the line"]);
  assertEquals(blanks("one\n\ttwo\n"), ["src/a.ts:2: a tab: indent with spaces, write others as \\t"]);
  assertEquals(blanks("one\r\n"), ["src/a.ts:1: a carriage return: lines end with a line feed alone"]);
  assertEquals(blanks("one"), ["src/a.ts: the last line has no end"]);
  assertEquals(blanks("one\n\n"), ["src/a.ts: empty lines at the end"]);
});

Deno.test("checkBlanks() leaves samples and recorded data as they are", () => {
  for (const path of ["content/cs1/hello.txt", "tests/testdata/lines.txt", "deno.lock"]) {
    assertEquals(blanks("one \r\n\ttwo", path), []);
  }
});
