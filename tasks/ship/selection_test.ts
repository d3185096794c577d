import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/usage_error.ts";
import { parseInventory } from "./inventory.ts";
import { roleKinds } from "./role_kinds.ts";
import { selectMachines } from "./selection.ts";

const MACHINES = parseInventory(
  JSON.stringify({
    machines: [
      { host: "lab1", roles: [{ role: "index" }, { role: "monitor" }] },
      { host: "lab2", roles: [{ role: "content" }] },
    ],
  }),
  roleKinds(),
);

function selected(...words: string[]): string[] {
  return selectMachines(MACHINES, words).map(({ machine: { name, roles }, isWhole }) =>
    `${name}: ${roles.map((role) => role.name).join(" ")}${isWhole ? "" : " only"}`
  );
}

Deno.test("selectMachines() picks machines and single roles, in the order of the inventory", () => {
  assertEquals(selected(), ["lab1: index monitor", "lab2: content"]);
  assertEquals(selected("lab2"), ["lab2: content"]);
  assertEquals(selected("lab2", "lab1/monitor"), ["lab1: monitor only", "lab2: content"]);
  assertEquals(selected("lab1/index", "lab1"), ["lab1: index monitor"]);
  assertEquals(selected("lab2/content"), ["lab2: content only"]);
});

Deno.test("selectMachines() refuses a name that nobody has", () => {
  const cases: ReadonlyArray<readonly [word: string, message: string]> = [
    ["lab3", "The inventory has no lab3; did you mean lab1?"],
    ["lab1/idnex", "The inventory has no lab1/idnex; did you mean lab1/index?"],
    ["lab2/index", "The inventory has no lab2/index; did you mean lab1/index?"],
    ["elsewhere", "The inventory has no elsewhere: there are lab1, lab2"],
    ["\x1b[2J", "The inventory has no \\u001b[2J: there are lab1, lab2"],
  ];
  for (const [word, message] of cases) {
    assertEquals(assertThrows(() => selectMachines(MACHINES, ["lab1", word]), UsageError).message, message);
  }
});
