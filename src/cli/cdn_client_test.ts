import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CliMachine, importsSettled } from "../../tests/cli_machine.ts";
import { type Script, startScript } from "../../tests/scripted_server.ts";

const HELLO = "Hello from the content server.\n";
const TERMINAL = { errors: { isTerminal: true } };

async function machineWithFiles(): Promise<CliMachine> {
  const machine = new CliMachine();
  machine.files.write("content/cs1/hello.txt", HELLO);
  machine.files.write("content/cs1/empty", "");
  machine.files.write("content/cs1/Größe 1.txt", "10");
  machine.files.write("content/cs1/a\x1b[2J\nb", "evil");
  machine.files.addFolder("home");
  machine.variables["INIT_CWD"] = "/home";
  return await Promise.resolve(machine);
}

function text(machine: CliMachine, path: string): string {
  return new TextDecoder().decode(machine.files.read(path));
}

Deno.test("get saves a file where the user is, and says nothing to a program", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  for (const args of [["get", "hello.txt"], ["client", "hello.txt", "--index-port", "5050"]]) {
    const { exitCode, output, errors } = await machine.run(args);
    assertEquals([exitCode, output, errors], [0, "", ""]);
    assertEquals(text(machine, "home/hello.txt"), HELLO);
    await machine.files.remove("home/hello.txt");
  }
});

Deno.test("get says on a terminal what came from whom", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  const { exitCode, errors } = await machine.run(["get", "hello.txt"], TERMINAL);
  assertEquals(exitCode, 0);
  assertEquals(errors.split("\r\x1b[K").at(-1), "hello.txt  31 B  from CS1  sha256 verified\n");
  const quiet = await machine.run(["get", "hello.txt", "-q"], TERMINAL);
  assertEquals([quiet.exitCode, quiet.errors], [0, ""]);
  const verbose = await machine.run(["get", "empty", "-v"]);
  assertMatch(verbose.errors, /^empty {2}0 B .*sha256 verified$/m);
  for (const state of ["QUERYING", "DOWNLOADING", "DONE"]) assertStringIncludes(verbose.errors, ` to=${state}\n`);
});

Deno.test("get shows a progress line on a terminal, and takes it away", async () => {
  const machine = await machineWithFiles();
  machine.files.addGenerated("content/cs1/film.mp4", 4_000_000);
  await using _cdn = await machine.startCdn();
  const { exitCode, errors } = await machine.run(["get", "film.mp4", "--limit-rate", "1M"], TERMINAL);
  assertEquals(exitCode, 0);
  const drawn = errors.split("\r\x1b[K");
  assertEquals(drawn[1], "film.mp4  asking the index");
  assert(drawn.length > 30 && drawn.length < 50, String(drawn.length));
  const middle = drawn[Math.floor(drawn.length / 2)]!;
  assertMatch(middle, /^film\.mp4 +\[#+-+\] +[45]\d% +[\d.]+ MiB of 3\.8 MiB +(1\.\d MiB|\d+ KiB)\/s +0:0\d left$/);
  for (const line of drawn.slice(0, -1)) assert(line.length < 80, line);
  assertEquals(drawn.at(-1), "film.mp4  3.8 MiB  from CS1  sha256 verified\n");
});

Deno.test("get writes several files into a folder, and numbers them on a terminal", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  const names = ["hello.txt", "Größe 1.txt", "empty"];
  const { exitCode, errors } = await machine.run(["get", ...names, "--out", "there/below"], TERMINAL);
  assertEquals(exitCode, 0);
  assertStringIncludes(errors, "[2/3] Größe 1.txt  asking the index");
  assertEquals((await machine.files.list("home/there/below")).map(({ name }) => name), [
    "Größe 1.txt",
    "empty",
    "hello.txt",
  ]);
  assertEquals(text(machine, "home/there/below/Größe 1.txt"), "10");
});

Deno.test("get takes a file's name, a folder's, or one that ends with a slash", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  machine.files.addFolder("home/folder");
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["other.txt", "home/other.txt"],
    ["/abs.txt", "abs.txt"],
    ["folder", "home/folder/hello.txt"],
    ["new/", "home/new/hello.txt"],
  ];
  for (const [out, path] of cases) {
    const { exitCode, errors } = await machine.run(["get", "hello.txt", "-o", out]);
    assertEquals([exitCode, errors], [0, ""]);
    assertEquals(text(machine, path), HELLO);
  }
  const { exitCode, errors } = await machine.run(["get", "hello.txt", "-o", "missing/hello.txt"]);
  assertEquals([exitCode, errors.split("\n").length], [5, 2], errors);
});

Deno.test("get writes to standard output without a word in between", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  for (const args of [["-o", "-"], ["--out", "-"], ["--out=-"]]) {
    const { exitCode, output, errors } = await machine.run(["get", "hello.txt", "Größe 1.txt", ...args]);
    assertEquals([exitCode, output, errors], [0, `${HELLO}10`, ""]);
  }
  const piped = await machine.run(["get", "hello.txt", "-o-"], TERMINAL);
  assertEquals(piped.output, HELLO);
  assertStringIncludes(piped.errors, "asking the index");
  const shown = await machine.run(["get", "hello.txt", "-o-"], { output: { isTerminal: true }, ...TERMINAL });
  assertEquals([shown.output, shown.errors], [HELLO, "hello.txt  31 B  from CS1  sha256 verified\n"]);
});

Deno.test("get does not show a terminal what is not text, and tries the others", async () => {
  const machine = await machineWithFiles();
  machine.files.write("content/cs1/poster.png", "\x89PNG\0");
  await using _cdn = await machine.startCdn();
  const words = "Cannot show poster.png on a terminal: it is not text; choose a file with --out, or pipe it\n";
  const terminal = { output: { isTerminal: true } };
  const one = await machine.run(["get", "poster.png", "-o-"], terminal);
  assertEquals([one.exitCode, one.output, one.errors], [2, "", words]);
  const several = await machine.run(["get", "poster.png", "hello.txt", "-o-"], terminal);
  assertEquals([several.exitCode, several.output, several.errors], [2, HELLO, words]);
  const piped = await machine.run(["get", "poster.png", "-o-"]);
  assertEquals([piped.exitCode, piped.errors], [0, ""]);
});

Deno.test("get takes its line away before a reader of its output gets the first bytes", async () => {
  const machine = await machineWithFiles();
  machine.files.addGenerated("content/cs1/film.mp4", 4_000_000);
  await using _cdn = await machine.startCdn();
  const output = { closesAfterBytes: 0 };
  const { exitCode, errors } = await machine.run(["get", "film.mp4", "-o-"], { output, ...TERMINAL });
  assertEquals([exitCode, errors.split("\r\x1b[K").at(-1)], [141, ""]);
});

Deno.test("get checks and forgets what goes to /dev/null", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  const { exitCode, output, errors } = await machine.run(["get", "hello.txt", "-o", "/dev/null"], TERMINAL);
  assertEquals([exitCode, output], [0, ""]);
  assertEquals(errors.split("\r\x1b[K").at(-1), "hello.txt  31 B  from CS1  sha256 verified\n");
});

Deno.test("get ends quietly when nobody reads its output", async () => {
  const machine = await machineWithFiles();
  machine.files.addGenerated("content/cs1/film.mp4", 4_000_000);
  await using _cdn = await machine.startCdn();
  const { exitCode, errors } = await machine.run(["get", "film.mp4", "-o-"], { output: { closesAfterBytes: 500_000 } });
  assertEquals([exitCode, errors], [141, ""]);
});

Deno.test("get ends with 1 for a file that nobody has, after trying the others", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  const one = await machine.run(["get", "nope.txt"]);
  assertEquals([one.exitCode, one.errors], [1, "Cannot get nope.txt: no server has it\n"]);
  const several = await machine.run(["get", "a\x1b", "hello.txt", "c"]);
  assertEquals(several.exitCode, 1);
  assertEquals(several.errors, "Cannot get a\\u001b: no server has it\nCannot get c: no server has it\n");
  assertEquals(text(machine, "home/hello.txt"), HELLO);
});

Deno.test("get and ls say in one line that there is no index, and how to start one", async () => {
  const machine = await machineWithFiles();
  const hint = "Is the index running? Start it with: deno task cluster, or microcdn index\n";
  const reason = "the index at 127.0.0.1:5050: connection refused";
  const get = await machine.run(["get", "hello.txt", "other.txt"]);
  assertEquals([get.exitCode, get.errors], [3, `Cannot get hello.txt: ${reason}. ${hint}`]);
  const ls = await machine.run(["ls"]);
  assertEquals([ls.exitCode, ls.errors], [3, `Cannot list files: ${reason}. ${hint}`]);
  const seen = await machine.run(["get", "hello.txt", "--retry", "1"], TERMINAL);
  assertStringIncludes(seen.errors, `hello.txt  ${reason}; trying again`);
});

Deno.test("get goes straight to a content server, and waits only as long as it may", async () => {
  const machine = await machineWithFiles();
  const content = machine.start(["content"]);
  await importsSettled();
  await machine.clock.advance(100);
  const direct = await machine.run(["get", "hello.txt", "--direct-port", "7001", "-o-"]);
  assertEquals([direct.exitCode, direct.output], [0, HELLO]);
  const late = await machine.run(["get", "hello.txt", "--max-time", "0.5"]);
  assertEquals([late.exitCode, late.errors], [
    3,
    "Cannot get hello.txt: not done within 0.5 s: the index at 127.0.0.1:5050: connection refused\n",
  ]);
  content.io.raise("SIGTERM");
  await machine.clock.until(content.exitCode);
});

Deno.test("get warns, not only on a terminal, if a holder does not tell the SHA-256 and is not known to be old", async () => {
  const warning = "warning: hello.txt: only its length was checked: 127.0.0.1:7001 did not tell its SHA-256\n";
  const table: [hash: ReturnType<Script>, args: string[], errors: string][] = [
    [undefined, [], warning],
    [undefined, ["-q"], ""],
    ["ERROR BUSY\n", [], warning],
    ["ERROR INVALID_COMMAND\n", [], ""],
    ["", [], ""],
  ];
  for (const [hash, args, expected] of table) {
    const machine = await machineWithFiles();
    const script: Script = (line) => line.startsWith("GET ") ? "OK 2\nhi" : hash;
    const server = await startScript(machine.network.host("127.0.0.1"), { host: "127.0.0.1", port: 7001 }, script);
    const { exitCode, errors } = await machine.run(["get", "hello.txt", "--direct-port", "7001", ...args]);
    assertEquals([exitCode, errors, text(machine, "home/hello.txt")], [0, expected, "hi"]);
    server.close();
  }
});

Deno.test("get -v shows where each of several failures comes from", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  const { errors } = await machine.run(["get", "nope", "gone", "-v"]);
  for (const name of ["nope", "gone"]) {
    assertMatch(errors, new RegExp(`^Cannot get ${name}: no server has it\nCommandError: .*\n +at `, "m"));
    assertStringIncludes(errors, `ClientError: Cannot get ${name}: no server has it\n    at `);
  }
});

Deno.test("get ends with 130 at Ctrl-C, keeps what arrived, and goes on from there", async () => {
  const machine = await machineWithFiles();
  machine.files.addGenerated("content/cs1/film.mp4", 4_000_000);
  await using _cdn = await machine.startCdn();
  const { io, exitCode } = machine.start(["get", "film.mp4", "--limit-rate", "1M"]);
  await importsSettled();
  await machine.clock.advance(2_000);
  io.raise("SIGINT");
  io.raise("SIGINT");
  assertEquals(await machine.clock.until(exitCode), 130);
  assertEquals(io.errors.text, "Stopped by SIGINT; the same command goes on from /home/film.mp4.part\n");
  await machine.clock.advance(1_000);
  assertEquals([io.listening, machine.files.openFiles], [0, 0]);
  const resumed = await machine.run(["get", "film.mp4"], TERMINAL);
  assertEquals(resumed.exitCode, 0);
  assertMatch(resumed.errors, /film\.mp4 {2}3\.8 MiB {2}from CS1 {2}(2\.\d|1\.9) MiB resumed {2}sha256 verified\n$/);
});

Deno.test("ls shows sizes and names, whatever is in a name", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  for (const args of [["ls"], ["client", "ls"]]) {
    const { exitCode, output } = await machine.run(args);
    assertEquals(exitCode, 0);
    assertEquals(output, "2\tGröße 1.txt\n4\ta\\u001b[2J\\u000ab\n0\tempty\n31\thello.txt\n");
  }
  const shown = await machine.run(["ls"], { output: { isTerminal: true } });
  assertEquals(shown.output, " 2  Größe 1.txt\n 4  a\\u001b[2J\\u000ab\n 0  empty\n31  hello.txt\n");
  const json = await machine.run(["ls", "--json"]);
  assertEquals(JSON.parse(json.output)[1], { name: "a\x1b[2J\nb", sizeBytes: 4 });
});

Deno.test("stat shows a file's size, digest and holders", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  const { exitCode, output } = await machine.run(["stat", "hello.txt"]);
  assertEquals(exitCode, 0);
  assertMatch(output, /^name\thello\.txt\nsize\t31\nsha256\t[0-9a-f]{64}\nholder\tCS1 127\.0\.0\.1:7001\n$/);
  const { holders, ...stat } = JSON.parse((await machine.run(["stat", "hello.txt", "--json"])).output);
  assertEquals([stat.name, stat.sizeBytes, stat.isConsistent], ["hello.txt", 31, true]);
  assertEquals(holders, [{ id: "CS1", host: "127.0.0.1", port: 7001, sizeBytes: 31, sha256: stat.sha256 }]);
  const missing = await machine.run(["stat", "nope"]);
  assertEquals([missing.exitCode, missing.errors], [1, "Cannot look up nope: no server has it\n"]);
});

Deno.test("servers shows who is there", async () => {
  const machine = await machineWithFiles();
  await using _cdn = await machine.startCdn();
  const { exitCode, output } = await machine.run(["servers"]);
  assertEquals([exitCode, output], [0, "CS1\t127.0.0.1:7001\t0\talive\n"]);
  const shown = await machine.run(["servers"], { output: { isTerminal: true } });
  assertEquals(shown.output, "ID   ADDRESS         LOAD  STATUS\nCS1  127.0.0.1:7001     0  alive\n");
  const [server] = JSON.parse((await machine.run(["servers", "--json"])).output);
  assertEquals(server, { id: "CS1", host: "127.0.0.1", tcpPort: 7001, load: 0, alive: true });
});
