/**
 * The tasks `cluster`, `stop` and `demo` as real processes, for their tests.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { denoNet } from "../src/net/deno.ts";
import { ROOT } from "../tasks/cluster/surroundings.ts";
import { CDN_CLUSTER } from "../tasks/cluster/families.ts";
import type { ClusterFamily } from "../tasks/cluster/cluster_family.ts";
import { findPortProblems } from "../tasks/cluster/ports.ts";
import { until } from "./until.ts";

/** Options of {@link TaskProcess}. */
export interface TaskOptions {
  /** Variables added to the test's own. */
  variables?: Readonly<Record<string, string>>;
}

/** A task that runs. */
export class TaskProcess implements AsyncDisposable {
  /** Its process id. */
  readonly pid: number;
  /** What it wrote to standard output so far. */
  readonly lines: string[] = [];
  /** What it wrote to standard error so far. */
  readonly errors: string[] = [];
  /** Resolves to how it ended. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>[];
  #hasEnded = false;

  /** Starts a task with the permissions that deno.json gives it. */
  constructor(task: string, permissions: string, args: readonly string[], { variables = {} }: TaskOptions = {}) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "--config", `${ROOT}/deno.json`, `-P=${permissions}`, task, ...args],
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      // Started by npx, the tests would hand its name down, and the tasks would speak of npx in place of deno.
      env: { NO_COLOR: "1", npm_command: "", ...variables },
    }).spawn();
    this.pid = this.#child.pid;
    this.#reading = [read(this.#child.stdout, this.lines), read(this.#child.stderr, this.errors)];
    this.ended = this.#follow();
  }

  /** Waits until a line of standard output matches. */
  async see(pattern: RegExp): Promise<RegExpMatchArray> {
    const find = (): RegExpMatchArray | undefined =>
      this.lines.map((line) => line.match(pattern)).find((match) => match !== null) ?? undefined;
    await until(() => find() !== undefined || this.#hasEnded);
    const found = find();
    if (found === undefined) throw new Error(`No line matches ${pattern}: ${this.lines.join("\n")} ${this.errors}`);
    return found;
  }

  /** Sends it a signal, unless it has ended. */
  signal(name: Deno.Signal): void {
    if (!this.#hasEnded) this.#child.kill(name);
  }

  /** Kills it if it still runs, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  async #follow(): Promise<Deno.CommandStatus> {
    const status = await this.#child.status;
    this.#hasEnded = true;
    await Promise.all(this.#reading);
    return status;
  }
}

/** A place for one cluster: ports that are free, and a folder for its control file. */
export class ClusterPlace implements AsyncDisposable {
  /** Added to every port. */
  readonly offset: number;
  /** The folder. */
  readonly data: string;
  readonly #family: ClusterFamily;

  private constructor(family: ClusterFamily, offset: number, data: string) {
    this.#family = family;
    this.offset = offset;
    this.data = data;
  }

  /** Finds one: above the documented ports, and below those that other tests and the system take by themselves. */
  static async find(family: ClusterFamily = CDN_CLUSTER): Promise<ClusterPlace> {
    for (;;) {
      const offset = 300 + Math.floor(Math.random() * 4_500);
      if (await isFree(family, offset)) {
        return new ClusterPlace(family, offset, await Deno.makeTempDir({ prefix: "microcdn-test-" }));
      }
    }
  }

  /** Starts the cluster here. */
  start(...flags: readonly string[]): TaskProcess {
    const place = ["--port-offset", `${this.offset}`, "--data", this.data];
    return new TaskProcess("tasks/cluster.ts", "cluster", [...this.#family.words, ...place, ...flags]);
  }

  /** Stops the cluster that runs here. */
  stop(): TaskProcess {
    return new TaskProcess("tasks/stop.ts", "client", [...this.#family.words, "--data", this.data]);
  }

  /** Whether no role listens here any more. */
  async isFree(): Promise<boolean> {
    return await isFree(this.#family, this.offset);
  }

  /** Waits until whatever was started here is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await until(() => this.isFree());
    await Deno.remove(this.data, { recursive: true });
  }
}

async function isFree(family: ClusterFamily, offset: number): Promise<boolean> {
  const options = { timeoutMs: 8_000, isVerbose: false, contentFolder: "content", dataFolder: "data" };
  const plan = family.plan({ ...options, offset });
  return (await findPortProblems(denoNet(), plan)).length === 0;
}

async function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, into: string[]): Promise<void> {
  const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) into.push(line);
}
