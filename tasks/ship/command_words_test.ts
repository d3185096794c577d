import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/usage_error.ts";
import { readWords } from "./command_words.ts";

Deno.test("readWords() reads the inventory, the order, and names", () => {
  assertEquals(readWords(["lab.json"]), { path: "lab.json", order: "up", names: [] });
  assertEquals(readWords(["lab.json", "status"]), { path: "lab.json", order: "status", names: [] });
  assertEquals(readWords(["x", "logs", "a", "b/c"]), { path: "x", order: "logs", names: ["a", "b/c"] });
});

Deno.test("readWords() refuses what is no order", () => {
  const cases: ReadonlyArray<readonly [words: string[], message: string]> = [
    [[], "ship needs an inventory, such as lab.json"],
    [["lab.json", "statsu"], 'ship cannot "statsu"; did you mean status?'],
    [
      ["lab.json", "lab1"],
      'ship cannot "lab1": there are up, status, logs, restart, rollback, stop; name lab1 after one',
    ],
  ];
  for (const [words, message] of cases) {
    assertEquals(assertThrows(() => readWords(words), UsageError).message, message);
  }
});
