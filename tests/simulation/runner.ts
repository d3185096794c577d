/**
 * Runs a plan from its first moment to the last, and looks on.
 *
 * @module
 */

import { Examination } from "./examination.ts";
import type { Plan } from "./plan.ts";
import { Stagehand } from "./stagehand.ts";
import type { Violation } from "./violations.ts";
import { World } from "./world.ts";

/** How long everything may take to heal. */
export const HEAL_MS = 30_000;
/** How long after that a user who tries again, and reads slowly, may take. */
const PATIENCE_MS = 30_000;
/** How often things are looked at that nobody reports. */
const LOOK_EVERY_MS = 1_000;
/** How long a stop may take, and the network after it. */
const STOP_MS = 20_000;
const QUIET_MS = 130_000;
/** Bytes that wait in one end of a stream: what it sent and what it has not read. */
const MAX_STREAM_BYTES = 2 * 64 * 1024;
/** Far more than this network needs, far less than a leak makes of it. */
const MAX_STREAMS_EACH = 200;
const MAX_TIMERS = 50_000;

/** How a run ended. */
export interface Outcome {
  /** What was broken first; undefined if all held. */
  readonly violation: Violation | undefined;
  /** How long it was, in virtual milliseconds. */
  readonly virtualMs: number;
}

/** Options of {@link runPlan}. */
export interface RunOptions {
  /** Takes a line for all that happens. */
  readonly trace?: ((line: string) => void) | undefined;
}

/** Runs a plan. It stops at the first broken promise. */
export async function runPlan(plan: Plan, { trace }: RunOptions = {}): Promise<Outcome> {
  const world = new World({ plan, trace });
  const onRejection = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    const { reason } = event;
    world.violations.add("nobody crashes", `nobody handles ${reason instanceof Error ? reason.stack : String(reason)}`);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    await new Run(world, plan).run();
  } finally {
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
  const violation = world.violations.first;
  if (violation !== undefined) world.note(`VIOLATION ${violation.invariant}: ${violation.text}`);
  return { violation, virtualMs: world.clock.now() };
}

class Run {
  readonly #world: World;
  readonly #plan: Plan;

  constructor(world: World, plan: Plan) {
    this.#world = world;
    this.#plan = plan;
  }

  async run(): Promise<void> {
    const stagehand = new Stagehand(this.#world, this.#plan);
    for (const { actions, calmAtMs, deadAtCalm } of this.#plan.episodes) {
      stagehand.begin(actions);
      if (!await this.#advanceTo(calmAtMs)) return;
      stagehand.calm(deadAtCalm);
      if (!await this.#advanceTo(this.#world.clock.now() + HEAL_MS)) return;
      if (!await this.#examine()) return;
    }
    await this.#end();
  }

  get #isFine(): boolean {
    return this.#world.violations.first === undefined;
  }

  /** Moves time on in steps, and looks at what nobody reports. Returns whether all is well. */
  async #advanceTo(atMs: number): Promise<boolean> {
    const { clock, monitor } = this.#world;
    while (clock.now() < atMs && this.#isFine) {
      await clock.advance(Math.min(LOOK_EVERY_MS, atMs - clock.now()));
      monitor.check();
      this.#checkLimits();
    }
    return this.#isFine;
  }

  async #examine(): Promise<boolean> {
    const { clock, wishes, violations } = this.#world;
    const examination = new Examination(this.#world, this.#plan.seed);
    await clock.until(examination.run());
    const open = wishes.filter(({ isFulfilled, options: { name } }) => (
      !isFulfilled && examination.holdersOf(name).length > 0
    ));
    const deadlineMs = clock.now() + PATIENCE_MS;
    while (this.#isFine && clock.now() < deadlineMs && open.some(({ isFulfilled }) => !isFulfilled)) {
      await this.#advanceTo(clock.now() + LOOK_EVERY_MS);
    }
    for (const { isFulfilled, lastFailure, options: { machine, name } } of open) {
      if (isFulfilled) continue;
      violations.add("retrying succeeds", `${machine} does not get ${name}, its last attempt: ${lastFailure}`);
    }
    return this.#isFine;
  }

  #checkLimits(): void {
    const { network, stations, clock, violations } = this.#world;
    const { conns, bufferedBytes } = network.usage();
    if (bufferedBytes > conns * MAX_STREAM_BYTES) {
      violations.add("limits hold", `${bufferedBytes} bytes wait in ${conns} streams`);
    }
    if (conns > stations.size * MAX_STREAMS_EACH) violations.add("limits hold", `${conns} streams are open`);
    if (clock.pending > MAX_TIMERS) violations.add("limits hold", `${clock.pending} timers are set`);
  }

  /** Stops everything, and looks for what is left. */
  async #end(): Promise<void> {
    const { clock, stations, network, violations } = this.#world;
    let isStopped = false;
    void Promise.all([...stations.values()].map((station) => station.stop())).then(() => isStopped = true);
    const deadlineMs = clock.now() + STOP_MS;
    while (!isStopped && clock.now() < deadlineMs) await clock.advance(LOOK_EVERY_MS);
    if (!isStopped) return violations.add("nothing leaks", `a stop takes more than ${STOP_MS} ms`);
    await clock.advance(QUIET_MS);
    const usage = network.usage();
    if (Object.values(usage).some((count) => count > 0)) {
      violations.add("nothing leaks", `after the stop there are left ${JSON.stringify(usage)}`);
    }
    if (clock.pending > 0) violations.add("nothing leaks", `after the stop ${clock.pending} timers are left`);
    for (const [machine, { disk: { openFiles } }] of stations) {
      if (openFiles > 0) violations.add("nothing leaks", `after the stop ${openFiles} files are open on ${machine}`);
    }
  }
}
