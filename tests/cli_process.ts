/**
 * The program as a real process with the permissions that deno.json gives it, for its tests.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The permission sets of deno.json under which the program runs. */
export type PermissionSet =
  | "index"
  | "monitor"
  | "content"
  | "client"
  | "microcdn"
  | `edge-${"meta" | "origin" | "store" | "node" | "client"}`;

/** A way to start the program: the words before its arguments. */
export type CliLauncher = (permissions: PermissionSet) => readonly string[];

/** From source, by the module that starts the whole program or another one. */
export function fromModule(entry = "src/cli/main.ts"): CliLauncher {
  return (permissions) => [Deno.execPath(), "run", "-q", "--no-prompt", `-P=${permissions}`, entry];
}

/** Options of {@link CliProcess}. */
export interface CliProcessOptions {
  /** How it is started. Default: from source. */
  launch?: CliLauncher;
  /** Where the user is. Default: the project's folder. */
  folder?: string;
  /** Variables beside `NO_COLOR`. */
  variables?: Readonly<Record<string, string>>;
  /** Whether standard input stays open until {@link CliProcess.endInput}. Default: false, there is none. */
  hasInput?: boolean;
  /** After how many bytes of standard output it is read no more. Default: never. */
  readsBytes?: number;
}

/** How a process ended, and what it wrote. */
export interface CliResult {
  /** Its exit code. */
  readonly exitCode: number;
  /** What it wrote to standard output. */
  readonly output: string;
  /** What it wrote to standard error. */
  readonly errors: string;
}

/** The program at work. */
export class CliProcess implements AsyncDisposable {
  /** Resolves to its exit code, when all it wrote is there. */
  readonly ended: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #chunks: { readonly output: Uint8Array[]; readonly errors: Uint8Array[] } = { output: [], errors: [] };
  readonly #readsBytes: number;
  #hasEnded = false;

  /** Starts it. */
  constructor(permissions: PermissionSet, args: readonly string[], options: CliProcessOptions = {}) {
    const { launch = fromModule(), folder = ROOT, variables = {}, hasInput = false, readsBytes = Infinity } = options;
    const [program, ...words] = launch(permissions);
    this.#readsBytes = readsBytes;
    this.#child = new Deno.Command(program!, {
      args: [...words, ...args],
      cwd: ROOT,
      stdin: hasInput ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1", INIT_CWD: folder, ...variables },
    }).spawn();
    this.ended = this.#follow();
  }

  /** Runs it to its end. */
  static async run(
    permissions: PermissionSet,
    args: readonly string[],
    options: CliProcessOptions = {},
  ): Promise<CliResult> {
    await using program = new CliProcess(permissions, args, options);
    const exitCode = await program.ended;
    return { exitCode, output: program.output, errors: program.errors };
  }

  /** What it wrote to standard output so far. */
  get output(): string {
    return textOf(this.#chunks.output);
  }

  /** What it wrote to standard error so far. */
  get errors(): string {
    return textOf(this.#chunks.errors);
  }

  /** Waits until what it wrote to standard error matches. */
  async see(pattern: RegExp): Promise<RegExpMatchArray> {
    await until(() => pattern.test(this.errors) || this.#hasEnded);
    const found = this.errors.match(pattern);
    if (found === null) throw new Error(`Nothing matches ${pattern}: ${this.errors}`);
    return found;
  }

  /** Sends a signal, unless it has ended. */
  signal(name: Deno.Signal): void {
    try {
      this.#child.kill(name);
    } catch (error) {
      // It has ended, and perhaps nobody was told yet.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Sends a signal again and again until the program ends. */
  async insist(name: Deno.Signal): Promise<void> {
    await until(() => {
      this.signal(name);
      return this.#hasEnded;
    });
  }

  /** Ends its standard input. */
  async endInput(): Promise<void> {
    await this.#child.stdin.close();
  }

  /** Kills it if it still runs, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  async #follow(): Promise<number> {
    const { output, errors } = this.#chunks;
    const reading = [keep(this.#child.stdout, output, this.#readsBytes), keep(this.#child.stderr, errors)];
    const { code } = await this.#child.status;
    await Promise.all(reading);
    this.#hasEnded = true;
    return code;
  }
}

/** Takes in what comes; after `limitBytes` it hangs up. */
async function keep(stream: ReadableStream<Uint8Array>, chunks: Uint8Array[], limitBytes = Infinity): Promise<void> {
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= limitBytes) return;
  }
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}
