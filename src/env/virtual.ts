/**
 * An outside world in memory, for tests and simulation: the same in every run.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { MemoryHttpServers } from "../net/memory_http.ts";
import type { Net } from "../net/net.ts";
import { inlineDigests } from "./digests.ts";
import type { Env } from "./env.ts";
import { createLog, type LogLevel, type LogRecord } from "./log.ts";
import { MemoryFiles } from "./memory_files.ts";
import { MemoryProcesses } from "./memory_processes.ts";
import { Metrics } from "./metrics.ts";

/** Options of {@link virtualEnv}. */
export interface VirtualEnvOptions {
  /** Time: usually a `VirtualClock`. */
  clock: Clock;
  /** Chance: usually seeded. */
  random: Random;
  /** The network, as one machine of it sees it. */
  net: Net;
  /** Its disk; one that several programs are given in turn outlives each. Default: an empty one. */
  files?: MemoryFiles;
  /** Its HTTP servers; shared by all that are to reach one another. Default: its own. */
  http?: MemoryHttpServers;
  /** What HTTP servers see as its address. Default: `127.0.0.1`. */
  httpHost?: string;
  /** Its programs. Default: none. */
  processes?: MemoryProcesses;
  /** Its environment variables. Default: none. */
  variables?: Readonly<Record<string, string>>;
  /** Its process id. Default: 1. */
  pid?: number;
  /** Who logs. Default: `microcdn`. */
  source?: string;
  /** The least grave level that is kept. Default: `debug`. */
  level?: LogLevel;
  /** Where records are kept, oldest first; several programs may share it. Default: an array of its own. */
  records?: LogRecord[];
}

/** An outside world in memory, with what a test looks at. */
export interface VirtualEnv extends Env {
  /** Its disk. */
  readonly files: MemoryFiles;
  /** Its HTTP servers, and the way to ask them. */
  readonly http: MemoryHttpServers;
  /** Its programs, and what was started of them. */
  readonly processes: MemoryProcesses;
  /** What was logged, oldest first: the last 10,000 records at least. */
  readonly records: LogRecord[];
}

const MAX_RECORDS = 20_000;

/** Makes an outside world in memory. */
export function virtualEnv(options: VirtualEnvOptions): VirtualEnv {
  const { clock, random, net, variables = {}, pid = 1, source = "microcdn", level = "debug" } = options;
  const { records = [], processes = new MemoryProcesses(), httpHost = "127.0.0.1" } = options;
  const { http = new MemoryHttpServers({ clock, random }) } = options;
  function sink(record: LogRecord): void {
    if (records.length >= MAX_RECORDS) records.splice(0, MAX_RECORDS / 2);
    records.push(record);
  }
  return {
    net,
    http,
    httpClient: http.client(httpHost),
    clock,
    random,
    files: options.files ?? new MemoryFiles({ clock }),
    digests: inlineDigests(),
    spawn: processes.spawn,
    host: {
      runtime: "virtual",
      pid,
      variable: (name) => Object.hasOwn(variables, name) ? variables[name] : undefined,
    },
    log: createLog({ clock, sink, level, source }),
    metrics: new Metrics(),
    processes,
    records,
  };
}
