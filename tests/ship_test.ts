import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { isAlive } from "./machine_home.ts";
import { CliProcess } from "./cli_process.ts";
import { testWith } from "./missing_programs.ts";
import { ShipLab } from "./ship_lab.ts";
import { findSshd } from "./ssh_machine.ts";
import { until } from "./until.ts";

const PROGRAMS = [await findSshd() ?? "sshd", "ssh", "ssh-keygen"];
const HELLO = await Deno.readTextFile(new URL("../content/cs1/hello.txt", import.meta.url));

/** What a line says of a role: `installed HASH`, with its process id. */
function lineOf(lines: readonly string[], machine: string): { readonly text: string; readonly pid: number } {
  const line = lines.find((line) => line.startsWith(`${machine}  `)) ?? "";
  const [, pid = "0"] = line.match(/\(pid (\d+)\)/) ?? [];
  const text = line.replace(/ \(pid \d+\)/, "").replace(/\b[0-9a-f]{8}\b/, "HASH").replace(/ \(detached: .*\)$/, "");
  return { text, pid: Number(pid) };
}

/** The rows of a status, cell by cell. */
function rowsOf(lines: readonly string[]): readonly (readonly string[])[] {
  return lines.map((line) => line.split("\t"));
}

testWith(PROGRAMS, "ship brings roles to two machines, and looks after them there", async () => {
  await using lab = await ShipLab.start();
  await lab.inventory(lab.entry("one", lab.index()), lab.entry("two", lab.content()));

  const first = await lab.ship("");
  assertEquals([first.code, first.errors], [0, []], first.lines.join("\n"));
  const [one, two] = [lineOf(first.lines, "one"), lineOf(first.lines, "two")];
  assertEquals([one.text, two.text], ["one  index installed HASH", "two  cs1 installed HASH"]);

  const at = ["--index-port", String(lab.ports.port("index"))];
  await until(async () => {
    const { output } = await CliProcess.run("client", ["get", "hello.txt", "-o", "-", "--retry", "0", ...at]);
    return output === HELLO;
  });
  const status = await lab.ship("status");
  assertEquals(status.code, 0);
  const [index, content] = rowsOf(status.lines);
  assertEquals(index!.with(2, "HASH").with(3, "-"), ["one/index", "running", "HASH", "-", `${one.pid}`, "healthy"]);
  assertEquals(content!.with(2, "HASH").with(3, "-"), ["two/cs1", "running", "HASH", "-", `${two.pid}`, "-"]);
  assertMatch(index![3]!, /^\d:\d\d$/);

  const again = await lab.ship("up");
  assertEquals([again.code, again.lines.toSorted()], [0, ["one  index unchanged", "two  cs1 unchanged"]]);

  await lab.compile("second", ["content"]);
  const newer = await lab.ship("up");
  assertEquals(newer.code, 0, newer.lines.join("\n"));
  assertEquals(lineOf(newer.lines, "one").text, "one  index unchanged");
  assertEquals(lineOf(newer.lines, "two").text, "two  cs1 updated to HASH");
  assertEquals([await isAlive(one.pid), await isAlive(two.pid)], [true, false]);
  const [, updated] = rowsOf((await lab.ship("status")).lines);
  assertNotEquals(updated![2], content![2]);

  const back = await lab.ship("rollback two");
  assertEquals([back.code, lineOf(back.lines, "two").text], [0, "two  cs1 runs the version before"]);
  const [, former] = rowsOf((await lab.ship("status")).lines);
  assertEquals([former![1], former![2]], ["running", content![2]]);

  const log = await lab.ship("logs two -n 2");
  assertEquals([log.code, log.lines.length], [0, 2]);
  for (const line of log.lines) assertMatch(line, /^two\/cs1 {2}\S/);

  const restarted = await lab.ship("restart one/index");
  assertEquals([restarted.code, lineOf(restarted.lines, "one").text], [0, "one  index restarted"]);
  assertEquals(await isAlive(one.pid), false);

  const stopped = await lab.ship("stop");
  assertEquals([stopped.code, stopped.lines.toSorted()], [0, ["one  index stopped", "two  cs1 stopped"]]);
  for (const { lines } of [first, newer, back, restarted]) {
    for (const name of ["one", "two"]) assertEquals(await isAlive(lineOf(lines, name).pid || 4_194_304), false);
  }
  const none = await lab.ship("status");
  assertEquals([none.code, rowsOf(none.lines).map((row) => row[1])], [1, ["stopped", "stopped"]]);
  const role = ["current", "log", "manager"];
  assertEquals(await lab.files("one"), ["bin/microcdn-index-HASH", ...role.map((f) => `roles/index/${f}`), "ship.sh"]);
});

testWith(
  PROGRAMS,
  "ship restarts a role when its flags changed, and tells of roles that the inventory lost",
  async () => {
    await using lab = await ShipLab.start();
    await lab.inventory(lab.entry("one", lab.index()), lab.entry("two", lab.content()));
    const first = await lab.ship("up");
    assertEquals(first.code, 0, first.lines.join("\n"));
    const files = `${lab.folder}/two words`;
    await Deno.mkdir(files);
    await Deno.writeTextFile(`${files}/it's $HOME.txt`, "odd");
    await lab.inventory(lab.entry("one", { role: "monitor" }), lab.entry("two", lab.content({ files })));
    const second = await lab.ship("up two");
    assertEquals(lineOf(second.lines, "two").text, "two  cs1 restarted with new flags");
    const log = await lab.ship("logs two");
    assertStringIncludes(log.lines.join("\n"), "files=1");

    const status = await lab.ship("status one");
    assertEquals(rowsOf(status.lines).map(([role, state]) => [role, state]), [
      ["one/monitor", "not there"],
      ["one/index", "running, not in the inventory"],
    ]);
    const stopped = await lab.ship("stop one");
    assertEquals([stopped.code, stopped.lines], [0, ["one  index stopped"]]);
  },
);

testWith(PROGRAMS, "ship follows logs until Ctrl-C, and leaves nobody behind there", async () => {
  await using lab = await ShipLab.start();
  await lab.inventory(lab.entry("one", lab.index()));
  assertEquals((await lab.ship("up")).code, 0);
  await using task = lab.start(["logs", "-f"]);
  await task.see(/^one\/index {2}\S+ index: ready /);
  const tails = async (): Promise<string> => {
    const script =
      "for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f; echo; done 2>/dev/null | grep -- '-F roles/index/log'";
    const { stdout } = await new Deno.Command("sh", { args: ["-c", `${script} | grep -v grep`] }).output();
    return new TextDecoder().decode(stdout);
  };
  assertEquals((await lab.ship("restart")).code, 0);
  await task.see(/index: stopping reason=/);
  task.signal("SIGINT");
  assertEquals((await task.ended).code, 130);
  await until(async () => await tails() === "");
});
