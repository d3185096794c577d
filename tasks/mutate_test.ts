import { assertEquals, assertThrows } from "@std/assert";
import type { Mutation } from "../tests/simulation/mutations.ts";
import { mutate, readFinding, renderTable } from "./mutate.ts";

const MUTATION: Mutation = { name: "none is one", path: "src/a.ts", search: "= 0;", replace: "= 1;" };

Deno.test("mutate() changes the one place, and refuses none or two", () => {
  assertEquals(mutate("const a = 0;\nconst b = 2;\n", MUTATION), "const a = 1;\nconst b = 2;\n");
  assertThrows(
    () => mutate("", MUTATION),
    RangeError,
    'Cannot put "none is one" into src/a.ts: its place is there 0 times',
  );
  assertThrows(() => mutate("a = 0; b = 0;", MUTATION), RangeError, "its place is there 2 times");
});

Deno.test("readFinding() reads what a failed simulation printed, and nothing else", () => {
  const output = "seed 17 at commit unknown breaks: nothing leaks\n  at 1.000 ms: seed 18 at commit x breaks: y\n";
  assertEquals(readFinding(output), { seed: 17, finding: "nothing leaks" });
  assertEquals(readFinding("200 of 200 seeds hold, in 9.0 s\n"), undefined);
});

Deno.test("renderTable() lines its columns up", () => {
  const table = renderTable([
    { mutation: MUTATION, seed: 17, finding: "nothing leaks" },
    { mutation: { ...MUTATION, name: "x" }, seed: undefined, finding: "not in 200 seeds" },
  ]);
  assertEquals(table.split("\n"), [
    "| fault       | in         | found by seed | broken promise   |",
    "| ----------- | ---------- | ------------- | ---------------- |",
    "| none is one | `src/a.ts` | 17            | nothing leaks    |",
    "| x           | `src/a.ts` | none          | not in 200 seeds |",
  ]);
});
