import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { CommandError } from "../../src/cli/failure.ts";
import { FileError } from "../../src/env/files.ts";
import { MemoryFiles } from "../../src/env/memory_files.ts";
import { MemoryProcesses } from "../../src/env/memory_processes.ts";
import { textOfStream } from "../../tests/processes_contract.ts";
import type { Artefact } from "./artefacts.ts";
import type { Machine } from "./machine.ts";
import { explainForward, Remote } from "./remote.ts";

const MACHINE: Machine = { name: "lab1", host: "lab1", options: [], folder: "microcdn", roles: [] };
const ARTEFACT: Artefact = { name: "microcdn-index", path: "dist/microcdn-index", sha256: "ab".repeat(32) };

/** How an `ssh` ends, and what it says. */
interface Answer {
  readonly code: number;
  readonly output?: string;
  readonly errors?: string;
}

/** A machine that answers so, whatever it is asked. */
class Bench {
  readonly clock = new VirtualClock();
  readonly files = new MemoryFiles({ clock: this.clock });
  readonly inputs: string[] = [];
  readonly commands: (readonly string[])[] = [];
  readonly remote: Remote;

  constructor({ code, output = "", errors = "" }: Answer) {
    const processes = new MemoryProcesses();
    processes.install("ssh", async ({ input, print, complain, options }) => {
      this.commands.push(options.command);
      // One that reaches nobody reads nothing.
      if (code !== 255) this.inputs.push(await textOfStream(input));
      print(output);
      complain(errors);
      return code;
    });
    const env = { spawn: processes.spawn, clock: this.clock, files: this.files };
    const { signal } = new AbortController();
    this.remote = new Remote(env, MACHINE, { library: "# library", copyMs: 1_000, signal });
  }

  async fails(errand: (remote: Remote) => Promise<unknown>): Promise<string> {
    return (await this.clock.until(assertRejects(() => errand(this.remote), CommandError))).message;
  }
}

const REFUSED = { code: 255, errors: "ssh: connect to host lab1 port 22: Connection refused\r\n" };

Deno.test("Remote says of every errand that a machine cannot be reached", async () => {
  const errands: ReadonlyArray<(remote: Remote) => Promise<unknown>> = [
    (remote) => remote.report({ checksPrograms: true, mayLinger: true }),
    (remote) => remote.change([["stop", "index", "5"]], 1_000),
    (remote) => remote.logs(["index"], 3),
    (remote) => remote.follow("index", 3, () => {}),
  ];
  for (const errand of errands) {
    assertEquals(await new Bench(REFUSED).fails(errand), "Cannot reach lab1: Connection refused");
  }
});

const FAILED_COPIES: ReadonlyArray<readonly [answer: Answer, line: string]> = [
  [REFUSED, "Cannot reach lab1: Connection refused"],
  [
    { code: 71, errors: "mkdir: cannot create directory 'microcdn': Permission denied\n" },
    "Cannot make microcdn/bin there: mkdir: cannot create directory 'microcdn': Permission denied",
  ],
  [
    { code: 72, errors: "cat: write error: No space left on device\n" },
    "Cannot copy microcdn-index: cat: write error: No space left on device",
  ],
  [{ code: 73 }, "Cannot use microcdn-index there: it arrived with another SHA-256"],
  [{ code: 127, errors: "csh: sh: Command not found.\n" }, "Cannot copy microcdn-index: csh: sh: Command not found."],
  [{ code: 1 }, "Cannot copy microcdn-index: it says nothing"],
];

Deno.test("Remote.send() says in one line why a program could not be copied", async () => {
  for (const [answer, line] of FAILED_COPIES) {
    const bench = new Bench(answer);
    bench.files.write("dist/microcdn-index", "program");
    assertEquals(await bench.fails((remote) => remote.send(ARTEFACT, "microcdn-index-abab")), line);
  }
});

Deno.test("Remote.send() sends every byte of a program, and what it must come to", async () => {
  const bench = new Bench({ code: 0 });
  const text = "0123456789".repeat(100_000);
  bench.files.write("dist/microcdn-index", text);
  await bench.clock.until(bench.remote.send(ARTEFACT, "microcdn-index-abab"));
  assertEquals(bench.inputs, [text]);
  const command = bench.commands[0]!.at(-1)!;
  assertEquals(command.endsWith(`'sh' './microcdn' '${ARTEFACT.sha256}' 'microcdn-index-abab'`), true, command);
});

Deno.test("Remote.send() fails if the program is not there any more", async () => {
  const bench = new Bench({ code: 0 });
  const sending = assertRejects(() => bench.remote.send(ARTEFACT, "x"), FileError);
  assertEquals((await bench.clock.until(sending)).code, "not-found");
});

Deno.test("Remote says what a machine refuses, and what it complains of when it answers in another way", async () => {
  const refusal = new Bench({ code: 1, output: "microcdn error Another ship is at work there\n", errors: "x\n" });
  assertEquals(await refusal.fails((remote) => remote.change([], 1_000)), "Another ship is at work there");
  const strange = new Bench({ code: 127, output: "Welcome!\n", errors: "bash: sh: command not found\n" });
  assertEquals(
    await strange.fails((remote) => remote.report({ checksPrograms: false, mayLinger: false })),
    "Cannot understand the answer: it is not that of a POSIX shell: bash: sh: command not found",
  );
});

const ADMIN = { host: "127.0.0.1", port: 15050 };

Deno.test("Remote.health() tells what a role answers, and why one does not", async () => {
  const cases: ReadonlyArray<readonly [answer: Answer, finding: unknown]> = [
    [{ code: 0, output: 'HTTP/1.1 200 OK\r\n\r\n{"status":"healthy"}\n' }, { status: "healthy" }],
    [{ code: 0, output: "" }, { status: "unreachable", reason: "no answer before the end" }],
    [
      {
        code: 255,
        errors: "channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\n",
      },
      { status: "unreachable", reason: "connection refused" },
    ],
  ];
  for (const [answer, finding] of cases) {
    const bench = new Bench(answer);
    assertEquals<unknown>(await bench.clock.until(bench.remote.health(ADMIN)), finding);
    assertEquals(bench.commands[0]!.slice(-4), ["-W", "127.0.0.1:15050", "--", "lab1"]);
  }
});

Deno.test("explainForward() says why nothing could be connected", () => {
  const prohibited = "channel 0: open failed: administratively prohibited: open failed\r\n";
  assertEquals(explainForward(prohibited), "the ssh server there passes nothing on");
  assertEquals(explainForward("Connection closed by 10.0.0.1\r\n"), "Connection closed by 10.0.0.1");
});
