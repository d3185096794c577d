import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/usage_error.ts";
import { shortNameOf } from "../../src/cli/roles.ts";
import { pickPrograms, PROGRAMS } from "./choice.ts";

function namesOf(...words: readonly string[]): string[] {
  return pickPrograms(words).map(({ name }) => name);
}

Deno.test("pickPrograms() takes roles, programs, the whole one, each once, and all if none is named", () => {
  assertEquals(namesOf("index"), ["microcdn-index"]);
  assertEquals(namesOf("microcdn-index", "index"), ["microcdn-index"]);
  assertEquals(namesOf("microcdn", "client"), ["microcdn-client", "microcdn"]);
  assertEquals(namesOf(), PROGRAMS.map(({ name }) => name));
});

Deno.test("pickPrograms() names the nearest role, or all that there are", () => {
  const all = `there are ${PROGRAMS.map(shortNameOf).join(", ")}`;
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["indx", "Unknown role indx; did you mean index?"],
    ["microcdn-contnt", "Unknown role microcdn-contnt; did you mean microcdn-content?"],
    ["proxy", `Unknown role proxy: ${all}`],
    ["", `Unknown role : ${all}`],
  ];
  for (const [word, message] of cases) {
    assertEquals(assertThrows(() => namesOf("index", word), UsageError).message, message);
  }
});
