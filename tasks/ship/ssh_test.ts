import { assertEquals, assertRejects } from "@std/assert";
import { DeadlineError } from "../../src/base/deadline.ts";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { FileError } from "../../src/env/files.ts";
import { MemoryProcesses, type MemoryProgram } from "../../src/env/memory_processes.ts";
import { textOfStream } from "../../tests/processes_contract.ts";
import { runSsh, type SshEnd, type SshOptions } from "./ssh.ts";

const COMMAND = ["ssh", "--", "lab1", "true"] as const;

/** A machine with an `ssh` that does as it is told. */
class Bench {
  readonly clock = new VirtualClock();
  readonly processes = new MemoryProcesses();
  readonly calling = new AbortController();

  constructor(program?: MemoryProgram) {
    if (program !== undefined) this.processes.install("ssh", program);
  }

  run(options: Partial<SshOptions> = {}): Promise<SshEnd> {
    const { spawn } = this.processes;
    const { signal } = this.calling;
    const all = { input: "", deadlineMs: 5_000, what: "look", signal, ...options };
    return runSsh({ spawn, clock: this.clock }, COMMAND, all);
  }
}

/** One that hangs until it is ended. */
const hang: MemoryProgram = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(1)));

Deno.test("runSsh() passes on input, outputs and the exit code", async () => {
  const bench = new Bench(async ({ input, print, complain }) => {
    print(`got ${await textOfStream(input)}`);
    complain("a complaint\n");
    return 7;
  });
  const end = await bench.clock.until(bench.run({ input: "an order" }));
  assertEquals(end, { code: 7, output: "got an order", errors: "a complaint\n" });
  assertEquals(bench.processes.started[0]!.options.command, COMMAND);
  assertEquals(bench.clock.pending, 0);
});

Deno.test("runSsh() feeds bytes in pieces, and no more than is wanted", async () => {
  let fed = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (; fed < 1_000; fed++) {
      yield new TextEncoder().encode("piece ");
      await Promise.resolve();
    }
  }
  const all = new Bench(async ({ input }) => (await textOfStream(input)).length);
  assertEquals((await all.clock.until(all.run({ input: pieces() }))).code, 6_000);
  fed = 0;
  const none = new Bench(() => Promise.resolve(255));
  assertEquals((await none.clock.until(none.run({ input: pieces() }))).code, 255);
  assertEquals(fed < 1_000, true);
});

Deno.test("runSsh() shows output as it comes when asked to, letters cut in two included", async () => {
  const shown: string[] = [];
  const bench = new Bench(async ({ print, input }) => {
    const [a, b] = [new TextEncoder().encode("é").subarray(0, 1), new TextEncoder().encode("é").subarray(1)];
    print(a);
    await Promise.resolve();
    print(b);
    await textOfStream(input);
    return 0;
  });
  const running = bench.run({ keepsInput: true, onOutput: (text) => shown.push(text) });
  await bench.clock.advance(10);
  assertEquals(shown.join(""), "é");
  bench.calling.abort(new Error("called off"));
  await bench.clock.until(assertRejects(() => running, Error, "called off"));
});

Deno.test("runSsh() ends what takes too long, and says so", async () => {
  const bench = new Bench(hang);
  const error = await bench.clock.until(assertRejects(() => bench.run(), DeadlineError));
  assertEquals(error.message, "Cannot look: no answer within 5000 ms");
  const [{ signals, end } = { signals: [], end: undefined }] = bench.processes.started;
  assertEquals([signals, end], [["SIGTERM"], { kind: "signalled", signal: "SIGTERM" }]);
  assertEquals([bench.clock.now(), bench.clock.pending], [5_000, 0]);
});

Deno.test("runSsh() kills what does not heed", async () => {
  const bench = new Bench((context) => {
    context.onSignal("SIGTERM", () => {});
    return hang(context);
  });
  await bench.clock.until(assertRejects(() => bench.run(), DeadlineError));
  assertEquals(bench.processes.started[0]!.signals, ["SIGTERM", "SIGKILL"]);
  assertEquals([bench.clock.now(), bench.clock.pending], [7_000, 0]);
});

Deno.test("runSsh() ends when it is called off, and starts nothing after that", async () => {
  const bench = new Bench(hang);
  const running = assertRejects(() => bench.run(), Error, "called off");
  await bench.clock.advance(1);
  bench.calling.abort(new Error("called off"));
  await bench.clock.until(running);
  await assertRejects(() => bench.run(), Error, "called off");
  assertEquals(bench.processes.started.map(({ end }) => end?.kind), ["signalled"]);
});

Deno.test("runSsh() ends when its input cannot be read", async () => {
  const bench = new Bench(hang);
  // deno-lint-ignore require-yield -- it fails before it has anything
  async function* broken(): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    throw new FileError("not-found", "open dist/microcdn-index");
  }
  await bench.clock.until(assertRejects(() => bench.run({ input: broken() }), FileError, "dist/microcdn-index"));
  assertEquals(bench.processes.started.map(({ end }) => end?.kind), ["signalled"]);
});

Deno.test("runSsh() says that there is no ssh here", async () => {
  const bench = new Bench();
  await assertRejects(() => bench.run(), FileError, "Cannot start ssh: no such file or folder");
});

Deno.test("runSsh() keeps no more of an output than it has a use for", async () => {
  const bench = new Bench(({ print }) => {
    for (let count = 0; count < 12; count++) print("x".repeat(1_000_000));
    return Promise.resolve(0);
  });
  const { output } = await bench.clock.until(bench.run());
  assertEquals(output.length <= 6_000_000, true, `${output.length}`);
});
