import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CliMachine, importsSettled } from "../../tests/cli_machine.ts";
import { callWords } from "./command.ts";
import { FAMILIES, programOf, WHOLE } from "./program.ts";
import { CLIENT, INDEX } from "./roles.ts";
import { VERSION } from "./version.ts";

Deno.test("VERSION is that of the project", async () => {
  const { default: project } = await import("../../deno.json", { with: { type: "json" } });
  assertEquals(VERSION, project.version);
});

Deno.test("main() shows its version and its help on standard output", async () => {
  const machine = new CliMachine();
  for (const line of ["--version", "-V", "get --version", "index -V"]) {
    const { exitCode, output, errors } = await machine.run(line.split(" "));
    assertEquals([exitCode, output, errors], [0, `microcdn ${VERSION}\n`, ""], line);
  }
  for (const line of ["--help", "-h", "help"]) {
    const { exitCode, output, errors } = await machine.run(line.split(" "));
    assertEquals([exitCode, errors], [0, ""], line);
    assertStringIncludes(output, "Usage:\n  microcdn COMMAND [FLAGS]\n");
  }
});

Deno.test("main() shows its help on standard error if it is asked for nothing, and exits 2", async () => {
  const machine = new CliMachine();
  const help = await machine.run(["--help"]);
  const { exitCode, output, errors } = await machine.run([]);
  assertEquals([exitCode, output, errors], [2, "", help.output]);
});

Deno.test("main() shows the help of every command, whatever else the line says", async () => {
  const machine = new CliMachine();
  for (const command of FAMILIES.flatMap((family) => family.commands)) {
    const words = callWords(command, WHOLE);
    const name = words.join(" ");
    const expected = await machine.run(["help", ...words]);
    assertEquals([expected.exitCode, expected.errors], [0, ""], name);
    assertMatch(expected.output, new RegExp(`^Usage:\n  microcdn ${name}`, "m"));
    for (const line of expected.output.split("\n")) assertEquals(line.length <= 100, true, line);
    for (const args of [[...words, "--help"], [...words, "-h", "--frobnicate"], [...words, "--port=70000", "-qh"]]) {
      const { exitCode, output, errors } = await machine.run(args);
      assertEquals([exitCode, output, errors], [0, expected.output, ""], args.join(" "));
    }
  }
});

Deno.test("main() answers what it cannot understand with one line and exit code 2", async () => {
  const machine = new CliMachine();
  machine.files.write("broken.json", "{");
  machine.files.write("wrong.json", `{"index": {"port": "70000"}, "get": {"frob": 1}}`);
  const cases: ReadonlyArray<readonly [string[], string]> = [
    [["cdn"], "Missing command (try microcdn --help)"],
    [["indx"], "Unknown command indx; did you mean index? (try microcdn --help)"],
    [["--port", "5050"], "The command goes before --port (try microcdn --help)"],
    [["index", "--prot", "5050"], "Unknown flag --prot; did you mean --port? (try microcdn index --help)"],
    [["content", "--port", "1"], "Unknown flag --port; did you mean --tcp-port? (try microcdn content --help)"],
    [["index", "-x"], "Unknown flag -x (try microcdn index --help)"],
    [["index", "--port"], "--port needs a value: PORT (try microcdn index --help)"],
    [["index", "--port", "70000"], "--port must be 1 to 65535, got 70000 (try microcdn index --help)"],
    [["index", "--port", "abc"], '--port must be 1 to 65535, got "abc" (try microcdn index --help)'],
    [["index", "extra"], 'index takes flags only, got "extra" (try microcdn index --help)'],
    [
      ["monitor", "--timeout", "0"],
      "--timeout must be a number of seconds above 0, got 0 (try microcdn monitor --help)",
    ],
    [["monitor", "--log", "xml"], '--log must be text or json, got "xml" (try microcdn monitor --help)'],
    [["content", "--server-id", "a b"], '--server-id must be 1 to 128 visible ASCII characters, got "a b"'],
    [["content", "--server-id", "a/b"], "--files is needed: no folder follows from the id a/b"],
    [["get"], "get needs at least one NAME (try microcdn get --help)"],
    [["client"], "get needs at least one NAME (try microcdn get --help)"],
    [["get", ""], "A file name must have 1 to 4096 bytes, got 0 (try microcdn get --help)"],
    [["get", "ü".repeat(2_000)], "A file name must have 1 to 4096 bytes, got 12000 (try microcdn get --help)"],
    [["get", "a/x", "b/x"], 'Cannot save both "a/x" and "b/x" as x (try microcdn get --help)'],
    [["get", "a/x", "a/x", "-o", "to"], 'Cannot save both "a/x" and "a/x" as x (try microcdn get --help)'],
    [["get", ".."], 'Cannot save ".." under its own name; choose one with --out (try microcdn get --help)'],
    [["get", "a", "--parallel", "0"], "--parallel must be 1 to 64, got 0 (try microcdn get --help)"],
    [["get", "a", "--limit-rate", "-5"], "--limit-rate must be bytes a second above 0, such as 500k or 2M, got -5"],
    [["get", "a", "--retry", "-1"], "--retry must be 0 to 1000, got -1 (try microcdn get --help)"],
    [["get", "a", "--index-host", "h:0"], '--index-host must be HOST or HOST:PORT, got "h:0"'],
    [["ls", "a"], 'ls takes flags only, got "a" (try microcdn ls --help)'],
    [["stat"], "stat needs one NAME (try microcdn stat --help)"],
    [["stat", "a", "b"], 'stat takes one NAME, got "b" too (try microcdn stat --help)'],
    [["index", "--config", "none.json"], "Cannot open none.json: no such file or folder (try microcdn index --help)"],
    [["index", "--config", "broken.json"], "Cannot parse broken.json: "],
    [["index", "--config", "wrong.json"], "port in wrong.json must be 1 to 65535, got 70000"],
    [["get", "a", "--config", "wrong.json"], 'Cannot use wrong.json: unknown flag "frob"'],
    [["get", "a", "--\x1b[2J"], "Unknown flag --\\u001b[2J (try microcdn get --help)"],
  ];
  for (const [args, line] of cases) {
    const { exitCode, output, errors } = await machine.run(args);
    assertEquals([exitCode, output], [2, ""], args.join(" "));
    assertEquals(errors.slice(0, line.length), line, args.join(" "));
    assertEquals(errors.split("\n").length, 2, errors);
  }
});

Deno.test("main() of a role's program takes the role's flags, and calls itself by its own name", async () => {
  const machine = new CliMachine();
  const [index, client] = [programOf(INDEX), programOf(CLIENT)];
  assertEquals((await machine.run(["-V"], { program: index })).output, `microcdn-index ${VERSION}\n`);
  const help = await machine.run(["--help"], { program: index });
  assertStringIncludes(help.output, "Usage:\n  microcdn-index [FLAGS]\n");
  const wrong = await machine.run(["--prot", "1"], { program: index });
  const hint = "Unknown flag --prot; did you mean --port? (try microcdn-index --help)\n";
  assertEquals([wrong.exitCode, wrong.errors], [2, hint]);
  const again = await machine.run(["index"], { program: index });
  assertEquals(again.errors, 'index takes flags only, got "index" (try microcdn-index --help)\n');

  assertEquals((await machine.run(["ls", "--version"], { program: client })).output, `microcdn-client ${VERSION}\n`);
  const nothing = await machine.run([], { program: client });
  assertEquals([nothing.exitCode, nothing.output], [2, ""]);
  assertStringIncludes(nothing.errors, "Usage:\n  microcdn-client COMMAND [FLAGS]\n");
  const none = await machine.run(["stat"], { program: client });
  assertEquals(none.errors, "stat needs one NAME (try microcdn-client stat --help)\n");
});

Deno.test("main() takes a flag before a variable, and a variable before the file", async () => {
  const machine = new CliMachine();
  machine.files.write("home/cdn.json", `{"port": 1, "log": "json", "index": {"port": 2}}`);
  machine.variables["INIT_CWD"] = "/home";
  machine.variables["MICROCDN_CONFIG"] = "cdn.json";
  async function portOf(...args: string[]): Promise<number> {
    const { io, exitCode } = machine.start(["index", ...args]);
    await importsSettled();
    await machine.clock.advance(100);
    io.raise("SIGINT");
    assertEquals(await machine.clock.until(exitCode), 0);
    const [ready] = io.errors.text.split("\n").map((line) => line === "" ? {} : JSON.parse(line));
    assertEquals([ready.event, ready.source], ["ready", "index"]);
    return Number(ready.tcp.split(":")[1]);
  }
  assertEquals(await portOf(), 2);
  machine.variables["MICROCDN_PORT"] = "3";
  assertEquals(await portOf(), 3);
  assertEquals(await portOf("--port", "4"), 4);
  machine.variables["MICROCDN_PORT"] = "x";
  assertEquals(await portOf("--port", "4"), 4);
  const { exitCode, errors } = await machine.run(["index"]);
  assertEquals([exitCode, errors], [2, 'MICROCDN_PORT must be 1 to 65535, got "x" (try microcdn index --help)\n']);
});

Deno.test("main() shows a bug of ours in one line, and where it is only on request", async () => {
  const machine = new CliMachine();
  const args = ["index", "--admin", "127.0.0.1:0"];
  const short = await machine.run(args);
  assertEquals(short.exitCode, 70);
  assertEquals(short.errors, "Internal error: Error: there is no HTTP on this machine (-v shows where)\n");
  const long = await machine.run([...args, "-v"]);
  assertEquals(long.exitCode, 70);
  assertMatch(long.errors, /\n +at .*cli_machine\.ts/);
  assertEquals(machine.network.usage("127.0.0.1").listeners, 0);
});

Deno.test("main() ends quietly when nobody reads its output", async () => {
  const { exitCode, errors } = await new CliMachine().run(["--help"], { output: { closesAfterBytes: 10 } });
  assertEquals([exitCode, errors], [141, ""]);
});
