import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CliMachine, importsSettled, type RunningProgram } from "../../tests/cli_machine.ts";

async function started(machine: CliMachine, ...args: string[]): Promise<RunningProgram> {
  const program = machine.start(args);
  await importsSettled();
  await machine.clock.advance(500);
  return program;
}

async function stopped(machine: CliMachine, ...programs: RunningProgram[]): Promise<void> {
  for (const { io } of programs) io.raise("SIGTERM");
  for (const { exitCode } of programs) assertEquals(await machine.clock.until(exitCode), 0);
  assertEquals(machine.network.usage("127.0.0.1"), { conns: 0, listeners: 0, sockets: 0, bufferedBytes: 0 });
}

Deno.test("roles listen where the document says, and find each other there", async () => {
  const machine = new CliMachine();
  machine.files.write("content/cs1/hello.txt", "Hello");
  const monitor = await started(machine, "monitor");
  const index = await started(machine, "index");
  const content = await started(machine, "content");
  assertMatch(monitor.io.errors.text, /^00:00:00 monitor: ready .*=127\.0\.0\.1:6000 .*=127\.0\.0\.1:6001$/m);
  assertMatch(index.io.errors.text, /^00:00:00 index: ready tcp=127\.0\.0\.1:5050$/m);
  assertMatch(
    content.io.errors.text,
    /content CS1: ready id=CS1 tcp=127\.0\.0\.1:7001 udp=127\.0\.0\.1:7002 files=1$/m,
  );
  assertMatch(content.io.errors.text, /content CS1: registered index=127\.0\.0\.1:5050 files=1$/m);
  await stopped(machine, content, index, monitor);
  assertMatch(content.io.errors.text, /content CS1: stopping reason="Stopped by SIGTERM"\n$/);
});

Deno.test("roles take every address and interval by flag", async () => {
  const machine = new CliMachine();
  machine.files.write("srv/two/hello.txt", "Hello");
  const monitor = await started(
    machine,
    ...["monitor", "--udp-port", "16000", "--tcp-port", "16001", "--index-host", "localhost", "--index-port", "15050"],
    ...["--timeout", "2", "--check-interval", ".5", "--log=json"],
  );
  const index = await started(machine, "index", "--port=15050", "--monitor-tcp-port=16001", "--monitor-host=127.0.0.1");
  const content = await started(
    machine,
    ...["content", "--server-id", "CS2", "--files", "/srv/two", "--tcp-port", "17101", "--udp-port", "17102"],
    ...[
      "--index-port",
      "15050",
      "--monitor-udp-port",
      "16000",
      "--heartbeat-interval",
      "1",
      "--register-interval",
      "60",
    ],
    ...["--idle-timeout", "5", "--drain", "0", "--cache-mb", "0"],
  );
  assertMatch(content.io.errors.text, /ready id=CS2 tcp=127\.0\.0\.1:17101 udp=127\.0\.0\.1:17102 files=1$/m);
  await machine.clock.advance(5_000);
  const servers = await machine.run(["servers", "--index-port", "15050"]);
  assertEquals(servers.output, "CS2\t127.0.0.1:17101\t0\talive\n");
  content.io.raise("SIGHUP");
  assertEquals(await machine.clock.until(content.exitCode), 0);
  await machine.clock.advance(4_000);
  const later = await machine.run(["servers", "--index-port", "15050"]);
  assertEquals(later.output, "CS2\t127.0.0.1:17101\t0\tdead\n");
  for (const line of monitor.io.errors.text.trimEnd().split("\n")) assertEquals(JSON.parse(line).source, "monitor");
  await stopped(machine, index, monitor);
});

Deno.test("roles log as much as they are told to", async () => {
  const machine = new CliMachine();
  const loud = await started(machine, "index", "-v");
  assertStringIncludes(loud.io.errors.text, "index: state from=INIT to=RUNNING");
  await stopped(machine, loud);
  const quiet = await started(machine, "index", "--quiet");
  await stopped(machine, quiet);
  assertMatch(quiet.io.errors.text, /^(00:00:\d\d index: warn: .*\n)*$/);
});

Deno.test("roles colour their log on a terminal, unless NO_COLOR says not to", async () => {
  const machine = new CliMachine();
  async function logged(): Promise<string> {
    const { io, exitCode } = machine.start(["index", "-v"], { errors: { isTerminal: true } });
    await importsSettled();
    io.raise("SIGTERM");
    await machine.clock.until(exitCode);
    return io.errors.text;
  }
  assertStringIncludes(await logged(), "\x1b[");
  machine.variables["NO_COLOR"] = "1";
  assertEquals((await logged()).includes("\x1b["), false);
});

Deno.test("roles say in one line that an address is in use, and which flag helps", async () => {
  const machine = new CliMachine();
  machine.files.addFolder("content/cs1");
  const index = await started(machine, "index");
  const content = await started(machine, "content", "-q");
  const cases: ReadonlyArray<readonly [string[], string]> = [
    [["index"], "Cannot listen at 127.0.0.1:5050: the address is in use; choose another with --port\n"],
    [["content", "-q"], "Cannot listen at 127.0.0.1:7001: the address is in use; choose another with --tcp-port\n"],
    [
      ["content", "-q", "--tcp-port=0"],
      "Cannot bind 127.0.0.1:7002: the address is in use; choose another with --udp-port\n",
    ],
    [
      ["index", "--host", "10.1.2.3"],
      "Cannot listen at 10.1.2.3:5050: the address is not one of this machine; choose another with --host\n",
    ],
  ];
  for (const [args, line] of cases) {
    const { exitCode, errors } = await machine.run(args);
    assertEquals([exitCode, errors], [3, line]);
  }
  await stopped(machine, content, index);
});

Deno.test("content says in one line that its folder is missing", async () => {
  const machine = new CliMachine();
  machine.variables["INIT_CWD"] = "/home";
  const own = await machine.run(["content"]);
  assertEquals([own.exitCode, own.errors], [5, "Cannot list content/cs1: no such file or folder\n"]);
  const given = await machine.run(["content", "--files", "films"]);
  assertEquals([given.exitCode, given.errors], [5, "Cannot list /home/films: no such file or folder\n"]);
  assertEquals(machine.network.usage("127.0.0.1").listeners, 0);
});

Deno.test("roles stop at the end of input only when supervised", async () => {
  const machine = new CliMachine();
  const free = await started(machine, "index");
  const child = await started(machine, "monitor", "--supervised");
  free.io.endInput();
  child.io.endInput();
  assertEquals(await machine.clock.until(child.exitCode), 0);
  assertStringIncludes(child.io.errors.text, 'stopping reason="Stopped: standard input ended"');
  assertEquals((await machine.run(["ls"])).exitCode, 0);
  await stopped(machine, free);
});
