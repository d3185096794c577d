/**
 * A cluster of the `cdn` family in this process, over real sockets on free ports and real files, at a quick pace.
 *
 * @module
 */

import type { Address } from "../src/base/address.ts";
import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { inlineDigests } from "../src/env/digests.ts";
import type { Env } from "../src/env/env.ts";
import { createLog, type LogRecord } from "../src/env/log.ts";
import { Metrics } from "../src/env/metrics.ts";
import { nodeFiles } from "../src/env/node_files.ts";
import { nodeSpawn } from "../src/env/node_processes.ts";
import { denoNet } from "../src/net/deno.ts";
import { fetchHttpClient } from "../src/net/fetch_http_client.ts";
import { nodeHttpServers } from "../src/net/node_http.ts";
import { type ContentOptions, type ContentRole, startContent } from "../src/roles/cdn/content.ts";
import { type IndexOptions, type IndexRole, startIndex } from "../src/roles/cdn/index.ts";
import { type MonitorOptions, type MonitorRole, startMonitor } from "../src/roles/cdn/monitor.ts";

const ANY: Address = { host: "127.0.0.1", port: 0 };

/** A twentieth of the documented durations: a death is noticed within half a second. */
export const QUICK = { timeoutMs: 400, checkMs: 50, heartbeatMs: 150, pollMs: 50, graceMs: 400, registerMs: 750 };

/** Roles on real sockets, and a folder that goes with them. */
export class SocketCluster implements AsyncDisposable {
  /** All that was logged, oldest first. */
  readonly records: LogRecord[] = [];
  /** A temporary folder. */
  readonly folder: string;
  /** The index. */
  index!: IndexRole;
  /** The monitor. */
  monitor!: MonitorRole;
  readonly #contents = new Set<ContentRole>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Starts a monitor and an index that know of each other. */
  static async start(
    options: { index?: Partial<IndexOptions>; monitor?: Partial<MonitorOptions> } = {},
  ): Promise<SocketCluster> {
    const cluster = new SocketCluster(await Deno.makeTempDir({ prefix: "microcdn-test-" }));
    const { timeoutMs, checkMs, pollMs, graceMs } = QUICK;
    // The index must know the monitor's port and the monitor the index's: the index comes first, at a port that is
    // free, and is started again there once the monitor has one.
    const probe = await startIndex(cluster.env("index"), { listen: ANY });
    const at = probe.addresses.tcp!;
    cluster.monitor = await startMonitor(cluster.env("monitor"), {
      packets: ANY,
      control: ANY,
      index: at,
      timeoutMs,
      checkMs,
      ...options.monitor,
    });
    await probe.stop();
    cluster.index = await startIndex(cluster.env("index"), {
      listen: at,
      monitor: cluster.monitor.addresses.tcp!,
      pollMs,
      graceMs,
      ...options.index,
    });
    return cluster;
  }

  /** The real world, with a log that is kept. */
  env(source: string): Env {
    const clock = systemClock();
    const sink = (record: LogRecord): void => void this.records.push(record);
    return {
      net: denoNet(),
      http: nodeHttpServers(),
      httpClient: fetchHttpClient(),
      clock,
      random: systemRandom(),
      files: nodeFiles(),
      digests: inlineDigests(),
      spawn: nodeSpawn,
      host: { runtime: "deno", pid: Deno.pid, variable: () => undefined },
      log: createLog({ clock, sink, level: "debug", source }),
      metrics: new Metrics(),
    };
  }

  /** The folder of a content server; made at the first call. */
  async files(serverId: string): Promise<string> {
    const folder = `${this.folder}/${serverId}`;
    await Deno.mkdir(folder, { recursive: true });
    return folder;
  }

  /** Starts a content server on free ports. */
  async startContent(serverId: string, options: Partial<ContentOptions> = {}): Promise<ContentRole> {
    const { heartbeatMs, registerMs } = QUICK;
    const content = await startContent(this.env(serverId), {
      serverId,
      folder: await this.files(serverId),
      listen: ANY,
      udpPort: 0,
      index: this.index.addresses.tcp!,
      monitor: this.monitor.addresses.udp!,
      heartbeatMs,
      registerMs,
      ...options,
    });
    this.#contents.add(content);
    return content;
  }

  /** Stops everything and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.index, this.monitor, ...this.#contents].map((role) => role.stop()));
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Says `text`, ends our direction, and returns all that comes back, as bytes in Latin-1. */
export async function say(to: Address, text: string): Promise<string> {
  const conn = await denoNet().dial(to);
  try {
    await conn.write(new TextEncoder().encode(text));
    await conn.closeWrite();
    const decoder = new TextDecoder("latin1");
    const buffer = new Uint8Array(65_536);
    let all = "";
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      all += decoder.decode(buffer.subarray(0, count));
    }
    return all;
  } finally {
    conn.close();
  }
}
