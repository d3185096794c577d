/**
 * A child process of ours, and what it says.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { type Clock, sleep } from "../../src/base/clock.ts";
import type { ProcessEnd } from "../../src/env/processes.ts";
import { ROOT } from "./surroundings.ts";

/** What to start. */
export interface ChildOptions {
  /** The program and its arguments. */
  command: readonly [string, ...string[]];
  /** Gets every line that it writes to standard output or standard error. */
  onLine: (line: string) => void;
}

/**
 * A child process. Its standard input ends when we do.
 *
 * Not by `env.spawn`, which knows no process groups.
 */
export class Child {
  /** Its process id. */
  readonly pid: number;
  /** Resolves when it has ended, and all that it wrote is read. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: Deno.ChildProcess;
  #end: ProcessEnd | undefined;

  /**
   * Starts it, in a process group of its own: a Ctrl-C at the terminal is for us alone, who stop our children in order.
   *
   * @throws {Error} if the system starts no process.
   */
  constructor({ command: [program, ...args], onLine }: ChildOptions) {
    this.#child = new Deno.Command(program, {
      args,
      cwd: ROOT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    this.pid = this.#child.pid;
    this.ended = this.#follow(onLine);
  }

  /** How it ended; undefined while it runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  /** Sends a signal, unless it has ended. */
  signal(name: Deno.Signal): void {
    this.#send(() => this.#child.kill(name));
  }

  /** Kills it and its own children, unless it has ended. */
  killGroup(): void {
    this.#send(() => Deno.kill(-this.pid, "SIGKILL"));
  }

  #send(send: () => void): void {
    if (this.#end !== undefined) return;
    try {
      send();
    } catch (error) {
      // It ended a moment ago.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Asks it to stop, waits for `graceMs`, and kills it if it is still there. */
  async stop(clock: Clock, graceMs: number): Promise<ProcessEnd> {
    this.signal("SIGTERM");
    const waited = new AbortController();
    const patience = sleep(clock, graceMs, waited).then(() => this.signal("SIGKILL"), () => {});
    const end = await this.ended;
    waited.abort();
    await patience;
    return end;
  }

  /** Ends its standard input. */
  async endInput(): Promise<void> {
    // It may have ended before, and its input with it.
    await this.#child.stdin.close().catch(() => {});
  }

  async #follow(onLine: (line: string) => void): Promise<ProcessEnd> {
    const { stdout, stderr } = this.#child;
    const reading = [stdout, stderr].map((stream) => readLines(stream, onLine));
    const { code, signal } = await this.#child.status;
    this.#end = signal === null ? { kind: "exited", code } : { kind: "signalled", signal };
    await Promise.all(reading);
    await this.endInput();
    return this.#end;
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) onLine(line);
}
