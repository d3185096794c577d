import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isAlive } from "./machine_home.ts";
import { testWith } from "./missing_programs.ts";
import { type ShipEnd, ShipLab } from "./ship_lab.ts";
import { findSshd } from "./ssh_machine.ts";
import { until } from "./until.ts";

const PROGRAMS = [await findSshd() ?? "sshd", "ssh", "ssh-keygen"];

/** The process id in the first line of an outcome that has one. */
function pidIn({ lines }: ShipEnd): number {
  const [, pid] = lines.join("\n").match(/\(pid (\d+)\)/) ?? [];
  assert(pid !== undefined, lines.join("\n"));
  return Number(pid);
}

/** A lab in which an index runs on the first machine. */
async function labWithIndex(): Promise<{ readonly lab: ShipLab; readonly pid: number }> {
  const lab = await ShipLab.start();
  await lab.inventory(lab.entry("one", lab.index()));
  return { lab, pid: pidIn(await lab.ship("up")) };
}

/** Puts a program on the PATH before the others; returns the PATH. */
async function withProgram(lab: ShipLab, name: string, script: string): Promise<string> {
  await Deno.mkdir(`${lab.folder}/programs`, { recursive: true });
  await Deno.writeTextFile(`${lab.folder}/programs/${name}`, `#!/bin/sh\n${script}`, { mode: 0o755 });
  return `${lab.folder}/programs:${Deno.env.get("PATH")}`;
}

testWith(PROGRAMS, "ship goes on with the rest when machines cannot be reached, and says why of each", async () => {
  await using lab = await ShipLab.start();
  const two = lab.entry("two", { role: "monitor" });
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closed = lab.ports.port("closed");
  await Deno.writeTextFile(`${lab.folder}/nobody`, "");
  const options = two["options"] as Record<string, unknown>;
  await lab.inventory(
    lab.entry("one", lab.index()),
    { ...two, name: "closed", port: closed },
    { ...two, name: "silent", port: silent.addr.port, options: { ...options, ConnectTimeout: 1 } },
    { ...two, name: "stranger", folder: "a", options: { ...options, UserKnownHostsFile: `${lab.folder}/nobody` } },
    { ...two, name: "keyless", folder: "b", identity: "host" },
  );
  for (const order of ["up", "status", "logs", "restart", "stop"]) {
    const { code, lines, errors } = await lab.ship(order);
    assertEquals([code, errors], [1, []]);
    const failures = lines.filter((line) => line.includes("FAILED: ")).map((line) => line.replace(/ +/g, " ")).sort();
    assertEquals(failures.length, 4, lines.join("\n"));
    assertMatch(
      failures[0]!,
      new RegExp(`^closed FAILED: Cannot reach 127\\.0\\.0\\.1:${closed}: Connection refused$`),
    );
    assertMatch(
      failures[1]!,
      /^keyless FAILED: Cannot reach .*: Permission denied \(.*\) \(no password is asked for: .*\)$/,
    );
    assertMatch(failures[2]!, /^silent FAILED: Cannot reach .*: Connection timed out/);
    assertMatch(failures[3]!, /^stranger FAILED: Cannot reach .*: Host key verification failed \(connect once by hand/);
    assertMatch(lines.filter((line) => !line.includes("FAILED: ")).join("\n"), /^one/);
  }
});

testWith(PROGRAMS, "ship follows no log where nothing is, and says so", async () => {
  await using lab = await ShipLab.start();
  await lab.inventory(lab.entry("one", lab.index()));
  for (const words of ["logs", "logs -f"]) {
    const { code, lines } = await lab.ship(words);
    assertEquals([code, lines], [1, ["one  FAILED: Nothing is there: ship it first"]]);
  }
});

testWith(PROGRAMS, "ship takes back a version that does not start, and what ran before runs again", async () => {
  const { lab, pid } = await labWithIndex();
  await using _lab = lab;
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const before = await lab.files("one");
  await lab.compile("second");
  await lab.inventory(lab.entry("one", lab.index({ port: taken.addr.port })));
  const { code, lines } = await lab.ship("up");
  const reason = `Cannot listen at 127.0.0.1:${taken.addr.port}: the address is in use; choose another with --port`;
  assertEquals([code, lines.length], [1, 1]);
  assertStringIncludes(lines[0]!, `one  index FAILED: ${reason}; the version before runs again`);
  assertEquals(await lab.files("one"), before);
  await lab.inventory(lab.entry("one", lab.index()));
  const status = await lab.ship("status");
  assertEquals([status.code, await isAlive(pid)], [0, false]);
  const rollback = await lab.ship("rollback");
  assertEquals([rollback.code, rollback.lines], [
    1,
    ["one  index FAILED: there is no version before; nothing was changed"],
  ]);
});

testWith(PROGRAMS, "ship uses nothing that changed on its way, here or there", async () => {
  const { lab, pid } = await labWithIndex();
  await using _lab = lab;
  await lab.compile("second");
  // Passes everything on, but for a letter of a program.
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "command -v ssh"] }).output();
  const ssh = new TextDecoder().decode(stdout).trim();
  const PATH = await withProgram(
    lab,
    "ssh",
    `case "$*" in *'cat >'*) sed s/second/secone/ | ${ssh} "$@" ;; *) exec ${ssh} "$@" ;; esac`,
  );
  const before = await lab.files("one");
  const altered = await lab.ship("up", { PATH });
  assertEquals([altered.code, altered.lines], [
    1,
    ["one  FAILED: Cannot use microcdn-index there: it arrived with another SHA-256"],
  ]);
  assertEquals([await lab.files("one"), await isAlive(pid)], [before, true]);

  await Deno.writeTextFile(`${lab.folder}/dist/microcdn-index`, "# more\n", { append: true });
  const changed = await lab.ship("up");
  const path = `${lab.folder}/dist/microcdn-index`;
  assertEquals(changed.lines, [`one  FAILED: Cannot send ${path}: it is not what SHA256SUMS says; compile it again`]);
  await Deno.remove(path);
  const missing = await lab.ship("up");
  const advice = "make it with: deno task compile index";
  assertEquals([missing.code, missing.lines], [1, [`one  FAILED: Cannot send ${path}: it is not there; ${advice}`]]);
  assertEquals([await lab.files("one"), await isAlive(pid)], [before, true]);

  await lab.compile("second");
  const [program] = (await Array.fromAsync(Deno.readDir(`${lab.folder}/one/it's here/bin`))).map(({ name }) => name);
  await lab.compile("first");
  await Deno.writeTextFile(`${lab.folder}/one/it's here/bin/${program}`, "# damaged\n", { append: true });
  const mended = await lab.ship("up");
  assertEquals([mended.code, mended.lines.join().includes("index mended ")], [0, true], mended.lines.join("\n"));
});

testWith(PROGRAMS, "ship says that a disk there is full, and leaves nothing half-made", async () => {
  const { lab, pid } = await labWithIndex();
  await using _lab = lab;
  await lab.compile("second");
  await Deno.writeTextFile(`${lab.folder}/dist/microcdn-index`, `# ${"x".repeat(100_000)}\n`, { append: true });
  await lab.sum();
  const before = await lab.files("one");
  await Deno.writeTextFile(`${lab.folder}/one/.profile`, "trap '' XFSZ\nulimit -f 64\n");
  const { code, lines } = await lab.ship("up");
  assertEquals(code, 1);
  assertMatch(lines.join("\n"), /^one {2}FAILED: Cannot copy microcdn-index: cat: (write error|.*): File too large$/);
  assertEquals([await lab.files("one"), await isAlive(pid)], [before, true]);
});

testWith(PROGRAMS, "ship that is called off while it copies leaves nothing half-made", async () => {
  const { lab, pid } = await labWithIndex();
  await using _lab = lab;
  await lab.compile("second");
  // More than what is under way between two machines.
  await Deno.writeFile(`${lab.folder}/dist/microcdn-index`, new Uint8Array(16_777_216), { append: true });
  await lab.sum();
  // Reads a little, and then no more: a network that hangs.
  await Deno.writeTextFile(
    `${lab.folder}/one/.profile`,
    `case $SSH_ORIGINAL_COMMAND in *'cat >'*) PATH=$PWD/slow:$PATH ;; esac\n`,
  );
  await Deno.mkdir(`${lab.folder}/one/slow`);
  const cat = `#!/bin/sh\nhead -c 10\nread line <"${lab.folder}/gate"\nexec /bin/cat\n`;
  await Deno.writeTextFile(`${lab.folder}/one/slow/cat`, cat, { mode: 0o755 });
  await new Deno.Command("mkfifo", { args: [`${lab.folder}/gate`] }).output();
  const before = await lab.files("one");
  const uploads = async (): Promise<string[]> => (await lab.files("one")).filter((path) => path.includes(".upload-"));
  await using task = lab.start(["up"]);
  await until(async () => (await uploads()).length === 1);
  task.signal("SIGINT");
  assertEquals((await task.ended).code, 130);
  await Deno.writeTextFile(`${lab.folder}/gate`, "\n");
  await until(async () => (await uploads()).length === 0);
  assertEquals([await lab.files("one"), await isAlive(pid)], [before, true]);

  await using overdue = lab.start(["up", "--copy-timeout", "1"]);
  assertEquals((await overdue.ended).code, 1);
  assertEquals(overdue.lines, ["one  FAILED: Cannot copy microcdn-index to one: no answer within 1000 ms"]);
  await Deno.writeTextFile(`${lab.folder}/gate`, "\n");
  await until(async () => (await uploads()).length === 0);
});

testWith(PROGRAMS, "ship refuses machines that its programs cannot run on", async () => {
  await using lab = await ShipLab.start();
  await lab.inventory(lab.entry("one", lab.index()), lab.entry("two", { role: "monitor" }));
  for (const [name, system] of [["one", "Linux aarch64"], ["two", "Plan9 386"]]) {
    const home = `${lab.folder}/${name}`;
    await Deno.mkdir(`${home}/programs`);
    await Deno.writeTextFile(
      `${home}/programs/uname`,
      `#!/bin/sh\necho ${system!.split(" ").join("; echo ")} | head -n 1\n`,
    );
    const script = `#!/bin/sh\ncase $1 in -s) echo ${system!.split(" ")[0]} ;; *) echo ${
      system!.split(" ")[1]
    } ;; esac\n`;
    await Deno.writeTextFile(`${home}/programs/uname`, script, { mode: 0o755 });
    await Deno.writeTextFile(`${home}/.profile`, `PATH=$PWD/programs:$PATH\n`);
  }
  const { code, lines } = await lab.ship("up");
  const target = "aarch64-unknown-linux-gnu";
  assertEquals([code, lines.toSorted()], [1, [
    `one  FAILED: Cannot send ${lab.folder}/dist/${target}/microcdn-index: it is not there; make it with: ` +
    `deno task compile index --target ${target}`,
    "two  FAILED: Cannot send anything to a machine that is Plan9 386: nothing is compiled for it",
  ]]);
  for (const name of ["one", "two"]) {
    const home = [...Deno.readDirSync(`${lab.folder}/${name}`)].map((entry) => entry.name);
    assertEquals(home.filter((entry) => !entry.startsWith(".") && entry !== "programs"), []);
  }
});
