/**
 * The workers of a server: processes that it starts to serve at the same port, and that together look like one.
 *
 * @module
 */

import { every } from "../base/clock.ts";
import { DeadlineError, withDeadline } from "../base/deadline.ts";
import { Tally } from "../core/tally.ts";
import type { Env } from "../env/env.ts";
import { MAX_PROCESSES } from "../protocol/worker.ts";
import type { Background } from "./background.ts";
import { CrewMember, type MemberView } from "./crew_member.ts";
import type { WorkerStart } from "./worker_process.ts";

/** Options of {@link Crew.start}. */
export interface CrewOptions {
  /** How many workers to start besides the server itself: 1 to {@link MAX_PROCESSES} - 1. */
  count: number;
  /** How to start a worker, by its number, from 2 on. */
  start: (number: number) => WorkerStart;
}

/** How often workers are asked for what they count: well before the next heartbeat says it on. */
const ASK_MS = 500;
/** How long one look at the files may take before it is not waited for any more. */
const LOOK_MS = 60_000;
/** How long a worker may take to end besides the time for what it has under way. */
const STOP_GRACE_MS = 2_000;

/** The workers of one server. */
export class Crew {
  readonly #env: Env;
  readonly #members: readonly CrewMember[];
  readonly #tally: Tally;
  #round = 0;
  /** What all had seen when they were asked last. */
  #seen: number | undefined;

  private constructor(env: Env, members: readonly CrewMember[], tally: Tally) {
    this.#env = env;
    this.#members = members;
    this.#tally = tally;
  }

  /**
   * Starts the workers, and waits until all of them serve. If one cannot, none is left.
   *
   * @throws {FileError} or {@link DeadlineError} if a worker cannot be started.
   */
  static async start(env: Env, { count, start }: CrewOptions): Promise<Crew> {
    if (!(count >= 1 && count < MAX_PROCESSES)) {
      throw new RangeError(`Cannot start ${count} workers: expected 1 to ${MAX_PROCESSES - 1}`);
    }
    const tally = new Tally();
    const numbers = Array.from({ length: count }, (_, at) => at + 2);
    const members = numbers.map((number) => new CrewMember(env, { number, start: start(number), tally }));
    const crew = new Crew(env, members, tally);
    const failed = new AbortController();
    const launches = members.map((member) => member.launch(failed.signal));
    try {
      await Promise.all(launches);
    } catch (error) {
      failed.abort(error);
      await Promise.allSettled(launches);
      await crew.stop(0);
      throw error;
    }
    crew.#show();
    return crew;
  }

  /** Keeps the workers running, and what they count up to date. */
  run(background: Background): void {
    for (const member of this.#members) {
      background.run(`keep worker ${member.number}`, (signal) => member.keep(signal));
    }
    background.run("ask workers", (signal) => {
      const ask = (): void => this.#members.forEach((member) => member.ask());
      return every(this.#env.clock, ASK_MS, ask, { signal, immediately: true });
    });
  }

  /** How many workers it has. */
  get size(): number {
    return this.#members.length;
  }

  /** The sum of one series over all workers. */
  sum(series: string): number {
    return this.#tally.sum(series);
  }

  /** What `/state` shows. */
  describe(): readonly MemberView[] {
    return this.#members.map((member) => member.describe());
  }

  /**
   * Waits until every worker has looked at the files since their state was `generation`; at once if they have. One that
   * takes too long is waited for no longer.
   *
   * @throws the signal's reason.
   */
  async see(generation: number, signal: AbortSignal): Promise<void> {
    if (this.#seen === generation) return;
    const round = ++this.#round;
    const what = "have every worker look at the files";
    try {
      await withDeadline(this.#env.clock, { deadlineMs: LOOK_MS, what, signal }, async () => {
        await Promise.all(this.#members.map((member) => member.look(round)));
      });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      this.#env.log.warn("workers look slowly", { reason: error.message });
    }
    this.#seen = generation;
  }

  /** Lets every worker finish what runs for `drainMs`, and waits for their end. Its loops must have ended before. */
  async stop(drainMs: number): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop(drainMs + STOP_GRACE_MS)));
  }

  #show(): void {
    const { metrics } = this.#env;
    const ready = (): number => this.#members.filter(({ isReady }) => isReady).length;
    metrics.gauge("microcdn_processes", "Processes that serve, with this one.", () => 1 + ready());
    metrics.include(() => this.#tally.sums());
  }
}
