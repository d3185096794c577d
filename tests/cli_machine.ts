/**
 * A machine in memory on which the program runs: its commands, its roles, its files, its network.
 *
 * @module
 */

// Commands import these when they run, which takes real time unless it has been done before.
import "../src/cli/get.ts";
import "../src/cli/queries.ts";
import "../src/roles/cdn/content.ts";
import "../src/roles/cdn/content_worker.ts";
import "../src/roles/cdn/index.ts";
import "../src/roles/cdn/monitor.ts";
import { seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import type { Program } from "../src/cli/command.ts";
import { main, WHOLE } from "../src/cli/program.ts";
import { MemoryIo, type MemoryIoOptions } from "../src/cli/memory_io.ts";
import { inlineDigests } from "../src/env/digests.ts";
import type { Env } from "../src/env/env.ts";
import { createLog } from "../src/env/log.ts";
import { MemoryFiles } from "../src/env/memory_files.ts";
import { MemoryProcesses, type MemoryProgramContext } from "../src/env/memory_processes.ts";
import { Metrics } from "../src/env/metrics.ts";
import { type MemoryNet, MemoryNetwork } from "../src/net/memory.ts";

/** A program that runs. */
export interface RunningProgram {
  /** Its streams and signals. */
  readonly io: MemoryIo;
  /** Its exit code, once it has ended. */
  readonly exitCode: Promise<number>;
}

/** A program that has ended. */
export interface EndedProgram {
  /** Its exit code. */
  readonly exitCode: number;
  /** What it wrote to standard output. */
  readonly output: string;
  /** What it wrote to standard error. */
  readonly errors: string;
  /** Its streams and signals. */
  readonly io: MemoryIo;
}

/** Options of {@link CliMachine.start}. */
export interface StartOptions extends MemoryIoOptions {
  /** Which program. Default: all of it. */
  program?: Program;
}

/** One machine, with its own clock. */
export class CliMachine {
  /** The machine's clock. */
  readonly clock: VirtualClock = new VirtualClock();
  /** The machine's files. */
  readonly files: MemoryFiles = new MemoryFiles({ clock: this.clock });
  /** The machine's network. */
  readonly network: MemoryNetwork = new MemoryNetwork({ clock: this.clock, random: seededRandom(1) });
  /** The variables that programs see. */
  readonly variables: Record<string, string> = {};
  /** What programs start: themselves. */
  readonly processes: MemoryProcesses = new MemoryProcesses();

  /** Starts the program. */
  start(args: readonly string[], { program = WHOLE, ...options }: StartOptions = {}): RunningProgram {
    this.processes.install(program.name, (context) => this.#runChild(program, context));
    const io = new MemoryIo(this.#env(), { name: program.name, ...options });
    return { io, exitCode: main(args, io, program) };
  }

  /** Runs the program to its end, however long that takes. */
  async run(args: readonly string[], options: StartOptions = {}): Promise<EndedProgram> {
    const { io, exitCode } = this.start(args, options);
    await importsSettled();
    return { exitCode: await this.clock.until(exitCode), output: io.output.text, errors: io.errors.text, io };
  }

  /** Starts a monitor, an index and a content server with their defaults, and waits until files can be had. */
  async startCdn(): Promise<AsyncDisposable> {
    this.files.addFolder("content/cs1");
    const roles = [["monitor"], ["index"], ["content"]].map((args) => this.start(args));
    await importsSettled();
    await this.clock.advance(1_000);
    const stop = async (): Promise<void> => {
      for (const { io } of roles) io.raise("SIGTERM");
      await this.clock.until(Promise.all(roles.map(({ exitCode }) => exitCode)));
    };
    return { [Symbol.asyncDispose]: stop };
  }

  /** A program as a child of itself. */
  async #runChild(program: Program, context: MemoryProgramContext): Promise<number> {
    const { options, input, signal, print, complain } = context;
    const env = this.#env({ ...this.variables, ...options.variables });
    signal.addEventListener("abort", () => env.net.crash());
    const io = new MemoryIo(env, { input, output: { onWrite: print }, errors: { onWrite: complain } });
    return await main(options.command.slice(1), io, program);
  }

  #env(variables: Readonly<Record<string, string>> = this.variables): Env & { readonly net: MemoryNet } {
    const { clock, files, processes } = this;
    return {
      net: this.network.host("127.0.0.1"),
      http: { serve: () => Promise.reject(new Error("there is no HTTP on this machine")) },
      httpClient: { ask: () => Promise.reject(new Error("there is no HTTP on this machine")) },
      clock,
      random: seededRandom(7),
      files,
      digests: inlineDigests(),
      spawn: processes.spawn,
      host: { runtime: "memory", pid: 1, variable: (name) => variables[name] },
      log: createLog({ clock, sink: () => {} }),
      metrics: new Metrics(),
    };
  }
}

/** How many turns of the event loop an import of a loaded module takes at most. */
const IMPORT_TURNS = 10;

/** Waits until programs that were just started have what they import. Nothing else of theirs takes real time. */
export async function importsSettled(): Promise<void> {
  for (let turn = 0; turn < IMPORT_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}
