/**
 * One place in a crew: the worker that fills it, and the next one when that ends.
 *
 * @module
 */

import { abortable } from "../base/abort.ts";
import { slept } from "../base/clock.ts";
import { withDeadline } from "../base/deadline.ts";
import { Backoff } from "../core/backoff.ts";
import type { Tally } from "../core/tally.ts";
import type { Env } from "../env/env.ts";
import { FileError } from "../env/files.ts";
import { describeEnd } from "../env/processes.ts";
import { WorkerProcess, type WorkerStart } from "./worker_process.ts";

/** What a crew needs of the outside world. */
export type CrewEnv = Pick<Env, "spawn" | "clock" | "random" | "log" | "metrics">;

/** What {@link CrewMember} is made of. */
export interface CrewMemberOptions {
  /** Which worker it is. The server itself is the first, so that these begin with 2. */
  number: number;
  /** How to start it. */
  start: WorkerStart;
  /** Takes what it counts. */
  tally: Tally;
}

/** A worker as `/state` shows it. */
export interface MemberView {
  /** Which worker it is. */
  readonly worker: number;
  /** Its process id; absent while there is none. */
  readonly pid?: number;
  /** `ready`: it serves; `starting`: not yet; `ended`: another will be started. */
  readonly state: "starting" | "ready" | "ended";
  /** How often it was started again. */
  readonly restarts: number;
}

/** How long a worker may take until it serves: a folder of a million files is looked at first. */
const READY_MS = 120_000;
/** The wait before a worker is started again, and the longest one: one that ends at once must not keep a core busy. */
const RESTART_BACKOFF = { firstMs: 500, maxMs: 30_000 } as const;
/** Who has served for so long did not end because of how it was started. */
const STABLE_MS = 10_000;
/** How often in a row a worker may still owe a report when it is asked for the next. */
const MAX_OWED = 20;

/** A place that is filled again when its worker ends. */
export class CrewMember {
  /** Which worker it is. */
  readonly number: number;
  readonly #env: CrewEnv;
  readonly #start: WorkerStart;
  readonly #tally: Tally;
  readonly #backoff: Backoff;
  /** The worker that was started last, whether it still runs or not. */
  #worker: WorkerProcess | undefined;
  #isRunning = false;
  #readySinceMs: number | undefined;
  #killedFor: string | undefined;
  #restarts = 0;

  /** Starts nothing yet. */
  constructor(env: CrewEnv, { number, start, tally }: CrewMemberOptions) {
    this.#env = env;
    this.number = number;
    this.#start = start;
    this.#tally = tally;
    this.#backoff = new Backoff(env.random, RESTART_BACKOFF);
  }

  /** Whether it serves. */
  get isReady(): boolean {
    return this.#isRunning && this.#readySinceMs !== undefined;
  }

  /** What `/state` shows of it. */
  describe(): MemberView {
    const pid = this.#isRunning ? this.#worker?.pid : undefined;
    const state = this.isReady ? "ready" : pid === undefined ? "ended" : "starting";
    return { worker: this.number, ...(pid === undefined ? {} : { pid }), state, restarts: this.#restarts };
  }

  /**
   * Starts the worker, and waits until it serves.
   *
   * @throws {FileError} if it cannot be started, or ends before; {@link DeadlineError} if it takes too long; the signal's
   * reason.
   */
  async launch(signal: AbortSignal): Promise<void> {
    const what = `start worker ${this.number}`;
    const { clock } = this.#env;
    const { number } = this;
    const worker = await WorkerProcess.start(this.#env, {
      start: this.#start,
      onCount: ({ series, ...count }) => this.#tally.note(number, series, count),
    });
    this.#worker = worker;
    this.#isRunning = true;
    this.#readySinceMs = this.#killedFor = undefined;
    void worker.ended.then(() => this.#leave());
    const serve = (): Promise<void> =>
      Promise.race([
        worker.ready,
        worker.ended.then((end) => {
          throw new FileError("other", what, { cause: new Error(`it ended with ${describeEnd(end)}`) });
        }),
      ]);
    try {
      await withDeadline(clock, { deadlineMs: READY_MS, what, signal }, serve);
      this.#readySinceMs = clock.now();
    } catch (error) {
      worker.kill();
      throw error;
    }
  }

  /** Starts the worker again whenever it ends, until the signal aborts. It must have been launched before. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#env;
    while (!signal.aborted) {
      const { pid, ended } = this.#worker!;
      const end = await abortable(ended, signal).catch(() => undefined);
      if (end === undefined) return;
      if (clock.now() - this.#readySinceMs! >= STABLE_MS) this.#backoff.reset();
      let waitMs = this.#backoff.next();
      const how = { end: describeEnd(end), reason: this.#killedFor };
      log.warn("worker ended", { worker: this.number, pid, ...how, againInMs: Math.round(waitMs) });
      while (!await this.#restart(waitMs, signal)) {
        if (signal.aborted) return;
        waitMs = this.#backoff.next();
      }
    }
  }

  /** Asks for a report. A worker that keeps owing one serves nobody either: it is ended, and so replaced. */
  ask(): void {
    const worker = this.#worker;
    if (!this.isReady || worker === undefined || worker.ask() <= MAX_OWED) return;
    this.#killedFor = "it did not answer any more";
    worker.kill();
  }

  /** Has the worker look at the files, if there is one: the next one looks when it starts. */
  async look(round: number): Promise<void> {
    if (this.#isRunning) await this.#worker?.look(round);
  }

  /** Lets the worker finish what runs for `graceMs`, then ends it, and waits for its end. */
  async stop(graceMs: number): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined || !this.#isRunning) return;
    worker.stop();
    const cancel = this.#env.clock.schedule(graceMs, () => worker.kill());
    await worker.ended;
    cancel();
  }

  async #restart(waitMs: number, signal: AbortSignal): Promise<boolean> {
    if (!await slept(this.#env.clock, waitMs, signal)) return false;
    this.#restarts++;
    this.#env.metrics.counter("microcdn_worker_restarts_total", "Times that a worker was started again.").add();
    try {
      await this.launch(signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const reason = error instanceof Error ? error.message : String(error);
      this.#env.log.warn("worker not started", { worker: this.number, reason });
      return false;
    }
  }

  #leave(): void {
    this.#isRunning = false;
    this.#tally.retire(this.number);
  }
}
