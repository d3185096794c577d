/**
 * The monitor's knowledge: who sends heartbeats, what they said last, and who fell silent.
 *
 * @module
 */

import { formatAddress } from "../base/address.ts";
import type { Heartbeat, ServerStatus } from "../protocol/cdn.ts";
import { MONITOR_LIFECYCLE, type MonitorState } from "./cdn_lifecycles.ts";
import { FailureDetector, type FailureDetectorOptions } from "./failure_detector.ts";
import { Lifecycle, type LifecycleListener } from "./lifecycle.ts";

/** What a heartbeat changed. */
export type BeatEffect =
  /** Seen for the first time. */
  | "new"
  /** Was dead. */
  | "up"
  /** Nothing but its numbers. */
  | "same"
  /** Ignored: a live server of this id is at another address. */
  | "foreign"
  /** Ignored: {@link MAX_SERVERS} are known and alive. */
  | "full";

interface Member {
  status: Omit<ServerStatus, "alive">;
  files: number;
  /** Whether a heartbeat of its own has come. Until then its address is hearsay. */
  heard: boolean;
  /** Whether another address claims its id, so that an answer from its own says nothing of who lives there. */
  contested: boolean;
  readonly lifecycle: Lifecycle<MonitorState>;
}

/** A server that is alive, and silent. */
export interface Suspect {
  /** Its id. */
  readonly id: string;
  /** Where it serves. */
  readonly host: string;
  /** Where it serves. */
  readonly tcpPort: number;
}

/** The most servers that a monitor keeps. Past that a dead one makes room; without any, newcomers are ignored. */
export const MAX_SERVERS = 10_000;

/** Everyone who ever sent a heartbeat, or whom the index expects to. */
export class Census {
  readonly #detector: FailureDetector;
  readonly #onState: LifecycleListener<MonitorState>;
  readonly #members = new Map<string, Member>();
  /** Who may leave for a newcomer, the first dead first: looking for one among all of them costs too much in a flood. */
  readonly #departed = new Set<string>();

  /** Creates an empty census. `onState` is told of each change of each server's state machine. */
  constructor(options: FailureDetectorOptions, onState: LifecycleListener<MonitorState> = () => {}) {
    this.#onState = onState;
    this.#detector = new FailureDetector(options);
  }

  /** Takes a heartbeat. A beat by which a server comes back also ends the report of its death. */
  beat(heartbeat: Heartbeat, nowMs: number): BeatEffect {
    const { id, host, tcpPort, load, files } = heartbeat;
    const known = this.#members.get(id);
    if (known !== undefined && known.heard && this.#detector.isAlive(id) === true) {
      if (known.status.host !== host || known.status.tcpPort !== tcpPort) {
        known.contested = true;
        return "foreign";
      }
    }
    if (known === undefined && !this.#makeRoom()) return "full";
    const member = this.#keep({ id, host, tcpPort, load }, files);
    member.heard = true;
    member.contested = false;
    const outcome = this.#detector.beat(id, nowMs);
    if (outcome === "up") {
      this.settle(id);
      this.#departed.delete(id);
    }
    return outcome;
  }

  /** Begins to wait for a server that the index knows to be alive. Returns whether that is news. */
  expect({ id, host, tcpPort, load }: ServerStatus, nowMs: number): boolean {
    if (this.#members.has(id) || !this.#makeRoom()) return false;
    this.#keep({ id, host, tcpPort, load }, 0);
    this.#detector.expect(id, nowMs);
    return true;
  }

  /**
   * Who has been silent for so long that it is worth asking whether only heartbeats get lost. Nobody whose id is claimed
   * from elsewhere, or whose address another server has by now: whoever answers there would vouch for a dead one.
   */
  suspects(nowMs: number): Suspect[] {
    const suspects = this.#detector.suspects(nowMs).filter((id) => !this.#members.get(id)!.contested);
    if (suspects.length === 0) return [];
    const latest = this.#latestByAddress();
    return suspects.flatMap((id) => {
      const { host, tcpPort } = this.#members.get(id)!.status;
      return latest.get(formatAddress({ host, port: tcpPort })) === id ? [{ id, host, tcpPort }] : [];
    });
  }

  /** Takes note that a suspect answered a question of `askedMs`. */
  vouch(id: string, askedMs: number): void {
    this.#detector.vouch(id, askedMs);
  }

  /** Checks everyone, and returns who has fallen silent: each once. They stay REPORTING until {@link Census.settle}. */
  sweep(nowMs: number): string[] {
    const checked = [...this.#members.values()].filter(({ lifecycle }) => lifecycle.state === "LISTENING");
    for (const { lifecycle } of checked) lifecycle.become("CHECKING");
    const dead = this.#detector.sweep(nowMs);
    for (const id of dead) this.#members.get(id)!.lifecycle.become("REPORTING");
    for (const { lifecycle } of checked) if (lifecycle.state === "CHECKING") lifecycle.become("LISTENING");
    return dead;
  }

  /** Notes that a server's death is told, or that there is nothing to tell any more. */
  settle(id: string): void {
    const lifecycle = this.#members.get(id)?.lifecycle;
    if (lifecycle?.state !== "REPORTING") return;
    lifecycle.become("LISTENING");
    this.#departed.add(id);
  }

  /** Whether a server is alive; `undefined` if it is not known. */
  isAlive(id: string): boolean | undefined {
    return this.#detector.isAlive(id);
  }

  /** How long a server has been silent; `undefined` if it is not known. */
  silenceMs(id: string, nowMs: number): number | undefined {
    return this.#detector.silenceMs(id, nowMs);
  }

  /** The monitor's state as a whole: REPORTING while any death is being told. */
  get state(): MonitorState {
    for (const { lifecycle } of this.#members.values()) if (lifecycle.state === "REPORTING") return "REPORTING";
    return "LISTENING";
  }

  /** Everyone, sorted by id. */
  list(): ServerStatus[] {
    return [...this.#members.keys()].sort().map((id) => ({
      ...this.#members.get(id)!.status,
      alive: this.#detector.isAlive(id)!,
    }));
  }

  /** How many servers are known, and how many of them live. */
  count(): { known: number; alive: number } {
    let alive = 0;
    for (const id of this.#members.keys()) if (this.#detector.isAlive(id) === true) alive++;
    return { known: this.#members.size, alive };
  }

  /** Who was heard last at each address. */
  #latestByAddress(): Map<string, string> {
    const latest = new Map<string, string>();
    const silence = (id: string): number => this.#detector.silenceMs(id, 0)!;
    for (const [id, { status: { host, tcpPort } }] of this.#members) {
      const address = formatAddress({ host, port: tcpPort });
      const other = latest.get(address);
      if (other === undefined || silence(id) < silence(other)) latest.set(address, id);
    }
    return latest;
  }

  #keep(status: Member["status"], files: number): Member {
    let member = this.#members.get(status.id);
    if (member === undefined) {
      member = {
        status,
        files,
        heard: false,
        contested: false,
        lifecycle: new Lifecycle(MONITOR_LIFECYCLE, this.#onState),
      };
      this.#members.set(status.id, member);
    }
    member.status = status;
    member.files = files;
    return member;
  }

  #makeRoom(): boolean {
    if (this.#members.size < MAX_SERVERS) return true;
    const id = this.#departed.values().next().value;
    if (id === undefined) return false;
    this.#departed.delete(id);
    this.#members.delete(id);
    this.#detector.forget(id);
    return true;
  }
}
