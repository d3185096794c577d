import { assert, assertEquals, assertLess, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { seededRandom } from "../../src/base/random.ts";
import { digest, isAlive, LIBRARY, MachineHome, standIn } from "../../tests/machine_home.ts";
import { until } from "../../tests/until.ts";
import type { RoleOutcome } from "./machine_report.ts";
import { type Call, changeOrder, lookOrder, receiveCommand, reportOrder } from "./orders.ts";

const ignore = Deno.build.os === "windows";
const DEADLINE = { deadlineMs: 30_000 };

/** Registers a test that needs a POSIX shell, for each of two. */
function test(name: string, run: (shell: string) => Promise<void>): void {
  for (const shell of ["sh", "bash"]) {
    Deno.test({ name: `machine.sh on ${shell}: ${name}`, ignore, fn: () => run(shell) });
  }
}

function pidOf(outcome: RoleOutcome | undefined): number {
  assertEquals(outcome?.kind, "started", JSON.stringify(outcome));
  return outcome?.kind === "started" ? outcome.pid : 0;
}

test("reports a machine on which nothing is, and leaves nothing there", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const report = await machine.report();
  const { system, canHash, manager, folder, roles } = report;
  assertMatch(system, /^\S+ \S+$/);
  assertEquals([canHash, manager, folder, roles], [true, "detached", machine.folder, []]);
  assertEquals([...Deno.readDirSync(machine.home)], []);
});

test("puts a role in place, keeps it running, and stops it", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const text = standIn("one");
  const pid = pidOf((await machine.change(await machine.up("index", text)))[0]);
  assert(await isAlive(pid));
  const [role, ...more] = (await machine.report()).roles;
  assertEquals(more, []);
  assertEquals(role, {
    name: "index",
    manager: "detached",
    current: digest(await machine.read("roles/index/current")),
    previous: undefined,
    program: `stand-in-${digest(text).slice(0, 16)}`,
    checked: digest(text),
    pid,
    uptimeS: role!.uptimeS,
  });
  assertLess(role!.uptimeS!, 60);
  assertMatch(await machine.read("roles/index/log"), /^ship: starts index at \S+\n12:00:00 one: ready works\n$/);
  assertEquals(await machine.change(["stop", "index", "5"]), [{ kind: "stopped", name: "index", pid }]);
  assertEquals(await isAlive(pid), false);
  assertStringIncludes(await machine.read("roles/index/log"), "one: stopping\nship: ended with exit code 0\n");
  assertEquals(await machine.change(["stop", "index", "5"]), [{ kind: "stopped", name: "index", pid: undefined }]);
  const there = ["roles/index/current", "roles/index/log", "roles/index/manager", "ship.sh"];
  assertEquals(await machine.files(), [`bin/${role!.program}`, ...there]);
});

test("goes over to a new version, back and forth, and sweeps what nobody needs", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const [one, two, three] = ["one", "two", "three"].map(standIn);
  const first = pidOf((await machine.change(await machine.up("index", one!)))[0]);
  const second = pidOf((await machine.change(await machine.up("index", two!)))[0]);
  assertNotEquals(first, second);
  assertEquals([await isAlive(first), await isAlive(second)], [false, true]);
  const third = pidOf((await machine.change(["rollback", "index", "5", "loud"]))[0]);
  assertEquals([await isAlive(second), await isAlive(third)], [false, true]);
  assertEquals((await machine.report()).roles[0]!.checked, digest(one!));
  pidOf((await machine.change(["rollback", "index", "5", "loud"]))[0]);
  assertEquals((await machine.report()).roles[0]!.checked, digest(two!));
  pidOf((await machine.change(await machine.up("index", three!)))[0]);
  const programs = (await machine.files("bin")).map((path) => path.slice(-16));
  assertEquals(programs.sort(), [two!, three!].map((text) => digest(text).slice(0, 16)).sort());
});

test("starts what ran before again when the new version does not start", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const one = pidOf((await machine.change(await machine.up("index", standIn("one"))))[0]);
  const before = await machine.read("roles/index/current");
  const outcomes = await machine.change(await machine.up("index", standIn("two"), { mode: "fails" }));
  const reason = "Cannot listen at 127.0.0.1:1: the address is in use";
  assertEquals(outcomes, [{ kind: "failed", name: "index", now: "restored", reason }]);
  const [role] = (await machine.report()).roles;
  assertEquals([await machine.read("roles/index/current"), role!.previous], [before, undefined]);
  assert(role!.pid !== undefined && role!.pid !== one && await isAlive(role!.pid));
  assertEquals((await machine.files("bin")).length, 1);
  assertEquals((await machine.change(["rollback", "index", "5", "loud"]))[0], {
    kind: "failed",
    name: "index",
    now: "kept",
    reason: "there is no version before",
  });
  assertEquals((await machine.report()).roles[0]!.pid, role!.pid);
});

test("leaves of a role that never started only what it said", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const outcomes = await machine.change(await machine.up("index", standIn("one"), { mode: "fails" }));
  assertEquals(outcomes.map((one) => one.kind === "failed" && one.now), ["down"]);
  assertEquals(await machine.files(), ["roles/index/log", "ship.sh"]);
  assertEquals((await machine.report()).roles, []);
});

test("takes a role that says nothing for ready once it has stayed up, and one that dies at once for failed", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const quiet = { mode: "silent", voice: "quiet" } as const;
  const pid = pidOf((await machine.change(await machine.up("index", standIn("one"), quiet)))[0]);
  assert(await isAlive(pid));
  const nothing = "#!/bin/sh\nexit 9\n";
  const [failed] = await machine.change(await machine.up("monitor", nothing, { voice: "quiet" }));
  assertEquals(failed?.kind === "failed" && failed.reason, "ship: ended with exit code 9");
});

test("refuses a program that is not what was sent, and touches nothing", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const pid = pidOf((await machine.change(await machine.up("index", standIn("one"))))[0]);
  const call = [...await machine.up("index", standIn("two"))] as [string, ...string[]];
  await Deno.writeTextFile(`${machine.folder}/bin/${call[5]}`, "damaged");
  const [outcome] = await machine.change(call);
  assertEquals(outcome?.kind === "failed" && outcome.now, "kept");
  assertEquals((await machine.report()).roles[0]!.pid, pid);
});

test("kills a role that does not heed, and only then goes on", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const stubborn = { mode: "stubborn", seconds: 1 };
  const pid = pidOf((await machine.change(await machine.up("index", standIn("one"), stubborn)))[0]);
  const [outcome] = await machine.change(["restart", "index", "1", "loud"]);
  assertNotEquals(pidOf(outcome), pid);
  assertEquals(await isAlive(pid), false);
});

test("never takes the end of one run for that of the next, however late the log is", async (shell) => {
  const library = LIBRARY.replace("'ship: ended '*) :", "'ship: ended '*) sleep 0.5; :");
  assertNotEquals(library, LIBRARY);
  await using machine = await MachineHome.create({ shell, library });
  const pid = pidOf((await machine.change(await machine.up("index", standIn("one"), { mode: "slow" })))[0]);
  assertNotEquals(pidOf((await machine.change(["restart", "index", "5", "loud"]))[0]), pid);
  const log = (await machine.read("roles/index/log")).split("\n").map((line) => line.replace(/ at .*$/, ""));
  const one = ["ship: starts index", "12:00:00 one: ready slow"];
  assertEquals(log, [...one, "12:00:01 one: stopping", "ship: ended with exit code 0", ...one, ""]);
});

test("never takes another process for a role because it has its number", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const pid = pidOf((await machine.change(await machine.up("index", standIn("one"))))[0]);
  Deno.kill(pid, "SIGKILL");
  await until(async () => (await machine.report()).roles[0]!.pid === undefined, DEADLINE);
  const stranger = new Deno.Command("sh", { args: ["-c", "read x"], stdin: "piped" }).spawn();
  const [, born] = (await machine.read("roles/index/pid")).split("\n");
  await Deno.writeTextFile(`${machine.folder}/roles/index/pid`, `${stranger.pid}\n${born}\n`);
  assertEquals((await machine.report()).roles[0]!.pid, undefined);
  assertEquals(await machine.change(["stop", "index", "1"]), [{ kind: "stopped", name: "index", pid: undefined }]);
  assert(await isAlive(stranger.pid));
  await stranger.stdin.close();
  await stranger.status;
});

test("keeps no more of a log than two files of its limit", async (shell) => {
  const library = LIBRARY.replace(/^LOG_BYTES=\d+/m, "LOG_BYTES=10000");
  await using machine = await MachineHome.create({ shell, library });
  pidOf((await machine.change(await machine.up("index", standIn("one"), { mode: "chatty" })))[0]);
  for (const file of ["log", "log.1"]) {
    const { size } = await Deno.stat(`${machine.folder}/roles/index/${file}`);
    assertLess(size, 10_200, file);
  }
  assertStringIncludes(await machine.read("roles/index/log"), "one: ready chatty\n");
});

test("lets one ship at a time, and takes over from one that was killed", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  await machine.change(await machine.up("index", standIn("one")));
  const lock = `${machine.folder}/.lock`;
  const holder = new Deno.Command("sh", { args: ["-c", "read x"], stdin: "piped" }).spawn();
  const { output } = await machine.script(`${LIBRARY}\nidentity ${holder.pid}\n`);
  await Deno.symlink(`${holder.pid} ${output.trim()}`, lock);
  const order = changeOrder(LIBRARY, machine.place, [["stop", "index", "5"]]);
  const refused = await machine.script(order);
  assertEquals([refused.code, refused.output], [
    1,
    `microcdn error Another ship is at work there (process ${holder.pid})\n`,
  ]);
  await holder.stdin.close();
  await holder.status;
  assertMatch((await machine.script(order)).output, /^microcdn stopped index \d+\nmicrocdn done\n$/);
  assertEquals(await machine.files().then((files) => files.includes(".lock")), false);
});

test("never goes on beside one who took the lock meanwhile", async (shell) => {
  // Between seeing who has the lock and acting on it, another one takes it over, or lets go of it.
  const seen = "holder=$(readlink .lock 2>/dev/null) || continue\n";
  assertStringIncludes(LIBRARY, seen);
  const taken = LIBRARY.replace(seen, `${seen} [ -e took ] || { : >took; rm -f .lock; ln -s "$living" .lock; }\n`);
  const released = LIBRARY.replace(seen, `[ -e went ] || { : >went; rm -f .lock; }\n ${seen}`);
  await using machine = await MachineHome.create({ shell });
  await machine.change(await machine.up("index", standIn("one")));
  const lock = `${machine.folder}/.lock`;
  const holder = new Deno.Command("sh", { args: ["-c", "read x"], stdin: "piped" }).spawn();
  const living = `${holder.pid} ${(await machine.script(`${LIBRARY}\nidentity ${holder.pid}\n`)).output.trim()}`;
  await Deno.symlink("1 of another boot", lock);
  const order = `living='${living}'\n${changeOrder(taken, machine.place, [["stop", "index", "5"]])}`;
  assertMatch((await machine.script(order)).output, /^microcdn error Another ship is at work there/);
  assertEquals(await Deno.readLink(lock), living);
  const calls: Call[] = [["lock"], ["readlink", ".lock"]];
  const { output } = await machine.script(lookOrder(released, machine.place, calls));
  assertMatch(output, /^\d+ .+\nmicrocdn done\n$/);
  await holder.stdin.close();
  await holder.status;
});

test("finds a role where there is no /proc, and times are filled up with blanks", async (shell) => {
  const library = LIBRARY.replaceAll("/proc/", "/no/proc/").replace('ps -o lstart= -p "$1"', "echo '30 Nov  '");
  await using machine = await MachineHome.create({ shell, library });
  const pid = pidOf((await machine.change(await machine.up("index", standIn("one"))))[0]);
  assertEquals((await machine.report()).roles[0]!.pid, pid);
});

test("keeps what a power failure left of a version that ran before", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const [one, two] = ["one", "two"].map(standIn);
  await machine.change(await machine.up("index", one!));
  await machine.change(await machine.up("index", two!));
  const role = `${machine.folder}/roles/index`;
  // Broken off after the new version was put in place.
  await Deno.rename(`${role}/previous`, `${role}/back`);
  await machine.change();
  assertEquals((await machine.files("bin")).length, 2);
  pidOf((await machine.change(["restart", "index", "5", "loud"]))[0]);
  // Broken off before: what is kept is what is there.
  await Deno.rename(`${role}/back`, `${role}/previous`);
  await Deno.copyFile(`${role}/current`, `${role}/back`);
  await machine.change(await machine.up("index", standIn("three"), { mode: "fails" }));
  pidOf((await machine.change(["rollback", "index", "5", "loud"]))[0]);
  assertEquals((await machine.report()).roles[0]!.checked, digest(one!));
});

test("takes no line of a flag for the name of the program", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const mode = "works\n# program another";
  pidOf((await machine.change(await machine.up("index", standIn("one"), { mode })))[0]);
  assertEquals((await machine.report()).roles[0]!.checked, digest(standIn("one")));
});

test("takes in nothing that is not whole", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const text = standIn("one");
  const command = receiveCommand({ folder: machine.place, program: "p", sha256: digest(text) });
  for (const input of ["", text.slice(0, -1), `${text} `]) {
    assertEquals(await machine.run(command, input), { code: 73, output: "", errors: "" });
    assertEquals(await machine.files(), []);
  }
  assertEquals((await machine.run(command, text)).code, 0);
  assertEquals(await machine.files(), ["bin/p"]);
});

test("says that there is no room, and leaves nothing of what did not fit", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const text = "x".repeat(100_000);
  const command = receiveCommand({ folder: machine.place, program: "p", sha256: digest(text) });
  const { code, errors } = await machine.run(`trap '' XFSZ; ulimit -f 8; ${command}`, text);
  assertEquals(code, 72);
  assertMatch(errors, /^cat: .*\n$/);
  assertEquals(await machine.files(), []);
});

test("keeps what runs when a new version's files find no room", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const pid = pidOf((await machine.change(await machine.up("index", standIn("one"))))[0]);
  const [name, ...args] = await machine.up("index", standIn("two"));
  const long: [string, ...string[]] = [name, ...args.slice(0, 6), `${args[6]}# ${"x".repeat(100_000)}\n`, ""];
  const order = changeOrder(LIBRARY, machine.place, [long]);
  const { output } = await machine.run("trap '' XFSZ; ulimit -f 64; sh -s", order);
  assertMatch(output, /^microcdn failed index kept cat: .*\nmicrocdn done\n$/);
  assertEquals((await machine.report()).roles[0]!.pid, pid);
  assertEquals((await machine.files("roles/index")).filter((path) => /next|new|back/.test(path)), []);
});

test("sweeps what an upload left that was killed", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  await machine.change(await machine.up("index", standIn("one")));
  const gone = new Deno.Command("sh", { args: ["-c", ":"] }).spawn();
  await gone.status;
  await Deno.writeTextFile(`${machine.folder}/bin/.upload-${gone.pid}`, "half");
  await Deno.writeTextFile(`${machine.folder}/bin/.upload-${Deno.pid}`, "under way");
  await machine.change();
  assertEquals((await machine.files("bin")).filter((path) => path.includes("upload")), [`bin/.upload-${Deno.pid}`]);
});

test("does nothing of an order that breaks off, wherever it does", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  await machine.change(await machine.up("index", standIn("one")));
  const before = await machine.files();
  const order = changeOrder(LIBRARY, machine.place, [["stop", "index", "5"], ["stop", "it's", "5"]]);
  const end = order.length - "job\n".length;
  const random = seededRandom(1);
  const cuts = Array.from({ length: 20 }, () => Math.floor(random.next() * end));
  for (const cut of [...cuts, ...Array.from({ length: 30 }, (_, at) => end - at * 4), end + 1, end + 2]) {
    const { output } = await machine.script(order.slice(0, cut));
    assertEquals(output, "", `cut at ${cut} of ${order.length}`);
  }
  assertEquals(await machine.files(), before);
  assert((await machine.report()).roles[0]!.pid !== undefined);
});

test("says of a machine without the folder that nothing is there", async (shell) => {
  await using machine = await MachineHome.create({ shell });
  const { output, code } = await machine.script(changeOrder(LIBRARY, machine.place, [["stop", "index", "1"]]));
  assertEquals([code, output], [1, "microcdn error Nothing is there: ship it first\n"]);
  const report = reportOrder(LIBRARY, "/no/such/place", { checksPrograms: false, mayLinger: false });
  assertStringIncludes((await machine.script(report)).output, "microcdn folder /no/such/place\n");
});
