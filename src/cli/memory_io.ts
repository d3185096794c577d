/**
 * Streams and signals in memory: a program under test reads nothing and is heard by nobody else.
 *
 * @module
 */

import type { Env } from "../env/env.ts";
import { type Io, type Output, OutputClosedError, type StopSignal } from "./io.ts";
import type { Executable } from "./own_command.ts";

/** What a stream has at most beyond its text. */
export interface MemoryOutputOptions {
  /** Whether it passes for a terminal. Default: false. */
  isTerminal?: boolean | undefined;
  /** Its width. Default: 80. */
  columns?: number | undefined;
  /** After how many bytes nobody reads any more. Default: never. */
  closesAfterBytes?: number | undefined;
  /** Told of all that is written. Default: nobody. */
  onWrite?: ((bytes: Uint8Array) => void) | undefined;
}

/** An output that keeps what is written. */
export class MemoryOutput implements Output {
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly #closesAfterBytes: number;
  readonly #onWrite: MemoryOutputOptions["onWrite"];
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** Creates an empty one. */
  constructor({ isTerminal = false, columns = 80, closesAfterBytes = Infinity, onWrite }: MemoryOutputOptions = {}) {
    this.isTerminal = isTerminal;
    this.columns = columns;
    this.#closesAfterBytes = closesAfterBytes;
    this.#onWrite = onWrite;
  }

  /** All that was written. */
  get bytes(): Uint8Array {
    const all = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  /** All that was written, as text. */
  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#bytes + bytes.length > this.#closesAfterBytes) return Promise.reject(new OutputClosedError());
    this.#chunks.push(bytes.slice());
    this.#bytes += bytes.length;
    this.#onWrite?.(bytes);
    return Promise.resolve();
  }
}

/** Options of {@link MemoryIo}. */
export interface MemoryIoOptions {
  /** Standard output. */
  output?: MemoryOutputOptions;
  /** Standard error. */
  errors?: MemoryOutputOptions;
  /** Standard input. Default: none. */
  input?: ReadableStream<Uint8Array>;
  /** What the program is called; as such it is an executable of its own. Default: `microcdn`. */
  name?: string;
}

/** Streams and signals without a process. */
export class MemoryIo implements Io {
  readonly output: MemoryOutput;
  readonly errors: MemoryOutput;
  readonly #env: Env;
  readonly #input: ReadableStream<Uint8Array>;
  readonly #name: string;
  readonly #listeners = new Map<StopSignal | "input-end", Set<() => void>>();

  /** Creates one for programs that run in `env`. */
  constructor(env: Env, options: MemoryIoOptions = {}) {
    this.#env = env;
    this.#name = options.name ?? "microcdn";
    this.#input = options.input ?? new ReadableStream({ start: (controller) => controller.close() });
    this.output = new MemoryOutput(options.output);
    this.errors = new MemoryOutput(options.errors);
  }

  /** How many listen for signals and for the end of input. */
  get listening(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  onSignal(name: StopSignal, run: () => void): () => void {
    return this.#on(name, run);
  }

  onInputEnd(run: () => void): () => void {
    return this.#on("input-end", run);
  }

  input(): ReadableStream<Uint8Array> {
    return this.#input;
  }

  executable(): Executable {
    return { runtime: "node", path: this.#name, options: [], script: undefined };
  }

  /** It is where paths in memory start. */
  folder(): string {
    return "/";
  }

  env(): Promise<Env> {
    return Promise.resolve(this.#env);
  }

  /** Sends a signal to whoever listens. */
  raise(name: StopSignal): void {
    this.#call(name);
  }

  /** Ends standard input. */
  endInput(): void {
    this.#call("input-end");
  }

  #on(name: StopSignal | "input-end", run: () => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(run);
    return () => listeners.delete(run);
  }

  #call(name: StopSignal | "input-end"): void {
    for (const run of this.#listeners.get(name) ?? []) run();
  }
}
