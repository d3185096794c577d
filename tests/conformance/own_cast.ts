/**
 * Our own roles as those under test, in this process.
 *
 * @module
 */

import type { Address } from "../../src/base/address.ts";
import type { Env } from "../../src/env/env.ts";
import type { LogRecord } from "../../src/env/log.ts";
import { getFile } from "../../src/roles/cdn/client.ts";
import { startContent } from "../../src/roles/cdn/content.ts";
import { startIndex } from "../../src/roles/cdn/index.ts";
import { startMonitor } from "../../src/roles/cdn/monitor.ts";
import type { Role } from "../../src/services/role.ts";
import type { Cast, Part, Player } from "./stage.ts";
import type { Actor } from "./transcript.ts";

/** What a role logged. */
export interface LogReader {
  /** Its records, oldest first. */
  records(): readonly LogRecord[];
}

/** One machine for one of our roles. */
export interface Machine extends LogReader {
  /** The outside world there. */
  readonly env: Env;
  /** The machine's address. */
  readonly host: string;
  /** A folder with the files of `SERVED`. */
  readonly folder: string;
  /** Ends all that it has open, as a crash does. Default: nothing. */
  crash?(): void;
}

/** How long things take where a documented second lasts `secondMs`. */
export interface Pace {
  /** A silent server is dead. */
  readonly timeoutMs: number;
  /** Between two checks. */
  readonly checkMs: number;
  /** Between two heartbeats. */
  readonly heartbeatMs: number;
  /** Between two registrations. */
  readonly registerMs: number;
  /** Between two questions to the monitor. */
  readonly pollMs: number;
  /** Until a registered server has to be heard. */
  readonly graceMs: number;
}

/** The documented times at another pace. */
export function paceOf(secondMs: number): Pace {
  return {
    timeoutMs: 8 * secondMs,
    checkMs: secondMs,
    heartbeatMs: 3 * secondMs,
    registerMs: 15 * secondMs,
    pollMs: secondMs,
    graceMs: 8 * secondMs,
  };
}

/** The least time for a client's dial, in milliseconds: a busy machine needs it. */
const LEAST_DIAL_MS = 2_000;

/** Starts our own roles. */
export class OwnCast implements Cast {
  /** Everybody. */
  readonly knows: ReadonlySet<Actor> = new Set<Actor>(["index", "content", "monitor", "client"]);
  readonly #open: (actor: Actor) => Promise<Machine>;
  readonly #secondMs: number;

  /** Starts each on a machine of its own. */
  constructor(open: (actor: Actor) => Promise<Machine>, { secondMs }: { secondMs: number }) {
    this.#open = open;
    this.#secondMs = secondMs;
  }

  /** Starts one. */
  async start(part: Part): Promise<Player> {
    const machine = await this.#open(part.actor);
    const { env, host, folder } = machine;
    const any: Address = { host, port: 0 };
    const { timeoutMs, checkMs, heartbeatMs, registerMs, pollMs, graceMs } = paceOf(this.#secondMs);
    const { index, monitor, heartbeats, id } = part;
    switch (part.actor) {
      case "index":
        return playRole(machine, "INIT", await startIndex(env, { listen: any, monitor, pollMs, graceMs, drainMs: 0 }));
      case "monitor": {
        const options = { packets: any, control: any, index, timeoutMs, checkMs, drainMs: 0 };
        return playRole(machine, undefined, await startMonitor(env, options));
      }
      case "content": {
        const own = { serverId: id, folder, listen: any, udpPort: 0, drainMs: 0 };
        const options = { ...own, index, monitor: heartbeats, heartbeatMs, registerMs };
        return playRole(machine, "INIT", await startContent(env, options));
      }
      case "client":
        return playClient(machine, part, Math.max(LEAST_DIAL_MS, 2 * this.#secondMs));
    }
  }
}

/** A role that runs, as a player. Its history is in its log; the monitor has one for each server, and logs none. */
export function playRole(machine: LogReader & Pick<Machine, "crash">, initial: string | undefined, role: Role): Player {
  const { tcp, udp } = role.addresses;
  const isMonitor = initial === undefined;
  return {
    places: {
      index: tcp!,
      content: tcp!,
      monitor: tcp!,
      ...(isMonitor && udp !== undefined && { "monitor-udp": udp }),
    },
    stop: () => role.stop(),
    async kill(): Promise<void> {
      machine.crash?.();
      await role.stop();
    },
    state: () => role.state,
    ...(isMonitor ? {} : { history: () => historyOf(machine.records(), initial) }),
  };
}

function historyOf(records: readonly LogRecord[], initial: string): string[] {
  const changes = records.filter(({ event }) => event === "state");
  return [initial, ...changes.map(({ fields }) => String(fields["to"]))];
}

function playClient({ env }: Machine, { index, file }: Part, dialMs: number): Player {
  const states: string[] = ["IDLE"];
  const pieces: Uint8Array[] = [];
  const abort = new AbortController();
  const keep = (bytes: Uint8Array): Promise<void> => {
    pieces.push(bytes.slice());
    return Promise.resolve();
  };
  const ended = getFile(env, {
    name: file,
    to: { kind: "writer", write: keep },
    index,
    retries: 0,
    dialMs,
    onState: (state) => void states.push(state),
    signal: abort.signal,
    // What becomes of it is read from its states.
  }).catch(() => {});
  const kill = async (): Promise<void> => {
    abort.abort();
    await ended;
  };
  return {
    places: {},
    stop: kill,
    kill,
    state: () => states.at(-1)!,
    history: () => states,
    saved: () =>
      Promise.resolve(states.at(-1) === "DONE" ? Uint8Array.from(pieces.flatMap((one) => [...one])) : undefined),
  };
}
