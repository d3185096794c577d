import { assertEquals, assertGreater, assertRejects, assertStringIncludes } from "@std/assert";
import { seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { FileError } from "../env/files.ts";
import { MemoryProcesses, type MemoryProgram, type MemoryProgramContext } from "../env/memory_processes.ts";
import { type VirtualEnv, virtualEnv } from "../env/virtual.ts";
import { MemoryNetwork } from "../net/memory.ts";
import { Background } from "./background.ts";
import { Crew } from "./crew.ts";
import { linesOf } from "./stream_lines.ts";

/** A worker that answers as told, and ends when it is told to stop or its input ends. */
function obedient(answer: (order: string, context: MemoryProgramContext) => string): MemoryProgram {
  return async (context) => {
    context.print("READY\n");
    for await (const order of linesOf(context.input, context)) {
      if (order === "STOP") break;
      context.print(answer(order, context));
    }
    return 0;
  };
}

/** What a worker without anything odd answers. */
function answerWell(order: string): string {
  return order === "REPORT" ? "COUNTER 5 sent_total\nGAUGE 2 load\nREPORTED\n" : order.replace("LOOK", "LOOKED") + "\n";
}

/** A crew of two that runs, and what it runs on. */
class CrewLab implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly processes = new MemoryProcesses();
  readonly env: VirtualEnv;
  readonly background: Background;
  crew!: Crew;

  constructor(program: MemoryProgram = obedient(answerWell)) {
    const { clock, processes } = this;
    const random = seededRandom(3);
    const net = new MemoryNetwork({ clock, random }).host("10.0.0.1");
    this.env = virtualEnv({ clock, random, net, processes });
    this.background = new Background(this.env.log);
    processes.install("worker", program);
  }

  /** Starts the crew, and winds the clock meanwhile. */
  start(count = 2): Promise<Crew> {
    return this.clock.until(this.launch(count));
  }

  async launch(count = 2): Promise<Crew> {
    const start = (number: number): { command: readonly [string, ...string[]] } => ({
      command: ["worker", String(number)],
    });
    this.crew = await Crew.start(this.env, { count, start });
    this.crew.run(this.background);
    return this.crew;
  }

  events(event: string): Record<string, unknown>[] {
    return this.env.records.filter((record) => record.event === event).map(({ fields }) => fields);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.background.stop();
    await this.clock.until(this.crew.stop(0));
    assertEquals(this.processes.started.filter(({ end }) => end === undefined), []);
    assertEquals(this.clock.pending, 0);
  }
}

Deno.test("Crew.start() waits until all workers serve, and each knows its number", async () => {
  const ready: (() => void)[] = [];
  await using lab = new CrewLab(async (context) => {
    await new Promise<void>((resolve) => ready.push(resolve));
    return await obedient(answerWell)(context);
  });
  let hasStarted = false;
  const starting = lab.launch().then(() => hasStarted = true);
  await lab.clock.advance(1_000);
  ready[0]!();
  await lab.clock.advance(1_000);
  assertEquals(hasStarted, false);
  ready[1]!();
  await lab.clock.until(starting);
  assertEquals(lab.processes.started.map(({ options }) => options.command[1]), ["2", "3"]);
  assertEquals(lab.crew.describe(), [
    { worker: 2, pid: 1, state: "ready", restarts: 0 },
    { worker: 3, pid: 2, state: "ready", restarts: 0 },
  ]);
  assertEquals([lab.crew.size, lab.env.metrics.values()["microcdn_processes"]], [2, 3]);
});

Deno.test("Crew.start() leaves none if one cannot start, and says which", async () => {
  const programs: Record<string, MemoryProgram> = {
    "ends": () => Promise.resolve(7),
    "is silent": () => new Promise(() => {}),
  };
  for (const [what, program] of Object.entries(programs)) {
    const lab = new CrewLab((context) =>
      (context.options.command[1] === "3" ? program : obedient(answerWell))(context)
    );
    const error = await assertRejects(() => lab.start(), Error);
    const reason = what === "ends" ? "it ended with exit code 7" : "no answer within 120000 ms";
    assertEquals(error.message, `Cannot start worker 3: ${reason}`);
    assertEquals(lab.processes.started.map(({ end }) => end?.kind).includes(undefined), false, what);
    assertEquals(lab.clock.pending, 0);
  }
  const lab = new CrewLab();
  const start = (): { command: readonly [string] } => ({ command: ["no such program"] });
  await assertRejects(() => Crew.start(lab.env, { count: 3, start }), FileError, "no such file");
});

Deno.test("Crew.start() starts at least one worker and fewer than 64", async () => {
  const lab = new CrewLab();
  for (const count of [0, -1, 64, NaN]) await assertRejects(() => lab.start(count), RangeError);
  assertEquals(lab.processes.started, []);
});

Deno.test("Crew adds up what its workers count, and keeps what one counted that has ended", async () => {
  await using lab = new CrewLab();
  lab.env.metrics.counter("sent_total", "Sent.").add(100);
  lab.env.metrics.gauge("load", "Load.", () => 1);
  const crew = await lab.start();
  await lab.clock.advance(1_000);
  assertEquals([crew.sum("sent_total"), crew.sum("load")], [10, 4]);
  const { sent_total, load } = lab.env.metrics.values();
  assertEquals({ sent_total, load }, { sent_total: 110, load: 5 });
  lab.processes.started[0]!.kill();
  await lab.clock.advance(1);
  assertEquals([crew.sum("sent_total"), crew.sum("load")], [10, 2]);
  await lab.clock.advance(2_000);
  assertEquals([crew.sum("sent_total"), crew.sum("load")], [15, 4]);
});

Deno.test("Crew starts a worker again that ended, and says so in one line", async () => {
  await using lab = new CrewLab();
  const crew = await lab.start();
  await lab.clock.advance(60_000);
  lab.processes.started[1]!.kill();
  await lab.clock.advance(1);
  assertEquals(crew.describe()[1], { worker: 3, state: "ended", restarts: 0 });
  assertEquals(lab.env.metrics.values()["microcdn_processes"], 2);
  const [{ againInMs, ...fields } = {}, ...more] = lab.events("worker ended");
  assertEquals([fields, more.length], [{ worker: 3, pid: 2, end: "SIGKILL", reason: undefined }, 0]);
  await lab.clock.advance(Number(againInMs));
  assertEquals(crew.describe()[1], { worker: 3, pid: 3, state: "ready", restarts: 1 });
  assertEquals(lab.env.metrics.values()["microcdn_worker_restarts_total"], 1);
  assertEquals(lab.env.records.length, 1);
});

Deno.test("Crew waits longer and longer before it starts a worker that ends at once", async () => {
  let starts = 0;
  await using lab = new CrewLab(async (context) => {
    const isNew = ++starts <= 2;
    context.print("READY\n");
    return isNew ? await obedient(answerWell)(context) : 3;
  });
  await lab.start();
  lab.processes.started[0]!.kill();
  await lab.clock.advance(300_000);
  const waits = lab.events("worker ended").map(({ againInMs }) => Number(againInMs));
  // Half a second, doubled up to half a minute: about 6 starts until then, and then one in 15 to 30 s.
  assertGreater(waits.length, 12);
  assertEquals(waits.length <= 26, true, `${waits}`);
  assertEquals(waits.every((wait) => wait <= 30_000), true, `${waits}`);
  assertGreater(waits.at(-1)!, 15_000 - 1);
  assertEquals(lab.events("worker ended").at(-1)?.end, "exit code 3");
});

Deno.test("Crew goes on trying when a worker cannot be started again", async () => {
  await using lab = new CrewLab();
  const crew = await lab.start();
  lab.processes.install("worker", () => Promise.resolve(9));
  lab.processes.started[0]!.kill();
  await lab.clock.advance(10_000);
  assertStringIncludes(String(lab.events("worker not started")[0]?.reason), "it ended with exit code 9");
  assertEquals(crew.describe()[0]?.state, "ended");
  lab.processes.install("worker", obedient(answerWell));
  await lab.clock.advance(30_000);
  assertEquals(crew.describe()[0]?.state, "ready");
});

Deno.test("Crew ends a worker that does not answer any more, and starts another", async () => {
  let isDeaf = false;
  await using lab = new CrewLab(obedient((order, { pid }) => isDeaf && pid === 1 ? "" : answerWell(order)));
  const crew = await lab.start();
  await lab.clock.advance(60_000);
  isDeaf = true;
  await lab.clock.advance(9_000);
  assertEquals(lab.events("worker ended"), []);
  await lab.clock.advance(4_000);
  assertEquals(lab.events("worker ended").map(({ end, reason }) => [end, reason]), [
    ["SIGKILL", "it did not answer any more"],
  ]);
  assertEquals(crew.describe().map(({ state }) => state), ["ready", "ready"]);
});

Deno.test("Crew.see() waits until every worker has looked, once a generation", async () => {
  const looks: string[] = [];
  const answers: (() => void)[] = [];
  await using lab = new CrewLab(obedient((order, { pid, print }) => {
    if (order === "REPORT") return answerWell(order);
    looks.push(`${pid} ${order}`);
    answers.push(() => print(answerWell(order)));
    return "";
  }));
  const crew = await lab.start();
  const { signal } = new AbortController();
  let seen = 0;
  const seeing = crew.see(1, signal).then(() => seen++);
  await lab.clock.advance(1_000);
  assertEquals([looks, seen], [["1 LOOK 1", "2 LOOK 1"], 0]);
  answers[0]!();
  await lab.clock.advance(1_000);
  assertEquals(seen, 0);
  answers[1]!();
  await lab.clock.until(seeing);
  await crew.see(1, signal);
  assertEquals(looks.length, 2);

  // One that ends will look when it starts.
  const again = crew.see(2, signal).then(() => seen++);
  await lab.clock.advance(1);
  answers[2]!();
  lab.processes.started[1]!.kill();
  await lab.clock.until(again);
  assertEquals(seen, 2);
});

Deno.test("Crew.see() gives up waiting for one that looks for too long, and when its signal aborts", async () => {
  await using lab = new CrewLab(obedient((order) => order === "REPORT" ? answerWell(order) : ""));
  const crew = await lab.start();
  await lab.clock.until(crew.see(1, new AbortController().signal));
  assertEquals(lab.events("workers look slowly").length, 1);
  const controller = new AbortController();
  const seeing = assertRejects(() => crew.see(2, controller.signal), Error, "enough");
  controller.abort(new Error("enough"));
  await seeing;
});

Deno.test("Crew.stop() lets workers finish, takes in their last words, and ends those that take too long", async () => {
  await using lab = new CrewLab(async (context) => {
    const { options, input, print } = context;
    print("READY\n");
    for await (const order of linesOf(input, context)) if (order === "STOP") break;
    if (options.command[1] === "3") return await new Promise(() => {});
    print("COUNTER 77 sent_total\nREPORTED\n");
    return 0;
  });
  const crew = await lab.start();
  await lab.background.stop();
  const beganMs = lab.clock.now();
  await lab.clock.until(crew.stop(5_000));
  assertEquals(lab.clock.now() - beganMs, 7_000);
  assertEquals(lab.processes.started.map(({ end }) => end), [
    { kind: "exited", code: 0 },
    { kind: "signalled", signal: "SIGKILL" },
  ]);
  assertEquals([crew.sum("sent_total"), lab.events("worker ended").length], [77, 0]);
});

Deno.test("Crew says once that something on a worker's output is not for it, and goes on", async () => {
  await using lab = new CrewLab(obedient((order) => `Listening on fd 3\n\n${answerWell(order)}`));
  const crew = await lab.start();
  await lab.clock.advance(5_000);
  assertEquals(crew.sum("load"), 4);
  const complaints = lab.events("worker not understood");
  assertEquals(complaints.map(({ pid }) => pid), [1, 2]);
  assertStringIncludes(String(complaints[0]?.reason), "Listening on fd 3");
});

Deno.test("Crew ends a worker whose line has no end", async () => {
  await using lab = new CrewLab(obedient((order, { pid }) => pid === 1 ? "x".repeat(100_000) : answerWell(order)));
  await lab.start();
  await lab.clock.advance(100);
  assertEquals(lab.events("worker ended").map(({ worker, end }) => [worker, end]), [[2, "SIGKILL"]]);
});
