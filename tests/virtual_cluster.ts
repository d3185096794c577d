/**
 * A cluster of the `cdn` family in memory: one machine a role, one clock for all, one seed for every chance.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import { inlineDigests } from "../src/env/digests.ts";
import type { Env } from "../src/env/env.ts";
import { createLog, type LogRecord } from "../src/env/log.ts";
import { MemoryFiles } from "../src/env/memory_files.ts";
import { Metrics } from "../src/env/metrics.ts";
import { type LinkFaults, type MemoryNet, MemoryNetwork } from "../src/net/memory.ts";
import { type ContentOptions, type ContentRole, startContent } from "../src/roles/cdn/content.ts";
import { type IndexOptions, type IndexRole, startIndex } from "../src/roles/cdn/index.ts";
import { type MonitorOptions, type MonitorRole, startMonitor } from "../src/roles/cdn/monitor.ts";
import type { Role } from "../src/services/role.ts";
import { VirtualWorkers } from "./virtual_workers.ts";

/** Where the index is. */
export const INDEX = { host: "10.0.0.1", port: 5050 };
/** Where the monitor hears heartbeats. */
export const HEARTBEATS = { host: "10.0.0.2", port: 6000 };
/** Where the monitor is asked. */
export const CONTROL = { host: "10.0.0.2", port: 6001 };
/** Where content servers serve, each on a machine of its own. */
export const CONTENT_PORT = 7001;

/** Options of {@link VirtualCluster}. */
export interface VirtualClusterOptions {
  /** Decides every chance. Default: 1. */
  seed?: number;
  /** What the network does. Default: 1 ms each way and nothing worse. */
  faults?: Partial<LinkFaults>;
}

/** Machines, and the roles that run on them. */
export class VirtualCluster implements AsyncDisposable {
  /** Time. */
  readonly clock = new VirtualClock();
  /** The network between the machines. */
  readonly network: MemoryNetwork;
  /** All that was logged, oldest first. */
  readonly records: LogRecord[] = [];
  readonly #random;
  readonly #disks = new Map<string, MemoryFiles>();
  readonly #roles = new Map<string, Role>();
  readonly #hosts = new Set<string>();
  readonly #workers = new Map<string, VirtualWorkers>();

  /** Creates a cluster without roles. */
  constructor({ seed = 1, faults = { latencyMs: 1 } }: VirtualClusterOptions = {}) {
    this.#random = seededRandom(seed);
    this.network = new MemoryNetwork({ clock: this.clock, random: this.#random, faults });
  }

  /** The disk of a machine; it outlives crashes. */
  disk(host: string): MemoryFiles {
    let disk = this.#disks.get(host);
    if (disk === undefined) this.#disks.set(host, disk = new MemoryFiles({ clock: this.clock }));
    return disk;
  }

  /** The outside world of a program that is started on a machine. */
  env(host: string, source: string): Env & { readonly net: MemoryNet } {
    const sink = (record: LogRecord): void => void this.records.push(record);
    this.#hosts.add(host);
    return {
      net: this.network.host(host),
      http: { serve: () => Promise.reject(new Error("no management in a virtual cluster")) },
      httpClient: { ask: () => Promise.reject(new Error("no HTTP in a virtual cluster")) },
      clock: this.clock,
      random: this.#random,
      files: this.disk(host),
      digests: inlineDigests(),
      spawn: this.workers(host).processes.spawn,
      host: { runtime: "virtual", pid: 1, variable: () => undefined },
      log: createLog({ clock: this.clock, sink, level: "debug", source }),
      metrics: new Metrics(),
    };
  }

  /** The workers on a machine. */
  workers(host: string): VirtualWorkers {
    let workers = this.#workers.get(host);
    if (workers === undefined) {
      const env = (source: string): Env & { readonly net: MemoryNet } => this.env(host, source);
      workers = new VirtualWorkers({ folder: "files", env });
      this.#workers.set(host, workers);
    }
    return workers;
  }

  /** Starts the index. */
  async startIndex(options: Partial<IndexOptions> = {}): Promise<IndexRole> {
    const env = this.env(INDEX.host, "index");
    return this.#keep(INDEX.host, await startIndex(env, { listen: INDEX, monitor: CONTROL, ...options }));
  }

  /** Starts the monitor. */
  async startMonitor(options: Partial<MonitorOptions> = {}): Promise<MonitorRole> {
    const env = this.env(CONTROL.host, "monitor");
    const settings = { packets: HEARTBEATS, control: CONTROL, index: INDEX, ...options };
    return this.#keep(CONTROL.host, await startMonitor(env, settings));
  }

  /** Starts content server `CS<number>` on machine 10.0.1.<number>, serving its folder `files`. */
  async startContent(number: number, options: Partial<ContentOptions> = {}): Promise<ContentRole> {
    const host = contentHost(number);
    const env = this.env(host, `CS${number}`);
    const settings = {
      serverId: `CS${number}`,
      folder: "files",
      listen: { host, port: CONTENT_PORT },
      index: INDEX,
      monitor: HEARTBEATS,
      ...options,
    };
    return this.#keep(host, await this.clock.until(startContent(env, settings)));
  }

  /** Puts a file into the folder of content server `CS<number>`. */
  put(number: number, name: string, content: string | Uint8Array): void {
    this.disk(contentHost(number)).write(`files/${name}`, content);
  }

  /** Starts everything: monitor, index, and a content server an entry, with its files, and waits until all are known. */
  async startAll(servers: readonly Record<string, string | Uint8Array>[]): Promise<void> {
    await this.startMonitor();
    await this.startIndex();
    for (const [at, files] of servers.entries()) {
      for (const [name, content] of Object.entries(files)) this.put(at + 1, name, content);
      await this.startContent(at + 1);
    }
    await this.clock.advance(1_000);
  }

  /** Ends a machine's role as kill -9 would: its sockets are reset, nothing is said. */
  async kill(host: string): Promise<void> {
    const role = this.#roles.get(host);
    assert(role !== undefined, `nothing runs on ${host}`);
    this.#roles.delete(host);
    this.network.crash(host);
    this.workers(host).processes.orphan();
    await this.clock.until(role.stop());
  }

  /** Stops a machine's role in order. */
  async stop(host: string): Promise<void> {
    const role = this.#roles.get(host);
    assert(role !== undefined, `nothing runs on ${host}`);
    this.#roles.delete(host);
    await this.clock.until(role.stop());
  }

  /** Says `text` to a role, ends our direction, and returns all that it answers. */
  async say(to: { host: string; port: number }, text: string, from = "10.0.2.1"): Promise<string> {
    const conn = await this.clock.until(this.network.host(from).dial(to));
    const answer = async (): Promise<string> => {
      await conn.write(new TextEncoder().encode(text));
      await conn.closeWrite();
      const buffer = new Uint8Array(65_536);
      const decoder = new TextDecoder();
      let all = "";
      for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
        all += decoder.decode(buffer.subarray(0, count), { stream: true });
      }
      return all;
    };
    try {
      return await this.clock.until(answer());
    } finally {
      conn.close();
    }
  }

  /** Asks the index where a file is, and returns the id that it names; `undefined` if nobody has it. */
  async route(name: string): Promise<string | undefined> {
    const answer = await this.say(INDEX, `GET ${name}\n`);
    return answer.match(/^SERVER \S+ \d+ (\S+) \d+\n$/)?.[1];
  }

  /** The records of one event. */
  events(event: string, source?: string): LogRecord[] {
    return this.records.filter((record) => (
      record.event === event && (source === undefined || record.source === source)
    ));
  }

  /** Stops all that still runs, and checks that nothing stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.clock.until(Promise.all([...this.#roles.values()].map((role) => role.stop())));
    await this.clock.advance(120_000);
    for (const host of this.#hosts) {
      const usage = this.network.usage(host);
      assertEquals(usage, { conns: 0, listeners: 0, sockets: 0, bufferedBytes: 0 }, `left open on ${host}`);
    }
    for (const [host, disk] of this.#disks) assertEquals(disk.openFiles, 0, `files left open on ${host}`);
    assertEquals(this.events("connection failed"), []);
    assertEquals(this.events("loop ended"), []);
  }

  #keep<T extends Role>(host: string, role: T): T {
    this.#roles.set(host, role);
    return role;
  }
}

/** The machine of content server `CS<number>`. */
export function contentHost(number: number): string {
  return `10.0.1.${number}`;
}
