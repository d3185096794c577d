/**
 * Roles of ours on the workbench: processes with exactly the permissions that they have in earnest.
 *
 * @module
 */

import { type Address, parseAddress } from "../../src/base/address.ts";
import { parseRecord } from "../cluster/log_line.ts";
import { programCommand } from "../cluster/member.ts";
import type { Workbench } from "./workbench.ts";

/** How long a role may take to be ready; one with very many files takes long. */
const READY_MS = 60_000;

/** How long one may take to end before it is killed. */
const STOP_MS = 5_000;

/** The flag that makes a content server more than one process. */
const WORKERS = "--workers";

/** Nobody listens there: a role that is to be alone is told of a neighbour that is not. */
const NOBODY = 1;

/** A role that serves. */
export interface RunningRole {
  /** Its process id. */
  readonly pid: number;
  /** Where it listens for streams. */
  readonly tcp: Address;
  /** Where it listens for datagrams; absent for an index. */
  readonly udp?: Address;
  /** Resolves when it has logged an event; at once if it has already. */
  logged(event: string, deadlineMs: number): Promise<void>;
  /** Kills it as `kill -9` does, and waits for its end. */
  kill(): Promise<void>;
  /** Ends it in order, and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Starts a role on free ports, and waits until it is ready.
 *
 * @param args Flags behind the ports.
 * @param program The words that start the role's program. Default: those that start it from source.
 */
export async function startRole(
  bench: Workbench,
  role: "index" | "monitor" | "content",
  args: readonly string[],
  program?: readonly [string, ...string[]],
): Promise<RunningRole> {
  const ports = role === "index" ? ["--port", "0"] : ["--tcp-port", "0", "--udp-port", "0"];
  // Starting more of its kind is a permission of its own.
  const permissions = args.includes(WORKERS) ? "workers" : role;
  const words = program ?? programCommand(permissions, [role]);
  const command = [...words, ...ports, "--log", "json", "--supervised", ...args] as const;
  const seen = new Map<string, Readonly<Record<string, unknown>>>();
  const waiting = new Set<() => void>();
  const onLine = (line: string): void => {
    const record = parseRecord(line);
    if (record === undefined) return;
    if (!seen.has(record.event)) seen.set(record.event, record.fields);
    for (const look of waiting) look();
  };
  const started = bench.start({ name: role, command, onLine });
  const { child } = started;
  const logged = async (event: string, deadlineMs: number): Promise<void> => {
    let look = (): void => {};
    const found = new Promise<void>((resolve) => {
      look = (): void => {
        if (seen.has(event)) resolve();
      };
    });
    waiting.add(look);
    look();
    try {
      await bench.whileRuns(started, `"${event}" of the ${role}`, deadlineMs, found);
    } finally {
      waiting.delete(look);
    }
  };
  await logged("ready", READY_MS);
  const { tcp, udp } = seen.get("ready")!;
  return {
    pid: child.pid,
    tcp: parseAddress(String(tcp)),
    ...(udp === undefined ? {} : { udp: parseAddress(String(udp)) }),
    logged,
    async kill(): Promise<void> {
      child.signal("SIGKILL");
      await child.ended;
    },
    async stop(): Promise<void> {
      await child.stop(bench.env.clock, STOP_MS);
    },
  };
}

/** Starts an index or a monitor that knows nobody else. */
export async function startAlone(
  bench: Workbench,
  role: "index" | "monitor",
  flags: readonly string[] = [],
): Promise<RunningRole> {
  const neighbour = role === "index" ? "--monitor-tcp-port" : "--index-port";
  return await startRole(bench, role, [neighbour, String(NOBODY), ...flags]);
}

/** An index and a monitor that know each other. */
export interface Centre {
  /** The index. */
  readonly index: RunningRole;
  /** The monitor. */
  readonly monitor: RunningRole;
}

/** Starts an index and a monitor. The index asks the monitor; the monitor learns of the index from it. */
export async function startCentre(bench: Workbench): Promise<Centre> {
  const monitor = await startAlone(bench, "monitor");
  const index = await startRole(bench, "index", ["--monitor-tcp-port", String(monitor.tcp.port)]);
  return { index, monitor };
}

/** What a content server is started with. */
export interface ContentStart {
  /** Its folder. */
  readonly folder: string;
  /** Its id. Default: `B1`. */
  readonly id?: string;
  /** Index and monitor. Default: nobody, which it goes on knocking at every few seconds. */
  readonly centre?: Centre;
  /** How many processes serve. Default: 1. */
  readonly workers?: number;
  /** The words that start its program. Default: those that start it from source. */
  readonly program?: readonly [string, ...string[]];
}

/** Starts a content server; with a centre it waits until the index has taken it in. */
export async function startContentServer(
  bench: Workbench,
  { folder, id = "B1", centre, workers = 1, program }: ContentStart,
): Promise<RunningRole> {
  const indexPort = centre?.index.tcp.port ?? NOBODY;
  const monitorPort = centre?.monitor.udp?.port ?? NOBODY;
  const args = [
    ...["--server-id", id, "--files", folder],
    ...["--index-port", String(indexPort), "--monitor-udp-port", String(monitorPort)],
    ...(workers === 1 ? [] : [WORKERS, String(workers)]),
  ];
  const role = await startRole(bench, "content", args, program);
  if (centre !== undefined) await role.logged("registered", READY_MS);
  return role;
}
