/**
 * The program `microcdn` as a real process, started as a user starts it.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { ROOT } from "../tasks/cluster/surroundings.ts";
import { until } from "./until.ts";

/** How many of its last words a failure message shows. */
const TAIL_LINES = 12;

/** A line of the log, as `--log json` writes it. */
export interface LogLine extends Readonly<Record<string, unknown>> {
  /** What happened. */
  readonly event: string;
  /** How grave. */
  readonly level: string;
}

/** Options of {@link ProgramProcess}. */
export interface ProgramOptions {
  /** What failure messages call it. */
  name: string;
  /** The command line; see {@link programCommand}. */
  command: readonly string[];
  /** Whether its standard input stays open until {@link ProgramProcess.endInput}. Default: false. */
  hasInput?: boolean;
  /** Whose last words a failure message shows, at the time of the failure. Default: its own. */
  witnesses?: Iterable<ProgramProcess>;
}

/** The command line of the program with the permissions that deno.json gives to one of its uses. */
export function programCommand(permissions: string, args: readonly string[]): string[] {
  return [Deno.execPath(), "run", "-q", "--no-prompt", `-P=${permissions}`, "src/cli/main.ts", ...args];
}

/** A process, what it says, and how it ends. */
export class ProgramProcess implements AsyncDisposable {
  /** What failure messages call it. */
  readonly name: string;
  /** Its process id. */
  readonly pid: number;
  /** What it logged so far, oldest first. */
  readonly records: LogLine[] = [];
  /** The lines of its standard error that are not log lines. */
  readonly errors: string[] = [];
  /** Resolves to all of its standard output once it has ended. */
  readonly output: Promise<string>;
  /** Resolves to how it ended. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #witnesses: Iterable<ProgramProcess>;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #tail: string[] = [];
  #status: Deno.CommandStatus | undefined;

  /** Starts it. */
  constructor({ name, command, hasInput = false, witnesses }: ProgramOptions) {
    const [program, ...args] = command;
    this.name = name;
    this.#witnesses = witnesses ?? [this];
    this.#child = new Deno.Command(program!, {
      args,
      cwd: ROOT,
      stdin: hasInput ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    this.pid = this.#child.pid;
    this.output = new Response(this.#child.stdout).text();
    this.#reading = this.#read();
    this.ended = this.#follow();
  }

  /** Whether it has ended. */
  get hasEnded(): boolean {
    return this.#status !== undefined;
  }

  /** Its last words, for failure messages. */
  get tail(): string {
    const { success = true, code, signal } = this.#status ?? {};
    const state = !this.hasEnded ? "runs" : success ? "ended" : `ended with ${signal ?? code}`;
    return [`${this.name} (pid ${this.pid}, ${state}):`, ...this.#tail].join("\n  ");
  }

  /** The records of one event, those only whose fields are these. */
  seen(event: string, fields: Readonly<Record<string, unknown>> = {}): LogLine[] {
    const wanted = Object.entries({ ...fields, event });
    return this.records.filter((record) => wanted.every(([name, value]) => record[name] === value));
  }

  /** Waits for an event. */
  async see(event: string, fields: Readonly<Record<string, unknown>> = {}): Promise<LogLine> {
    const what = `${this.name} logs "${event}" ${JSON.stringify(fields)}`;
    await eventually(what, () => this.seen(event, fields).length > 0 || this.hasEnded, this.#witnesses);
    const [record] = this.seen(event, fields);
    if (record === undefined) throw new Error(`It ended before ${what}\n${this.tail}`);
    return record;
  }

  /** Sends it a signal, unless it has ended. */
  signal(name: Deno.Signal): void {
    try {
      if (!this.hasEnded) this.#child.kill(name);
    } catch (error) {
      // It has ended by itself, and we are still reading its last words.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Ends its standard input. */
  async endInput(): Promise<void> {
    await this.#child.stdin.close();
  }

  /** Waits until it ends by itself. */
  async end(): Promise<Deno.CommandStatus> {
    await eventually(`${this.name} ends`, () => this.hasEnded, this.#witnesses);
    return await this.ended;
  }

  /** Kills it as `kill -9` does, also while it is suspended, and waits for its end. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  /** The same as {@link ProgramProcess.kill}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #follow(): Promise<Deno.CommandStatus> {
    const status = await this.#child.status;
    await Promise.all([this.#reading, this.output]);
    return this.#status = status;
  }

  async #read(): Promise<void> {
    const lines = this.#child.stderr.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) {
      if (!line.startsWith("{")) this.errors.push(line);
      // Its last words are cut off if it is killed while it says them.
      else if (line.endsWith("}")) this.records.push(JSON.parse(line));
      if (this.#tail.push(line) > TAIL_LINES) this.#tail.shift();
    }
  }
}

/**
 * Waits until `condition` holds.
 *
 * @param what What is waited for, for the message.
 * @throws {Error} if it takes too long, with the last words of the processes that have to do with it.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  processes: Iterable<ProgramProcess>,
): Promise<void> {
  try {
    await until(condition);
  } catch (cause) {
    const tails = Array.from(processes, ({ tail }) => tail).join("\n");
    throw new Error(`It does not happen that ${what}\n${tails}`, { cause });
  }
}
