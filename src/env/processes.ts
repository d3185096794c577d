/**
 * Child processes as roles and tasks see them. Implementation: `node_processes.ts`; a virtual twin for tests:
 * `memory_processes.ts`.
 *
 * @module
 */

/** How a process ended: by an exit code or by a signal. */
export type ProcessEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: string };

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
   * `piped`: output is read through {@link ChildProcess.output}; `inherited`: it goes where ours goes, and so does
   * input. Default: `piped`.
   */
  streams?: "piped" | "inherited";
}

/** A running child. With `piped` streams its standard input stays open until it ends or we do. */
export interface ChildProcess {
  /** Its process id. */
  readonly pid: number;
  /** Its standard output, as bytes. Empty with `inherited` streams. */
  readonly output: ReadableStream<Uint8Array>;
  /** Its standard error, as bytes. Empty with `inherited` streams. */
  readonly errors: ReadableStream<Uint8Array>;
  /**
   * Resolves when it has ended and been reaped, and its output has ended too; or a little later if the output is held
   * by a process that it left behind. Nobody need read the output.
   */
  readonly ended: Promise<ProcessEnd>;
  /** Sends a signal; one that has ended already ignores it. */
  signal(name: Signal): void;
}

/**
 * Starts a child.
 *
 * @throws {FileError} `"not-found"` or `"denied"` if the program cannot be started.
 */
export type Spawn = (options: SpawnOptions) => Promise<ChildProcess>;
