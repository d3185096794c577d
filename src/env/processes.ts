/**
 * Child processes as roles and tasks see them. Implementations: `deno_processes.ts`, `node_processes.ts` (Node and Bun),
 * and a virtual twin for tests, `memory_processes.ts`. All pass `tests/processes_contract.ts`, the twin as far as it has
 * a shell.
 *
 * @module
 */

/** How a process ended: by an exit code or by a signal. */
export type ProcessEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: string };

/** Describes an end in a few words: `exit code 3`, `SIGKILL`. */
export function describeEnd(end: ProcessEnd): string {
  return end.kind === "exited" ? `exit code ${end.code}` : end.signal;
}

/** The signals that we send. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGKILL" | "SIGHUP" | "SIGSTOP" | "SIGCONT";

/** What to start. */
export interface SpawnOptions {
  /** The program and its arguments. */
  command: readonly [string, ...string[]];
  /** Its folder. Default: this process's. */
  folder?: string;
  /** Variables added to this process's own. */
  variables?: Readonly<Record<string, string>>;
  /**
   * `piped`: input is written through {@link ChildProcess.input}, and output read through {@link ChildProcess.output};
   * `inherited`: they are ours. Default: `piped`.
   */
  streams?: "piped" | "inherited";
  /** The same for standard error. Default: as `streams`. */
  errors?: "piped" | "inherited";
}

/** The standard input of a child. What a child does not read is lost: its end tells of that, and no error. */
export interface ChildInput {
  /** Resolves when all of `bytes` is on its way to the child, or the child has ended. One write at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it, after what is being written. Idempotent. */
  close(): void;
}

/** A running child. With `piped` streams its standard input stays open until it is closed, or the child ends, or we do. */
export interface ChildProcess {
  /** Its process id. */
  readonly pid: number;
  /** Its standard input. With `inherited` streams what is written there goes nowhere. */
  readonly input: ChildInput;
  /** Its standard output, as bytes. Empty if inherited. */
  readonly output: ReadableStream<Uint8Array>;
  /** Its standard error, as bytes. Empty if inherited. */
  readonly errors: ReadableStream<Uint8Array>;
  /**
   * Resolves when it has ended and been reaped, and its output has ended too; or a little later if the output is held
   * by a process that it left behind. Nobody need read the output.
   */
  readonly ended: Promise<ProcessEnd>;
  /** Sends a signal; one that has ended already ignores it. */
  signal(name: Signal): void;
}

/** Options of what starts children on a machine. */
export interface SpawnerOptions {
  /**
   * How long after the end of a child its output may stay open before {@link ChildProcess.ended} resolves all the same,
   * in milliseconds: a process that the child started and left behind may hold it for ever. Default: {@link LINGER_MS}.
   */
  lingerMs?: number;
}

/** Long enough for what is left in a pipe. */
export const LINGER_MS = 2_000;

/**
 * Starts a child.
 *
 * @throws {FileError} `"not-found"` or `"denied"` if the program cannot be started.
 */
export type Spawn = (options: SpawnOptions) => Promise<ChildProcess>;
