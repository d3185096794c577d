/**
 * The program's own streams and signals, as the commands see them. Implementation: `system_io.ts`.
 *
 * @module
 */

import type { Env } from "../env/env.ts";
import type { Executable } from "./own_command.ts";

/** The signals that ask the program to stop. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Standard output or standard error. */
export interface Output {
  /** Whether somebody looks at it. */
  readonly isTerminal: boolean;
  /** Its width in signs, at this moment; 80 if it has none. */
  readonly columns: number;
  /**
   * Writes all of `bytes`, waiting while the reader is slow.
   *
   * @throws {OutputClosedError} if nobody reads any more.
   */
  write(bytes: Uint8Array): Promise<void>;
}

/** What a command gets of the process it runs in. */
export interface Io {
  /** Standard output: data. */
  readonly output: Output;
  /** Standard error: everything else. */
  readonly errors: Output;
  /** Calls `run` for each such signal instead of dying of it. The returned function ends that. */
  onSignal(name: StopSignal, run: () => void): () => void;
  /** Calls `run` when standard input ends. The returned function ends that. */
  onInputEnd(run: () => void): () => void;
  /** Standard input as bytes. Who reads it must not wait for its end otherwise. */
  input(): ReadableStream<Uint8Array>;
  /** How the program was started. */
  executable(): Executable;
  /** The folder that relative paths start in, by its full path. */
  folder(): string;
  /** The outside world for roles. Its log is replaced by one of the program's own. */
  env(): Promise<Env>;
}

/** Whoever read our output left. */
export class OutputClosedError extends Error {
  /** The name of this class. */
  override readonly name = "OutputClosedError";

  /** Creates an error that says so. */
  constructor(options: ErrorOptions = {}) {
    super("Cannot write the output: nobody reads it any more", options);
  }
}
