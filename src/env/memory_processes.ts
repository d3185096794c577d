/**
 * Child processes in memory: scripted, for tests and simulation.
 *
 * @module
 */

import { FileError } from "./files.ts";
import type { ChildProcess, ProcessEnd, Signal, Spawn, SpawnOptions } from "./processes.ts";

/** What a scripted program sees of itself. */
export interface MemoryProgramContext {
  /** What it was started with. */
  readonly options: SpawnOptions;
  /** Its process id. */
  readonly pid: number;
  /** Aborts when it is told to end, with the signal's name as the reason. After that its output goes nowhere. */
  readonly signal: AbortSignal;
  /** Its standard input. It ends when it is closed, and when whoever started the program is gone. */
  readonly input: ReadableStream<Uint8Array>;
  /** Writes to its standard output. */
  print(text: string | Uint8Array): void;
  /** Writes to its standard error. */
  complain(text: string | Uint8Array): void;
  /**
   * Takes a signal itself, as a program that cleans up on SIGTERM does: it is then not ended by it. SIGKILL and SIGSTOP
   * cannot be taken.
   */
  onSignal(name: Signal, run: () => void): void;
}

/** A scripted program. What it resolves to is its exit code; one that throws says why on its standard error, and exits with 1. */
export type MemoryProgram = (context: MemoryProgramContext) => Promise<number>;

/** One start of a program: for what a test asserts. */
export interface MemoryProcess {
  /** What it was started with. */
  readonly options: SpawnOptions;
  /** Its process id. */
  readonly pid: number;
  /** How it ended; undefined while it runs. */
  readonly end: ProcessEnd | undefined;
  /** Whether SIGSTOP holds it: shown only, a script that should stand still asks for it. */
  readonly stopped: boolean;
  /** The signals that it was sent while it ran. */
  readonly signals: readonly Signal[];
  /** Kills it, as somebody else does. */
  kill(): void;
}

/** How many bytes nobody has read may be waiting; what is beyond that is dropped, and so nobody ever waits. */
const MAX_UNREAD_BYTES = 16 * 1_048_576;

/** Programs by name, and what was started of them. */
export class MemoryProcesses {
  /** Starts the programs: fit for `Env.spawn`. */
  readonly spawn: Spawn;
  readonly #programs = new Map<string, MemoryProgram>();
  readonly #started: RunningProcess[] = [];

  /** Creates a machine without programs. */
  constructor() {
    // deno-lint-ignore require-await -- a throw must become a rejection
    this.spawn = async (options) => {
      const program = this.#programs.get(options.command[0]);
      if (program === undefined) throw new FileError("not-found", `start ${options.command[0]}`);
      const running = new RunningProcess(this.#started.length + 1, options);
      this.#started.push(running);
      running.run(program);
      return running.child;
    };
  }

  /** Installs a program, in place of one of that name. */
  install(name: string, program: MemoryProgram): void {
    this.#programs.set(name, program);
  }

  /** Everything that was started, in that order. */
  get started(): readonly MemoryProcess[] {
    return this.#started;
  }

  /** Ends the input of all that runs, as when whoever started it was killed. */
  orphan(): void {
    for (const running of this.#started) running.child.input.close();
  }
}

class RunningProcess implements MemoryProcess {
  readonly options: SpawnOptions;
  readonly pid: number;
  readonly signals: Signal[] = [];
  readonly child: ChildProcess;
  end: ProcessEnd | undefined;
  stopped = false;
  readonly #handlers = new Map<Signal, () => void>();
  readonly #controller = new AbortController();
  readonly #input: Pipe;
  readonly #output: Pipe;
  readonly #errors: Pipe;
  #resolve: (end: ProcessEnd) => void = () => {};

  constructor(pid: number, options: SpawnOptions) {
    this.pid = pid;
    this.options = options;
    const { streams = "piped", errors = streams } = options;
    this.#input = new Pipe(streams === "piped");
    this.#output = new Pipe(streams === "piped");
    this.#errors = new Pipe(errors === "piped");
    this.child = {
      pid,
      input: {
        write: (bytes) => Promise.resolve(this.#input.write(bytes)),
        close: () => this.#input.close(),
      },
      output: this.#output.bytes,
      errors: this.#errors.bytes,
      ended: new Promise((resolve) => this.#resolve = resolve),
      signal: (name) => this.#take(name),
    };
  }

  run(program: MemoryProgram): void {
    const context: MemoryProgramContext = {
      options: this.options,
      pid: this.pid,
      signal: this.#controller.signal,
      input: this.#input.bytes,
      print: (text) => this.#output.write(text),
      complain: (text) => this.#errors.write(text),
      onSignal: (name, run) => void this.#handlers.set(name, run),
    };
    program(context).then(
      (code) => this.#finish({ kind: "exited", code }),
      (error) => {
        this.#errors.write(`${error}\n`);
        this.#finish({ kind: "exited", code: 1 });
      },
    );
  }

  kill(): void {
    this.#take("SIGKILL");
  }

  #take(name: Signal): void {
    if (this.end !== undefined) return;
    this.signals.push(name);
    if (name === "SIGSTOP" || name === "SIGCONT") {
      this.stopped = name === "SIGSTOP";
      return;
    }
    const handler = name === "SIGKILL" ? undefined : this.#handlers.get(name);
    if (handler !== undefined) handler();
    else this.#finish({ kind: "signalled", signal: name });
  }

  #finish(end: ProcessEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.#input.close();
    this.#output.close();
    this.#errors.close();
    if (end.kind === "signalled") this.#controller.abort(end.signal);
    this.#resolve(end);
  }
}

class Pipe {
  readonly bytes: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(isPiped: boolean) {
    this.bytes = new ReadableStream<Uint8Array>({
      start: (controller): void => {
        if (isPiped) this.#controller = controller;
        else controller.close();
      },
      cancel: () => this.#controller = undefined,
    }, new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }));
  }

  write(text: string | Uint8Array): void {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text.slice();
    if ((this.#controller?.desiredSize ?? 0) >= bytes.length) this.#controller?.enqueue(bytes);
  }

  close(): void {
    this.#controller?.close();
    this.#controller = undefined;
  }
}
