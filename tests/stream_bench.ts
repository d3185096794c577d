/**
 * What tests of streams stand on: a server's machine and a client's, one clock, and what is logged.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import { createLog, type Log, type LogRecord } from "../src/env/log.ts";
import { type MemoryLimits, MemoryNetwork } from "../src/net/memory.ts";
import type { Conn, Listener, Net } from "../src/net/net.ts";
import { nextOf } from "./net_bench.ts";

/** The server's machine, and the port that it listens at. */
export const SERVER: Address = { host: "10.0.0.1", port: 5050 };
/** The client's machine. */
export const CLIENT = "10.0.0.2";

/** Two machines in memory, 1 ms apart. */
export class StreamBench {
  /** Time: stands still until it is wound. */
  readonly clock: VirtualClock = new VirtualClock();
  /** All that was logged. */
  readonly records: LogRecord[] = [];
  /** Logs to {@link StreamBench.records}. */
  readonly log: Log;
  /** The network between the machines. */
  readonly network: MemoryNetwork;
  /** The server's view of it. */
  readonly server: Net;
  /** The client's view of it. */
  readonly client: Net;

  /** Creates the machines. */
  constructor(limits: Partial<MemoryLimits> = {}) {
    const { clock, records } = this;
    this.log = createLog({ clock, level: "debug", sink: (record) => void records.push(record) });
    this.network = new MemoryNetwork({ clock, random: seededRandom(1), faults: { latencyMs: 1 }, limits });
    this.server = this.network.host(SERVER.host);
    this.client = this.network.host(CLIENT);
  }

  /** Listens at {@link SERVER}. */
  async listen(): Promise<Listener> {
    return await this.server.listen(SERVER);
  }

  /** Dials {@link SERVER}. */
  async dial(): Promise<Conn> {
    return await this.clock.until(this.client.dial(SERVER));
  }

  /** Opens a stream: the server's end and the client's. */
  async pair(): Promise<[server: Conn, client: Conn]> {
    const listener = await this.listen();
    const ends = await this.clock.until(Promise.all([nextOf(listener), this.client.dial(SERVER)]));
    listener.close();
    return ends;
  }

  /** Sends text from one end of a stream. */
  async send(conn: Conn, text: string): Promise<void> {
    await this.clock.until(conn.write(new TextEncoder().encode(text)));
  }

  /** Reads what has come, or comes next, as text; `null` at the end. */
  async receive(conn: Conn): Promise<string | null> {
    const buffer = new Uint8Array(65_536);
    const count = await this.clock.until(conn.read(buffer));
    return count === null ? null : new TextDecoder().decode(buffer.subarray(0, count));
  }

  /** Reads to the end, as text. */
  async receiveAll(conn: Conn): Promise<string> {
    let text = "";
    for (let part = await this.receive(conn); part !== null; part = await this.receive(conn)) text += part;
    return text;
  }

  /** What was logged, each as `level: event`. */
  events(): string[] {
    return this.records.map(({ level, event }) => `${level}: ${event}`);
  }

  /** Checks that nothing is open and no timer is set: all that a test began has ended. */
  async assertQuiet(): Promise<void> {
    await this.clock.until(this.network.idle());
    assertEquals(this.network.usage(), { conns: 0, listeners: 0, sockets: 0, bufferedBytes: 0 });
    assertEquals(this.clock.pending, 0, "timers");
  }
}
