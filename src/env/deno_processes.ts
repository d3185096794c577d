/**
 * Child processes on Deno: `node:child_process` would want to read every variable, for a child inherits them; here it
 * does so unseen.
 *
 * @module
 */

import { AHEAD_BYTES, REST_BYTES } from "./byte_stream.ts";
import {
  type ChildInput,
  type ChildProcess,
  LINGER_MS,
  type ProcessEnd,
  type Signal,
  type Spawn,
  type SpawnerOptions,
  type SpawnOptions,
} from "./processes.ts";
import { toFileError } from "./system_error.ts";

/** Makes a {@link Spawn} that starts children on this machine. It needs permission to run the program. */
export function createDenoSpawn({ lingerMs = LINGER_MS }: SpawnerOptions = {}): Spawn {
  // deno-lint-ignore require-await -- a throw must become a rejection
  return async (options) => {
    try {
      return adopt(start(options), options, lingerMs);
    } catch (error) {
      throw toFileError(error, `start ${options.command[0]}`);
    }
  };
}

/** Starts a child on this machine. It needs permission to run the program. */
export const denoSpawn: Spawn = createDenoSpawn();

function start(options: SpawnOptions): Deno.ChildProcess {
  const { command: [program, ...args], folder, variables = {}, streams = "piped", errors = streams } = options;
  const [main, error] = [streams, errors].map((how) => how === "piped" ? "piped" as const : "inherit" as const);
  return new Deno.Command(program, {
    args,
    env: { ...variables },
    stdin: main!,
    stdout: main!,
    stderr: error!,
    ...(folder !== undefined && { cwd: folder }),
  }).spawn();
}

function adopt(
  child: Deno.ChildProcess,
  { streams = "piped", errors = streams }: SpawnOptions,
  lingerMs: number,
): ChildProcess {
  const output = new ChildOutput(streams === "piped" ? child.stdout : undefined);
  const complaints = new ChildOutput(errors === "piped" ? child.stderr : undefined);
  const outputs = [output, complaints];
  let exited = false;
  const status = child.status.then((status) => {
    exited = true;
    for (const one of outputs) void one.drain();
    return status;
  });
  return {
    pid: child.pid,
    input: inputOf(streams === "piped" ? child.stdin : undefined, status),
    output: output.bytes,
    errors: complaints.bytes,
    ended: endOf(status, { outputs, lingerMs }),
    signal(name: Signal): void {
      if (!exited) sendSignal(child, name);
    },
  };
}

function inputOf(stream: WritableStream<Uint8Array> | undefined, exited: Promise<unknown>): ChildInput {
  if (stream === undefined) return { write: () => Promise.resolve(), close: () => {} };
  const writer = stream.getWriter();
  let isClosed = false;
  function close(): void {
    if (isClosed) return;
    isClosed = true;
    writer.close().catch(() => {});
  }
  // A write under way to a child that is gone may wait for whoever it left behind.
  void exited.then(() => writer.abort()).catch(() => {});
  return {
    async write(bytes): Promise<void> {
      await Promise.race([writer.write(bytes), exited]).catch(() => {});
    },
    close,
  };
}

/** The output of a child, read ahead a little, and to its end once the child has ended. */
class ChildOutput {
  readonly bytes: ReadableStream<Uint8Array>;
  /** Resolves when it has ended, or is not wanted any more. */
  readonly ended: Promise<void>;
  readonly #source: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #end: () => void = () => {};
  #isOpen = true;

  constructor(source: ReadableStream<Uint8Array> | undefined) {
    this.#source = source?.getReader();
    this.ended = new Promise((resolve) => this.#end = resolve);
    this.bytes = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      pull: async () => void await this.#readOn(),
      cancel: () => {
        this.#close();
        return this.#source?.cancel();
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: AHEAD_BYTES }));
    if (source !== undefined) return;
    this.#close();
    this.#controller.close();
  }

  /** Reads the rest without waiting for a reader, up to {@link REST_BYTES}. */
  async drain(): Promise<void> {
    for (let left = REST_BYTES; left > 0 && this.#isOpen;) left -= await this.#readOn();
  }

  /** Reads once, and says how many bytes that were. */
  async #readOn(): Promise<number> {
    const { value, done } = await this.#source!.read().catch(() => ({ value: undefined, done: true }));
    if (!this.#isOpen) return 0;
    if (!done && value !== undefined) {
      this.#controller.enqueue(value);
      return value.length;
    }
    this.#close();
    this.#controller.close();
    return 0;
  }

  #close(): void {
    this.#isOpen = false;
    this.#end();
  }
}

/** Resolves when the child has ended and its outputs with it. */
async function endOf(
  status: Promise<Deno.CommandStatus>,
  { outputs, lingerMs }: { readonly outputs: readonly ChildOutput[]; readonly lingerMs: number },
): Promise<ProcessEnd> {
  const { code, signal } = await status;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, lingerMs);
    void Promise.all(outputs.map(({ ended }) => ended)).then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  return signal === null ? { kind: "exited", code } : { kind: "signalled", signal };
}

function sendSignal(child: Deno.ChildProcess, name: Signal): void {
  try {
    child.kill(name);
  } catch (error) {
    // It ended a moment ago, and the news is on its way.
    const isGone = error instanceof TypeError || error instanceof Deno.errors.NotFound;
    if (!isGone) throw toFileError(error, `send ${name} to process ${child.pid}`);
  }
}
