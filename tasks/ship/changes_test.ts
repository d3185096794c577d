import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import {
  changeDeadlineMs,
  describeChange,
  describeOutcomes,
  restartCall,
  rollbackCall,
  stopCall,
  stopSeconds,
  upCall,
} from "./changes.ts";
import { parseInventory } from "./inventory.ts";
import type { MachineReport } from "./machine_report.ts";
import { roleKinds } from "./role_kinds.ts";
import type { Change } from "./up_plan.ts";

const [MACHINE] = parseInventory(
  JSON.stringify({
    machines: [{
      host: "lab1",
      roles: [{ role: "index", flags: { drain: 7.5 } }, { role: "monitor", name: "m", flags: { quiet: true } }],
    }],
  }),
  roleKinds(),
);
const [INDEX, MONITOR] = MACHINE!.roles;
const REPORT: MachineReport = {
  system: "Linux x86_64",
  canHash: true,
  manager: "systemd",
  whyDetached: "",
  folder: "/home/cdn/two words",
  roles: [],
};

Deno.test("upCall() hands over all that a role is", () => {
  const step = { role: INDEX!, change: "new", program: "p-01", sha256: "01", script: "exec p" } as const;
  const [name, ...args] = upCall(MACHINE!, step, REPORT);
  assertEquals([name, ...args.slice(0, -1)], ["up", "index", "23", "loud", "systemd", "p-01", "01", "exec p"]);
  const unit = args.at(-1)!;
  assertStringIncludes(unit, '\nExecStart=/bin/sh "/home/cdn/two words/roles/index/current"\n');
  assertStringIncludes(unit, "\nWorkingDirectory=/home/cdn/two words\n");
  assertStringIncludes(unit, "\nTimeoutStopSec=23\n");
  assertStringIncludes(unit, "\nWantedBy=default.target\n");
});

Deno.test("calls for a role tell how long it may take to stop, and whether it says that it is ready", () => {
  assertEquals(restartCall(INDEX!), ["restart", "index", "23", "loud"]);
  assertEquals(rollbackCall(MONITOR!), ["rollback", "m", "20", "quiet"]);
  assertEquals(stopCall("m", MONITOR), ["stop", "m", "20"]);
  assertEquals(stopCall("stranger", undefined), ["stop", "stranger", "20"]);
});

Deno.test("changeDeadlineMs() leaves every role time to stop and start, and to go back", () => {
  const one = changeDeadlineMs([INDEX]);
  assertLess(2 * stopSeconds(INDEX) * 1_000, one);
  assertEquals(changeDeadlineMs([INDEX, MONITOR]) > one, true);
  assert(changeDeadlineMs([]) > 0);
});

Deno.test("describeOutcomes() says of every role what came of it", () => {
  const { parts, isGood } = describeOutcomes([
    { kind: "started", name: "a", pid: 1 },
    { kind: "stopped", name: "b", pid: 2 },
    { kind: "stopped", name: "c", pid: undefined },
  ], (name) => `is ${name}`);
  assertEquals([parts, isGood], [["a is a (pid 1)", "b stopped", "c did not run"], true]);
  const failed = (now: "kept" | "restored" | "down"): unknown =>
    describeOutcomes([{ kind: "failed", name: "a", now, reason: "no space left" }], () => "");
  const line = "a FAILED: no space left; ";
  assertEquals(failed("kept"), { parts: [`${line}nothing was changed`], isGood: false });
  assertEquals(failed("restored"), { parts: [`${line}the version before runs again`], isGood: false });
  assertEquals(failed("down"), { parts: [`${line}it does not run now`], isGood: false });
});

Deno.test("describeChange() says why a role was touched", () => {
  const all: readonly Change[] = ["new", "program", "flags", "damaged", "stopped", "unchanged"];
  assertEquals(all.map((change) => describeChange(change, "microcdn-index-0123456789abcdef")), [
    "installed 01234567",
    "updated to 01234567",
    "restarted with new flags",
    "mended 01234567",
    "started",
    "unchanged",
  ]);
});
