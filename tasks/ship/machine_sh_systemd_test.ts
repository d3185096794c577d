import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { digest, isAlive, LIBRARY, MachineHome, standIn } from "../../tests/machine_home.ts";
import { parseLogs, type RoleOutcome } from "./machine_report.ts";
import { lookOrder, reportOrder } from "./orders.ts";

const ignore = Deno.build.os !== "linux";

function test(name: string, run: (machine: MachineHome) => Promise<void>): void {
  Deno.test({
    name: `machine.sh with a stand-in for systemd: ${name}`,
    ignore,
    async fn(): Promise<void> {
      await using machine = await MachineHome.create({ hasSystemd: true, place: "here" });
      await run(machine);
    },
  });
}

/** The unit that starts a role of a machine. */
function unitOf(machine: MachineHome, name: string): string {
  return `[Service]\nExecStart=/bin/sh ${machine.folder}/roles/${name}/current\nWorkingDirectory=${machine.folder}\n`;
}

async function bringUp(machine: MachineHome, text: string, mode = "works"): Promise<RoleOutcome> {
  const options = { mode, manager: "systemd", unit: unitOf(machine, "index") } as const;
  const [outcome] = await machine.change(await machine.up("index", text, options));
  return outcome!;
}

function unitName(machine: MachineHome): string {
  return `microcdn-index-${digest(`${machine.folder}\n`).slice(0, 8)}.service`;
}

async function calls(machine: MachineHome): Promise<string[]> {
  return (await Deno.readTextFile(`${machine.runtime}/calls`)).trimEnd().split("\n");
}

test("asks that roles may outlive the login only if it may", async (machine) => {
  const look = await machine.script(reportOrder(LIBRARY, "here", { checksPrograms: false, mayLinger: false }));
  assertStringIncludes(
    look.output,
    "microcdn manager detached systemd --user ends at logout: loginctl enable-linger\n",
  );
  assertEquals((await calls(machine)).some((call) => call.includes("enable-linger")), false);
  const prepare = await machine.script(reportOrder(LIBRARY, "here", { checksPrograms: false, mayLinger: true }));
  assertMatch(prepare.output, /^microcdn manager systemd $/m);
  assert((await calls(machine)).includes("loginctl --no-ask-password enable-linger"));
});

test("writes a unit, enables and starts it, and stops it", async (machine) => {
  const outcome = await bringUp(machine, standIn("one"));
  const pid = outcome.kind === "started" ? outcome.pid : 0;
  assert(await isAlive(pid), JSON.stringify(outcome));
  const unit = unitName(machine);
  assertEquals(await Deno.readTextFile(`${machine.home}/.config/systemd/user/${unit}`), unitOf(machine, "index"));
  const all = (await calls(machine)).filter((call) => !/^(show|is-system-running|loginctl)/.test(call));
  const start = ["daemon-reload", `enable --quiet ${unit}`, `reset-failed ${unit}`, `start ${unit}`];
  assertEquals(all, start);
  const [role] = (await machine.report()).roles;
  assertEquals([role!.manager, role!.pid], ["systemd", pid]);
  const logs = await machine.script(lookOrder(LIBRARY, "here", [["logs", "index", "5"]]));
  assertEquals(parseLogs(logs.output), [["index", "12:00:00 one: ready works"]]);
  assertEquals(await machine.change(["stop", "index", "5"]), [{ kind: "stopped", name: "index", pid }]);
  assertEquals(await isAlive(pid), false);
  assertEquals((await calls(machine)).filter((call) => !call.startsWith("show")).slice(-2), [
    `disable --quiet ${unit}`,
    `stop ${unit}`,
  ]);
});

test("starts what ran before again when the new version does not stay up, and says why", async (machine) => {
  const first = await bringUp(machine, standIn("one"));
  assertEquals(first.kind, "started");
  const reason = "Cannot listen at 127.0.0.1:1: the address is in use";
  assertEquals(await bringUp(machine, standIn("two"), "fails"), {
    kind: "failed",
    name: "index",
    now: "restored",
    reason,
  });
  const [role] = (await machine.report()).roles;
  assertEquals([role!.manager, role!.checked], ["systemd", digest(standIn("one"))]);
  assert(role!.pid !== undefined && await isAlive(role!.pid));
});

test("leaves no unit of a role that never started", async (machine) => {
  const outcome = await bringUp(machine, standIn("one"), "fails");
  assertEquals(outcome.kind === "failed" && outcome.now, "down");
  assertEquals([...Deno.readDirSync(`${machine.home}/.config/systemd/user`)], []);
  assertEquals(await machine.files(), ["ship.sh"]);
});

test("takes a role over from nobody, and leaves it to nobody", async (machine) => {
  const [detached] = await machine.change(await machine.up("index", standIn("one")));
  assertEquals(detached!.kind, "started");
  const taken = await bringUp(machine, standIn("two"));
  assertEquals(detached!.kind === "started" && await isAlive(detached!.pid), false);
  const [left] = await machine.change(await machine.up("index", standIn("one")));
  assertNotEquals(taken, left);
  assertEquals([...Deno.readDirSync(`${machine.home}/.config/systemd/user`)], []);
  assertEquals((await machine.report()).roles[0]!.manager, "detached");
});
