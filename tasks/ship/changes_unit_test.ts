import { assertEquals, assertStringIncludes } from "@std/assert";
import { testWith } from "../../tests/missing_programs.ts";
import { verifyUnits } from "../../tests/unit_verification.ts";
import { upCall } from "./changes.ts";
import { parseInventory } from "./inventory.ts";
import { roleKinds } from "./role_kinds.ts";

testWith(["systemd-analyze"], "systemd understands the unit that ship writes", async () => {
  const inventory = { machines: [{ host: "lab1", roles: [{ role: "index", flags: { "monitor-host": "it's;%d" } }] }] };
  const [machine] = parseInventory(JSON.stringify(inventory), roleKinds());
  const report = {
    system: "Linux x86_64",
    canHash: true,
    manager: "systemd",
    whyDetached: "",
    folder: `/home/cdn/two words/50% "$x" \\`,
    roles: [],
  } as const;
  const step = { role: machine!.roles[0]!, change: "new", program: "p", sha256: "", script: "" } as const;
  const unit = upCall(machine!, step, report).at(-1)!;
  // The folder is not on this machine, where systemd looks for it.
  const here = unit.replace(/^WorkingDirectory=.*\n/m, "");
  assertEquals(await verifyUnits({ "microcdn-index": here }), { code: 0, errors: "" });
  assertStringIncludes(unit, String.raw`ExecStart=/bin/sh "/home/cdn/two words/50%% \"$$x\" \\/roles/index/current"`);
});
