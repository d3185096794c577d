import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { CliMachine, importsSettled, type RunningProgram, type StartOptions } from "../../tests/cli_machine.ts";
import { FileError } from "../env/files.ts";
import { NetError } from "../net/net_error.ts";
import { startWithWorkers } from "./content_workers.ts";
import { CommandError } from "./failure.ts";
import type { Executable } from "./own_command.ts";
import { programOf } from "./program.ts";
import { CONTENT } from "./roles.ts";

async function started(machine: CliMachine, args: readonly string[], options?: StartOptions): Promise<RunningProgram> {
  const program = machine.start(args, options);
  await importsSettled();
  await machine.clock.advance(500);
  return program;
}

async function stopped(machine: CliMachine, { io, exitCode }: RunningProgram): Promise<void> {
  io.raise("SIGTERM");
  assertEquals(await machine.clock.until(exitCode), 0, io.errors.text);
  assertEquals(machine.processes.started.map(({ end }) => end?.kind).includes(undefined), false);
  assertEquals(machine.network.usage("127.0.0.1"), { conns: 0, listeners: 0, sockets: 0, bufferedBytes: 0 });
}

/** Downloads a file from a content server, once for each process, and returns the exit codes. */
async function getFromEach(machine: CliMachine, name: string, processes: number): Promise<number[]> {
  const codes: number[] = [];
  for (let at = 0; at < processes; at++) {
    codes.push((await machine.run(["get", name, "--direct-port", "7001", "-o", "-"])).exitCode);
  }
  return codes;
}

Deno.test("content --workers starts itself again, with all that flags, variables, file and folder came to", async () => {
  const machine = new CliMachine();
  machine.files.write("/home/films/a.txt", "a\n");
  machine.files.write("/home/c.json", `{"content": {"workers": 3, "drain": 2, "cache-mb": 16}, "log": "json"}`);
  Object.assign(machine.variables, { INIT_CWD: "/home", MICROCDN_IDLE_TIMEOUT: "7.5", MICROCDN_CONFIG: "c.json" });
  const content = await started(machine, ["content", "--files", "films", "-q"]);
  assertEquals(
    machine.processes.started.map(({ options }) => [...options.command]),
    [2, 3].map((number) => [
      "microcdn",
      "content",
      `--worker=${number}`,
      "--server-id=CS1",
      "--files=/home/films",
      "--host=127.0.0.1",
      "--tcp-port=7001",
      "--cache-mb=16",
      "--idle-timeout=7.5",
      "--drain=2",
      "--log=json",
      "--verbose=false",
      "--quiet=true",
    ]),
  );
  assertEquals(await getFromEach(machine, "a.txt", 3), [0, 0, 0]);
  // What the file says was taken in at the start.
  machine.files.remove("/home/c.json");
  machine.processes.started[0]!.kill();
  await machine.clock.advance(2_000);
  assertEquals(machine.processes.started.map(({ end }) => end?.kind), ["signalled", undefined, undefined]);
  delete machine.variables["MICROCDN_CONFIG"];
  assertEquals(await getFromEach(machine, "a.txt", 3), [0, 0, 0]);
  await stopped(machine, content);
});

Deno.test("content has no workers by default, and workers have none", async () => {
  const machine = new CliMachine();
  machine.files.write("content/cs1/a.txt", "a\n");
  await stopped(machine, await started(machine, ["content"]));
  assertEquals(machine.processes.started, []);
  machine.variables["MICROCDN_WORKERS"] = "2";
  // The folder is one below that of the program, wherever the user is.
  machine.variables["INIT_CWD"] = "/home";
  const content = await started(machine, ["content"]);
  assertEquals(await getFromEach(machine, "a.txt", 2), [0, 0]);
  assertEquals(machine.processes.started.length, 1);
  await stopped(machine, content);
});

Deno.test("content --workers works in the program that is a content server alone", async () => {
  const machine = new CliMachine();
  machine.files.write("content/cs1/a.txt", "a\n");
  const content = await started(machine, ["--workers", "2"], { program: programOf(CONTENT) });
  const [worker] = machine.processes.started;
  assertEquals(worker?.options.command.slice(0, 2), ["microcdn-content", "--worker=2"]);
  assertEquals(await getFromEach(machine, "a.txt", 2), [0, 0]);
  await stopped(machine, content);
});

Deno.test("content --workers takes 1 to 64", async () => {
  const machine = new CliMachine();
  for (const [text, got] of [["0", "0"], ["65", "65"], ["two", `"two"`], ["-1", "-1"], ["1.5", "1.5"]]) {
    const { exitCode, errors } = await machine.run(["content", "--workers", text!]);
    assertEquals(
      [exitCode, errors],
      [2, `--workers must be 1 to 64, got ${got} (try microcdn content --help)\n`],
    );
  }
});

Deno.test("a worker lets signals pass, and ends when nobody gives it orders", async () => {
  const machine = new CliMachine();
  machine.files.write("content/cs1/a.txt", "a\n");
  const input = new ReadableStream<Uint8Array>({
    start: (controller) => {
      machine.clock.schedule(5_000, () => controller.close());
    },
  });
  const worker = await started(machine, ["content", "--worker", "2"], { input });
  assertEquals(worker.io.output.text, "READY\n");
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) worker.io.raise(name);
  await machine.clock.advance(4_000);
  assertEquals(await getFromEach(machine, "a.txt", 1), [0]);
  await machine.clock.advance(1_000);
  assertEquals([await worker.exitCode, worker.io.listening], [0, 0]);
});

const FROM_SOURCE: Executable = { runtime: "deno", path: "/bin/deno", options: [], script: "/p/main.ts" };
const COMPILED: Executable = { runtime: "deno", path: "/bin/microcdn", options: [], script: undefined };

Deno.test("startWithWorkers() says what is missing for workers", async () => {
  const denied = (path: string): FileError => new FileError("denied", `start ${path}`);
  const unsupported = new NetError("unsupported", "share 127.0.0.1:7001", { cause: new Error("Node cannot") });
  const cases = [
    [FROM_SOURCE, denied("/bin/deno"), 2, 'the permission set "workers" has it, and so has "deno task serve"'],
    [COMPILED, denied("/bin/microcdn"), 2, "this program was compiled without it"],
    [FROM_SOURCE, unsupported, 3, "Cannot share 127.0.0.1:7001: Node cannot; --workers needs that"],
  ] as const;
  for (const [executable, error, exitCode, words] of cases) {
    const io = { executable: () => executable } as Parameters<typeof startWithWorkers>[0]["io"];
    const explained = await assertRejects(() => startWithWorkers({ io }, () => Promise.reject(error)), CommandError);
    assert(explained.message.endsWith(words), explained.message);
    assertEquals([explained.exitCode, explained.cause], [exitCode, error]);
  }
});

Deno.test("startWithWorkers() leaves other errors as they are", async () => {
  const others = [
    new FileError("denied", "list /bin/deno"),
    new FileError("not-found", "start /bin/deno"),
    new Error(),
  ];
  const io = { executable: () => FROM_SOURCE } as Parameters<typeof startWithWorkers>[0]["io"];
  for (const error of others) {
    assertStrictEquals(await startWithWorkers({ io }, () => Promise.reject(error)).catch((caught) => caught), error);
  }
});
