/**
 * A whole network in memory: machines, streams, datagrams, and faults that a test asks for.
 *
 * With a `VirtualClock` and a seeded source of chance it is deterministic: the same seed gives the same record of
 * happenings, byte for byte.
 *
 * @module
 */

import { isLoopback, isWildcard } from "../base/address.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { changeFaults, checkBytesPerSecond, type LinkFaults, PERFECT_LINK } from "./memory_faults.ts";
import type { Link } from "./memory_link.ts";
import { type Endpoint, Machine } from "./memory_machine.ts";
import { MemoryConn } from "./memory_conn.ts";
import { MemoryNet } from "./memory_net.ts";
import { MEMORY_LIMITS, type MemoryLimits, type MemoryTrace, Wire } from "./memory_wire.ts";

export type { LinkFaults, MemoryLimits, MemoryTrace };
export { MemoryNet };

/** Options of {@link MemoryNetwork}. */
export interface MemoryNetworkOptions {
  /** Schedules every delivery. */
  clock: Clock;
  /** Decides every chance. */
  random: Random;
  /** What every link does that is not told otherwise. Default: {@link PERFECT_LINK}. */
  faults?: Partial<LinkFaults>;
  /** Sizes and time-outs. Default: {@link MEMORY_LIMITS}. */
  limits?: Partial<MemoryLimits>;
  /** Takes the record of happenings. */
  trace?: MemoryTrace;
}

/** Options of {@link MemoryNetwork.partition}. */
export interface PartitionOptions {
  /** Whether only the first machine's sendings are cut. Default: false. */
  oneWay?: boolean;
}

/** Options of {@link MemoryNetwork.crash}. */
export interface CrashOptions {
  /** Whether the power goes, so that nobody hears of it. Default: false, the machine resets all streams. */
  silently?: boolean;
}

/** What is open on a machine. All zero once its programs have closed what they opened. */
export interface MemoryUsage {
  /** Streams, also those that wait to be accepted. */
  readonly conns: number;
  /** Listeners. */
  readonly listeners: number;
  /** Datagram sockets. */
  readonly sockets: number;
  /** Bytes that wait in streams: written and not at the other machine, arrived and not read. */
  readonly bufferedBytes: number;
}

/**
 * A network of machines, each with an address of its own and with its own loopback, `127.0.0.0/8` and `::1`.
 *
 * An address is any text, such as `10.0.0.1` or `cs1.lab`. A loopback address names one machine that is alone on its
 * network; programs that need no more than one machine share it. A machine that no program was ever started on is
 * `"unreachable"`.
 *
 * Faults may change at any time. They are given for a direction: from one machine to another, or to itself.
 *
 * @example
 * ```ts
 * import { VirtualClock } from "../base/virtual_clock.ts";
 * import { seededRandom } from "../base/random.ts";
 * import { MemoryNetwork } from "./memory.ts";
 * const clock = new VirtualClock();
 * const network = new MemoryNetwork({ clock, random: seededRandom(1), faults: { latencyMs: 5 } });
 * const listener = await network.host("10.0.0.1").listen({ host: "0.0.0.0", port: 5050 });
 * const client = await clock.until(network.host("10.0.0.2").dial({ host: "10.0.0.1", port: 5050 }));
 * network.partition("10.0.0.1", "10.0.0.2");
 * client.close();
 * listener.close();
 * ```
 */
export class MemoryNetwork {
  readonly #wire: Wire;
  readonly #initialFaults: LinkFaults;
  readonly #machines = new Map<string, Machine>();

  /**
   * Creates a network without machines.
   *
   * @throws {RangeError} if a fault is out of its range.
   */
  constructor({ clock, random, faults = {}, limits = {}, trace }: MemoryNetworkOptions) {
    this.#initialFaults = changeFaults(PERFECT_LINK, faults);
    this.#wire = new Wire({
      clock,
      random,
      faults: this.#initialFaults,
      limits: { ...MEMORY_LIMITS, ...limits },
      trace,
    });
  }

  /**
   * Starts a program on a machine, and switches the machine on if it is off. The program's view of the network is
   * good until it crashes.
   */
  host(address: string): MemoryNet {
    const machine = this.#machine(address);
    if (machine.state !== "on") {
      machine.state = "on";
      this.#wire.note("on", machine.address);
      this.#wakeLinksOf(machine);
    }
    return new MemoryNet(this.#wire, machine);
  }

  /** Changes what every link does that is not told otherwise by {@link MemoryNetwork.setLinkFaults}. */
  setFaults(change: Partial<LinkFaults>): void {
    this.#wire.faults = changeFaults(this.#wire.faults, change);
    for (const link of this.#links()) link.refresh();
  }

  /** Changes what the link from one machine to another does, whatever the network's defaults are. */
  setLinkFaults(from: string, to: string, change: Partial<LinkFaults>): void {
    this.#link(from, to).change(change);
  }

  /** Limits all that leaves a machine, over all its links together. `Infinity` ends that. */
  setUplink(address: string, bytesPerSecond: number): void {
    checkBytesPerSecond(bytesPerSecond);
    const machine = this.#machine(address);
    machine.uplink.reset(bytesPerSecond);
    for (const link of machine.links()) link.wake();
  }

  /** Takes back all that was set by `setFaults`, `setLinkFaults` and `setUplink`, and heals all partitions. */
  clearFaults(): void {
    this.#wire.faults = this.#initialFaults;
    for (const machine of this.#machines.values()) machine.uplink.reset(Infinity);
    for (const link of this.#links()) link.change(undefined);
    this.heal();
  }

  /**
   * Cuts two machines off from each other, or one direction. Datagrams are lost, also those on their way that would
   * arrive meanwhile; streams and dials wait, and break with `"timeout"` after `streamTimeoutMs` or `connectTimeoutMs`.
   */
  partition(a: string, b: string, { oneWay = false }: PartitionOptions = {}): void {
    this.#wire.note(oneWay ? "partition-one-way" : "partition", a, b);
    this.#link(a, b).cut = true;
    if (!oneWay) this.#link(b, a).cut = true;
  }

  /** Cuts a machine off from all others. */
  isolate(address: string): void {
    const machine = this.#machine(address);
    this.#wire.note("isolate", machine.address);
    machine.isolated = true;
  }

  /** Ends partitions: between two machines, of one machine from any other, or all. What waited is sent again at once. */
  heal(a?: string, b?: string): void {
    this.#wire.note("heal", a, b);
    const one = a === undefined ? undefined : this.#machine(a);
    const other = b === undefined ? undefined : this.#machine(b);
    for (const machine of this.#machines.values()) {
      if (other === undefined && (one === undefined || machine === one)) machine.isolated = false;
    }
    for (const link of this.#links()) {
      if (one !== undefined && !joins(link, one, other)) continue;
      link.cut = false;
      link.wake();
    }
  }

  /** Breaks streams on both sides at once with `"reset"`: all of a machine, or those between two. */
  resetStreams(a: string, b?: string): void {
    const one = this.#machine(a), other = b === undefined ? undefined : this.#machine(b);
    this.#wire.note("reset", a, b);
    for (const machine of this.#machines.values()) {
      for (const endpoint of [...machine.endpoints]) {
        if (!(endpoint instanceof MemoryConn)) continue;
        if (joins({ from: machine, to: endpoint.peer }, one, other)) endpoint.reset();
      }
    }
  }

  /**
   * Kills all programs of a machine at once: whatever is open breaks off, and the programs' views of the network throw
   * `"closed"` from then on. The machine resets their streams, as an operating system does; nobody hears of it whom
   * that cannot reach until he sends something. Silently, the machine is off: its peers hear nothing, and break with
   * `"timeout"` if they send, or with `"reset"` if by then a program was started there again.
   */
  crash(address: string, { silently = false }: CrashOptions = {}): void {
    const machine = this.#machine(address);
    this.#wire.note(silently ? "power-loss" : "crash", machine.address);
    machine.crashes++;
    if (silently) {
      machine.state = "off";
      machine.powerLosses++;
    }
    for (const endpoint of [...machine.endpoints]) endpoint.crash(silently);
  }

  /** What is open on a machine, or on all. */
  usage(address?: string): MemoryUsage {
    const machines = address === undefined ? [...this.#machines.values()] : [this.#machine(address)];
    const endpoints = machines.flatMap((machine) => [...machine.endpoints]);
    const count = (kind: Endpoint["kind"]): number => endpoints.filter((endpoint) => endpoint.kind === kind).length;
    const bufferedBytes = endpoints.reduce((sum, endpoint) => sum + endpoint.bufferedBytes, 0);
    return { conns: count("conn"), listeners: count("listener"), sockets: count("socket"), bufferedBytes };
  }

  /**
   * Resolves once the network is quiet: nothing is on its way, and no dial or stream waits for a time-out. A program
   * may act upon what it got last, so ask again where that matters.
   */
  idle(): Promise<void> {
    return this.#wire.idle();
  }

  /** Bytes of streams and datagrams on their way. */
  get bytesInFlight(): number {
    return this.#wire.bytesInFlight;
  }

  #machine(address: string): Machine {
    if (isWildcard(address)) throw new RangeError(`Cannot find a machine: ${address} stands for every address`);
    const name = address === "localhost" || isLoopback(address) ? "127.0.0.1" : address;
    let machine = this.#machines.get(name);
    if (machine === undefined) {
      machine = new Machine(this.#wire, name, (other) => this.#machines.get(other));
      this.#machines.set(name, machine);
    }
    return machine;
  }

  #link(from: string, to: string): Link {
    return this.#machine(from).linkTo(this.#machine(to));
  }

  *#links(): Generator<Link> {
    for (const machine of this.#machines.values()) yield* machine.links();
  }

  #wakeLinksOf(machine: Machine): void {
    for (const link of this.#links()) {
      if (joins(link, machine, undefined)) link.wake();
    }
  }
}

/** Whether a way begins or ends at `one`, and if `other` is given, whether its other end is there. */
function joins({ from, to }: { from: Machine; to: Machine }, one: Machine, other: Machine | undefined): boolean {
  if (other === undefined) return from === one || to === one;
  return (from === one && to === other) || (from === other && to === one);
}
