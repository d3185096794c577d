/**
 * Starts the roles in order, follows them, and stops them in the opposite order.
 *
 * @module
 */

import { every } from "../../src/base/clock.ts";
import { withDeadline } from "../../src/base/deadline.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";
import type { Env } from "../../src/env/env.ts";
import { describeEnd, type ProcessEnd } from "../../src/env/processes.ts";
import { isHeartbeat, parseRecord, renderRecord } from "./log_line.ts";
import { Member } from "./member.ts";
import type { ClusterFamily } from "./cluster_family.ts";
import type { Paint } from "./paint.ts";
import type { MemberPlan } from "./plan.ts";
import type { Screen } from "./screen.ts";
import { type MemberStatus, renderStatus, summarize } from "./status.ts";
import type { Watch } from "./watch.ts";

/** Options of {@link Supervisor}. */
export interface SupervisorOptions {
  /** The outside world. */
  env: Pick<Env, "net" | "clock">;
  /** Whose roles they are. */
  family: ClusterFamily;
  /** What to start, in this order. */
  plan: readonly MemberPlan[];
  /** Where to show it. */
  screen: Screen;
  /** Colours, or none. */
  paint: Paint;
  /** Whether to show heartbeats too. */
  showsHeartbeats: boolean;
  /** How the user starts tasks: `deno task`. */
  task: string;
}

/** How long one role may take before the next one is started all the same. */
const READY_MS = 15_000;
/** How long a role may take to stop: the five seconds in which its clients may finish, and some more. */
const STOP_MS = 8_000;

interface Slot {
  readonly plan: MemberPlan;
  readonly member: Member;
  isReady: boolean;
  onReady: () => void;
  endedAtMs?: number;
}

/** The cluster's processes. */
export class Supervisor {
  /** Resolves when every role has been started and every one has ended. */
  readonly allEnded: Promise<void>;
  readonly #options: SupervisorOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #watch: Watch;
  #endAll: () => void = () => {};
  #isStarted = false;
  #isStopping = false;
  #summary = "";

  /** Starts nothing yet. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#watch = options.family.watch(options.env, options.plan);
    this.allEnded = new Promise((resolve) => this.#endAll = resolve);
  }

  /** Starts every role, each once the one before is ready, has died, or takes too long. */
  async start(signal: AbortSignal): Promise<void> {
    for (const plan of this.#options.plan) {
      if (signal.aborted || this.#isStopping) return;
      await this.#startOne(plan, signal);
    }
    this.#isStarted = true;
    if ([...this.#slots.values()].every(({ member }) => member.end !== undefined)) this.#endAll();
    this.#suggest();
  }

  /** Says how to see the network survive, for which one has to know a process. */
  #suggest(): void {
    const { screen, paint, task, family } = this.#options;
    const { label, noun } = family.victim;
    const victim = this.#slots.get(label);
    if (this.#isStopping || victim?.member.end !== undefined || victim === undefined) return;
    const kill = paint("cyan", `kill -9 ${victim.member.pid}`);
    const demo = paint("cyan", [task, "demo", ...family.words].join(" "));
    screen.line(`To see a ${noun} die and the others notice: ${kill} (${label}), or ${demo}`);
  }

  /** Keeps the status up to date until the signal aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    await every(this.#options.env.clock, 1_000, async () => {
      const ended = [...this.#slots].filter(([, { member }]) => member.end !== undefined).map(([label]) => label);
      await this.#watch.look({ ended: new Set(ended), signal });
      this.#showStatus();
    }, { signal, immediately: true });
  }

  /** Stops all in the family's order. `tell` gets a line for each. */
  async stop(tell: (line: string) => void): Promise<void> {
    this.#isStopping = true;
    const { env: { clock }, screen, family } = this.#options;
    const text = "stopping ... (Ctrl-C again kills)".slice(0, screen.statusColumns);
    screen.status({ text, columns: text.length });
    for (const labels of family.stopOrder) {
      const slots = labels.map((label) => this.#slots.get(label)).filter((slot) => slot !== undefined);
      await Promise.all(slots.map(async ({ plan: { label }, member }) => {
        if (member.end !== undefined) return;
        const end = await member.stop(clock, STOP_MS);
        const isClean = end.kind === "exited" && end.code === 0;
        tell(isClean ? `${label} stopped` : `${label} ended with ${describeEnd(end)}`);
      }));
    }
  }

  /** Kills all at once. */
  kill(): void {
    this.#isStopping = true;
    for (const { member } of this.#slots.values()) member.signal("SIGKILL");
  }

  async #startOne(plan: MemberPlan, signal: AbortSignal): Promise<void> {
    const { screen, paint, env } = this.#options;
    const { label } = plan;
    let member: Member;
    try {
      const { permissions, args } = plan;
      member = new Member({ permissions, args, onLine: (line) => this.#onLine(label, line) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return screen.line(paint("red", `Cannot start ${label}: ${escapeControls(reason)}`));
    }
    const slot: Slot = { plan, member, isReady: false, onReady: () => {} };
    this.#slots.set(label, slot);
    screen.line(`${" ".repeat(8)} ${this.#prefix(label)} ${paint("dim", `process ${member.pid}`)}`);
    const ended = member.ended.then((end) => this.#onEnd(slot, end));
    const ready = new Promise<void>((resolve) => slot.onReady = resolve);
    const started = Promise.race([ready, ended]);
    await withDeadline(env.clock, { deadlineMs: READY_MS, what: `start ${label}`, signal }, () => started)
      .catch((error: Error) => {
        if (!signal.aborted) screen.line(paint("yellow", error.message));
      });
  }

  #onLine(label: string, line: string): void {
    const { screen, paint, showsHeartbeats, env } = this.#options;
    const prefix = this.#prefix(label);
    const record = parseRecord(line);
    // Whatever is no record, such as a crash of the runtime, is passed on as it is.
    if (record === undefined) return screen.line(`${" ".repeat(8)} ${prefix} ${escapeControls(line)}`);
    const slot = this.#slots.get(label);
    if (record.event === "ready" && slot !== undefined) {
      slot.isReady = true;
      slot.onReady();
    }
    this.#watch.hear(label, record, env.clock.now());
    if (showsHeartbeats || !isHeartbeat(record)) screen.line(renderRecord(prefix, record, paint));
  }

  #prefix(label: string): string {
    const { plan, paint } = this.#options;
    const colour = plan.find((member) => member.label === label)?.colour ?? "dim";
    return paint(colour, label.padEnd(7));
  }

  #onEnd(slot: Slot, end: ProcessEnd): void {
    const { screen, paint, task, env } = this.#options;
    const { plan: { label, byHand } } = slot;
    slot.endedAtMs = env.clock.now();
    this.#watch.forget(label);
    const others = [...this.#slots.values()].filter(({ member }) => member.end === undefined);
    if (!this.#isStopping) {
      const how = end.kind === "exited" ? `ended with ${describeEnd(end)}` : `was killed by ${end.signal}`;
      screen.line(paint("red", `${label} ${how}${others.length > 0 ? "; the others go on" : ""}`));
      screen.line(paint("dim", `To start it again: ${task} microcdn ${byHand.join(" ")}`));
      this.#showStatus();
    }
    if (others.length === 0 && this.#isStarted) this.#endAll();
  }

  #showStatus(): void {
    const { screen, paint } = this.#options;
    if (this.#isStopping) return;
    const statuses = this.#statuses();
    if (screen.hasStatus) return screen.status(renderStatus(statuses, screen.statusColumns, paint));
    const summary = summarize(statuses);
    if (!this.#isStarted || summary === this.#summary) return;
    screen.line(`status: ${summary}`);
    this.#summary = summary;
  }

  #statuses(): MemberStatus[] {
    const { plan, env } = this.#options;
    const own = plan.flatMap(({ label }): MemberStatus[] => {
      const slot = this.#slots.get(label);
      if (slot === undefined) return [];
      const { member: { end }, isReady, endedAtMs } = slot;
      const sighting = this.#watch.sighting(label, env.clock.now());
      if (end !== undefined && !this.#watch.isBack(label, endedAtMs ?? Infinity)) {
        return [{ label, process: "ended", end: describeEnd(end), sighting }];
      }
      return [{ label, process: isReady ? "up" : "starting", sighting }];
    });
    const strangers = this.#watch.strangers(env.clock.now());
    return [...own, ...strangers.map(([label, sighting]) => ({ label, process: "none" as const, sighting }))];
  }
}
