import { assertEquals } from "@std/assert";
import type { Artefact } from "./artefacts.ts";
import { parseInventory } from "./inventory.ts";
import { programFile, renderLaunchScript, shortVersion } from "./launch_script.ts";
import type { Machine } from "./machine.ts";
import type { MachineReport, RoleReport } from "./machine_report.ts";
import { roleKinds } from "./role_kinds.ts";
import { type Change, planUp, type UpPlan } from "./up_plan.ts";

const SHA = { index: "1".repeat(64), content: "2".repeat(64) };
const ARTEFACTS = new Map<string, Artefact>(
  Object.entries(SHA).map(([word, sha256]) => {
    const name = `microcdn-${word}`;
    return [name, { name, path: `dist/${name}`, sha256 }];
  }),
);

/** A digest that shows what it is of. */
const digest = (text: string): string => `digest of ${text}`;

function machine(roles: unknown): Machine {
  return parseInventory(JSON.stringify({ machines: [{ host: "lab1", roles }] }), roleKinds())[0]!;
}

const INDEX = machine([{ role: "index", flags: { port: 5051 } }]);
const PROGRAM = programFile("microcdn-index", SHA.index);
const AS_IT_SHOULD_BE: RoleReport = {
  name: "index",
  manager: "detached",
  current: digest(renderLaunchScript(INDEX.roles[0]!, PROGRAM)),
  previous: undefined,
  program: PROGRAM,
  checked: SHA.index,
  pid: 17,
  uptimeS: 1,
};

function plan(machine: Machine, ...roles: readonly RoleReport[]): UpPlan {
  const report: MachineReport = {
    system: "Linux x86_64",
    canHash: true,
    manager: "detached",
    whyDetached: "",
    folder: "/home/cdn/microcdn",
    roles,
  };
  return planUp(machine, { report, artefacts: ARTEFACTS, digest });
}

const CASES: ReadonlyArray<readonly [what: string, there: readonly RoleReport[], change: Change, copies: boolean]> = [
  ["a machine with nothing", [], "new", true],
  ["a role that is as it should be", [AS_IT_SHOULD_BE], "unchanged", false],
  ["a role that does not run", [{ ...AS_IT_SHOULD_BE, pid: undefined }], "stopped", false],
  ["a role with other flags", [{ ...AS_IT_SHOULD_BE, current: "other" }], "flags", false],
  ["a role with another program", [{ ...AS_IT_SHOULD_BE, program: "other", checked: "3" }], "program", true],
  ["a program whose bytes were changed", [{ ...AS_IT_SHOULD_BE, checked: "3" }], "damaged", true],
  ["a program that was removed", [{ ...AS_IT_SHOULD_BE, checked: undefined }], "damaged", true],
  ["the program of another role", [{ ...AS_IT_SHOULD_BE, name: "x" }], "new", false],
];

for (const [what, there, change, copies] of CASES) {
  Deno.test(`planUp() on ${what} is "${change}", ${copies ? "with" : "without"} a copy`, () => {
    const { steps, uploads } = plan(INDEX, ...there);
    assertEquals(steps.map(({ role, change }) => [role.name, change]), [["index", change]]);
    assertEquals(uploads.map(({ program }) => program), copies ? [PROGRAM] : []);
  });
}

Deno.test("planUp() copies a program once for several roles, and leaves strangers alone", () => {
  const two = machine([
    { role: "content", name: "a", flags: { "server-id": "A", "tcp-port": 1, "udp-port": 1 } },
    { role: "content", name: "b", flags: { "server-id": "B", "tcp-port": 2, "udp-port": 2 } },
    { role: "index" },
  ]);
  const { steps, uploads, strangers } = plan(two, { ...AS_IT_SHOULD_BE, name: "old" });
  assertEquals(steps.map(({ change }) => change), ["new", "new", "new"]);
  assertEquals(uploads.map(({ artefact }) => artefact.name), ["microcdn-content"]);
  assertEquals(strangers, ["old"]);
});

Deno.test("renderLaunchScript() names the program first, and quotes every flag", () => {
  const [role] = machine([{ role: "index", flags: { "monitor-host": "it's", "log": "json" } }]).roles;
  assertEquals(
    renderLaunchScript(role!, "microcdn-index-0123"),
    `# program microcdn-index-0123
# Made by "deno task ship".
exec ./bin/microcdn-index-0123 '--monitor-host=it'\\''s' '--log=json'
`,
  );
  assertEquals(renderLaunchScript({ args: [] }, "p").split("\n")[2], "exec ./bin/p");
});

Deno.test("programFile() and shortVersion() name a program after its bytes", () => {
  const file = programFile("microcdn-edge-meta", "0123456789abcdef0123");
  assertEquals([file, shortVersion(file)], ["microcdn-edge-meta-0123456789abcdef", "01234567"]);
});
