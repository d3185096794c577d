/**
 * A worker as the server sees it that started it: a child process that takes orders and tells news in lines.
 *
 * @module
 */

import type { Env } from "../env/env.ts";
import type { ChildProcess, ProcessEnd, SpawnOptions } from "../env/processes.ts";
import { encodeWorkerOrder, parseWorkerNews, type WorkerNews, type WorkerOrder } from "../protocol/worker.ts";
import { linesOf } from "./stream_lines.ts";

/** How a worker is started. */
export type WorkerStart = Pick<SpawnOptions, "command" | "variables">;

/** What it counts. */
export type WorkerCount = Extract<WorkerNews, { readonly kind: "counter" | "gauge" }>;

/** Options of {@link WorkerProcess.start}. */
export interface WorkerProcessOptions {
  /** How to start it. */
  start: WorkerStart;
  /** Told of each number that it reports. */
  onCount: (count: WorkerCount) => void;
}

/** How long after a worker's end its last words may take to arrive. */
const LAST_WORDS_MS = 1_000;
const encoder = new TextEncoder();

/** One worker, from its start to its end. */
export class WorkerProcess {
  /** Its process id. */
  readonly pid: number;
  /** Resolves when it serves. It may end before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended and its last words are taken in. */
  readonly ended: Promise<ProcessEnd>;
  readonly #env: Pick<Env, "clock" | "log">;
  readonly #child: ChildProcess;
  readonly #onCount: WorkerProcessOptions["onCount"];
  readonly #looks = new Map<number, () => void>();
  #sent: Promise<void> = Promise.resolve();
  #becomeReady: () => void = () => {};
  /** How often in a row it was to be asked for a report while it still owed one; `undefined` while it owes none. */
  #owedFor: number | undefined;
  #isBabbling = false;

  private constructor(env: Pick<Env, "clock" | "log">, child: ChildProcess, onCount: WorkerProcessOptions["onCount"]) {
    this.#env = env;
    this.#child = child;
    this.#onCount = onCount;
    this.pid = child.pid;
    this.ready = new Promise((resolve) => this.#becomeReady = resolve);
    this.ended = this.#follow();
  }

  /**
   * Starts a worker. It logs to where we do.
   *
   * @throws {FileError} if the program cannot be started.
   */
  static async start(
    env: Pick<Env, "spawn" | "clock" | "log">,
    { start, onCount }: WorkerProcessOptions,
  ): Promise<WorkerProcess> {
    return new WorkerProcess(env, await env.spawn({ ...start, errors: "inherited" }), onCount);
  }

  /** Asks for a report, unless one is owed already: then it returns how often in a row that was so, otherwise 0. */
  ask(): number {
    if (this.#owedFor !== undefined) return ++this.#owedFor;
    this.#owedFor = 0;
    this.#send({ kind: "report" });
    return 0;
  }

  /** Asks it to look at the files. Resolves when it has looked since, or has ended. One round at a time. */
  async look(round: number): Promise<void> {
    const looked = new Promise<void>((resolve) => this.#looks.set(round, resolve));
    this.#send({ kind: "look", round });
    await Promise.race([looked, this.ended]);
    this.#looks.delete(round);
  }

  /** Asks it to finish what runs and to end. */
  stop(): void {
    this.#send({ kind: "stop" });
    void this.#sent.then(() => this.#child.input.close());
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.signal("SIGKILL");
  }

  /** Sends an order behind those before. At most one of each kind waits: a report, a round, the last one. */
  #send(order: WorkerOrder): void {
    const line = encoder.encode(`${encodeWorkerOrder(order)}\n`);
    this.#sent = this.#sent.then(() => this.#child.input.write(line));
  }

  async #follow(): Promise<ProcessEnd> {
    const patience = new AbortController();
    const listening = this.#listen(patience.signal);
    const end = await this.#child.ended;
    // Whom the worker has left behind may hold its output for ever.
    const cancel = this.#env.clock.schedule(LAST_WORDS_MS, () => patience.abort());
    await listening;
    cancel();
    return end;
  }

  async #listen(signal: AbortSignal): Promise<void> {
    try {
      for await (const line of linesOf(this.#child.output, { signal })) this.#take(line);
    } catch (error) {
      this.#complain(error);
      this.kill();
    }
  }

  #take(line: string): void {
    let news: WorkerNews;
    try {
      news = parseWorkerNews(line);
    } catch (error) {
      return this.#complain(error);
    }
    switch (news.kind) {
      case "ready":
        return this.#becomeReady();
      case "looked":
        return this.#looks.get(news.round)?.();
      case "reported":
        this.#owedFor = undefined;
        return;
      default:
        return this.#onCount(news);
    }
  }

  /** Says once that something on its output is not for us: a runtime may write there, too. */
  #complain(error: unknown): void {
    if (this.#isBabbling) return;
    this.#isBabbling = true;
    this.#env.log.warn("worker not understood", { pid: this.pid, reason: (error as Error).message });
  }
}
