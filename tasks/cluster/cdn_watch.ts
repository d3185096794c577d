/**
 * What is seen of a cluster of the `cdn` family from outside: whom the monitor lists, and whose heartbeats it heard.
 *
 * @module
 */

import type { Env } from "../../src/env/env.ts";
import { GREETING, parseServerStatus, type ServerStatus } from "../../src/protocol/cdn.ts";
import { ask, askList } from "../../src/services/ask.ts";
import type { RoleRecord } from "./log_line.ts";
import { LOOPBACK, type MemberPlan } from "./plan.ts";
import type { Sighting } from "./status.ts";
import { ANSWER_MS, attempt, type LookOptions, portOf, type Watch } from "./watch.ts";

/** A heartbeat that comes later than this after a server's end is another process's: it was started again by hand. */
const STRAY_MS = 2_000;

/** An outside look at the monitor and the index, now and then. */
export class CdnWatch implements Watch {
  readonly #env: Pick<Env, "net" | "clock">;
  readonly #monitorPort: number;
  readonly #indexPort: number;
  readonly #planned: ReadonlySet<string>;
  /** Undefined while no monitor answers. */
  #listed: ReadonlyMap<string, ServerStatus> | undefined;
  #indexAnswers = false;
  readonly #heardAtMs = new Map<string, number>();

  /** Looks at the roles of a plan. */
  constructor(env: Pick<Env, "net" | "clock">, plan: readonly MemberPlan[]) {
    this.#env = env;
    this.#planned = new Set(plan.map(({ label }) => label));
    this.#monitorPort = portOf(plan, "monitor", "questions");
    this.#indexPort = portOf(plan, "index", "lookups");
  }

  /** Takes a record of a role's log; the monitor's matter. */
  hear(label: string, { event, fields }: RoleRecord, nowMs: number): void {
    if (label !== "monitor") return;
    if (event === "heartbeats") { for (const id of String(fields["from"]).split(",")) this.#heardAtMs.set(id, nowMs); }
    if (/^(heartbeat|server alive( again)?)$/.test(event)) this.#heardAtMs.set(String(fields["id"]), nowMs);
  }

  /** Asks the monitor, and on demand the index: whether one answers there although ours has ended. */
  async look({ ended, signal }: LookOptions): Promise<void> {
    const [listed, indexAnswers] = await Promise.all([
      this.#askMonitor(signal),
      ended.has("index") && this.#askIndex(signal),
    ]);
    this.#listed = listed;
    this.#indexAnswers = indexAnswers;
  }

  /** Forgets what a role said that has just ended. */
  forget(label: string): void {
    if (label === "monitor") this.#listed = undefined;
    if (label === "index") this.#indexAnswers = false;
  }

  /** What the monitor says of a server; undefined if it does not know it, or does not answer. */
  sighting(id: string, nowMs: number): Sighting | undefined {
    const status = this.#listed?.get(id);
    if (status === undefined) return undefined;
    const heardAtMs = this.#heardAtMs.get(id);
    const heardSeconds = heardAtMs === undefined ? undefined : Math.floor((nowMs - heardAtMs) / 1000);
    return { alive: status.alive, note: `load ${status.load}`, heardSeconds };
  }

  /** Servers that the monitor lists beside those of the plan. */
  strangers(nowMs: number): Array<[string, Sighting]> {
    const ids = [...this.#listed?.keys() ?? []].filter((id) => !this.#planned.has(id));
    return ids.map((id) => [id, this.sighting(id, nowMs)!]);
  }

  /** Whether a role that ended here was started again by somebody else. */
  isBack(label: string, endedAtMs: number): boolean {
    if (label === "monitor") return this.#listed !== undefined;
    if (label === "index") return this.#indexAnswers;
    return (this.#heardAtMs.get(label) ?? 0) > endedAtMs + STRAY_MS;
  }

  async #askMonitor(signal: AbortSignal): Promise<ReadonlyMap<string, ServerStatus> | undefined> {
    const listed = new Map<string, ServerStatus>();
    const succeeded = await attempt(async () => {
      await askList(this.#env, { host: LOOPBACK, port: this.#monitorPort }, "LIST_SERVERS", {
        deadlineMs: ANSWER_MS,
        signal,
        take(line): void {
          const status = parseServerStatus(line);
          listed.set(status.id, status);
        },
      });
      return true;
    });
    return succeeded ? listed : undefined;
  }

  async #askIndex(signal: AbortSignal): Promise<boolean> {
    const at = { host: LOOPBACK, port: this.#indexPort };
    return await attempt(async () => await ask(this.#env, at, "HELLO", { deadlineMs: ANSWER_MS, signal }) === GREETING);
  }
}
