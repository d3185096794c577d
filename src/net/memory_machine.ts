/**
 * A machine of a simulated network: its addresses, its ports, what is open on it.
 *
 * @module
 */

import { isLoopback, isWildcard } from "../base/address.ts";
import { Throttle } from "./memory_faults.ts";
import { Link } from "./memory_link.ts";
import type { MemoryListener } from "./memory_listener.ts";
import type { MemoryPackets } from "./memory_packets.ts";
import type { Wire } from "./memory_wire.ts";

/** Something open on a machine, which its program must close. */
export interface Endpoint {
  /** What it is. */
  readonly kind: "conn" | "listener" | "socket";
  /** The program that opened it. */
  readonly owner: object;
  /** Bytes that wait in it. */
  readonly bufferedBytes: number;
  /** Its program is gone. A silent end tells nobody. */
  crash(silently: boolean): void;
}

/** `absent`: never seen; `on`: it runs; `off`: its power is gone. */
export type MachineState = "absent" | "on" | "off";

const EPHEMERAL_FIRST = 49_152;
const EPHEMERAL_LAST = 65_535;

interface Held<T> {
  readonly host: string;
  readonly value: T;
  /** Whether others may have the same address and port, too. */
  readonly isShared: boolean;
}

/** Who has which port, by address. The wildcard of one family is every address of that family, `::` every one. */
export class PortTable<T> {
  readonly #ports = new Map<number, Held<T>[]>();

  /** Whether nobody is in the way of `host` at `port`. */
  isFree(host: string, port: number): boolean {
    return this.#inTheWay(host, port).length === 0;
  }

  /** Whether nobody is in the way of one who shares `host` and `port` with those who share it already. */
  isJoinable(host: string, port: number): boolean {
    return this.#inTheWay(host, port).every((held) => held.isShared && held.host === host);
  }

  /** Gives `host` and `port` to `value`, alone or beside others. */
  take(host: string, port: number, value: T, isShared = false): void {
    const holders = this.#ports.get(port);
    if (holders === undefined) this.#ports.set(port, [{ host, value, isShared }]);
    else holders.push({ host, value, isShared });
  }

  /** Takes a port from `value`. */
  release(port: number, value: T): void {
    const left = this.#ports.get(port)?.filter((held) => held.value !== value) ?? [];
    if (left.length === 0) this.#ports.delete(port);
    else this.#ports.set(port, left);
  }

  /** Who gets what is sent to `host` and `port`. Those who share it take turns. */
  find(host: string, port: number): T | undefined {
    const holders = this.#ports.get(port) ?? [];
    const at = holders.findIndex((held) => covers(held.host, host));
    const found = holders[at];
    if (found?.isShared) holders.push(...holders.splice(at, 1));
    return found?.value;
  }

  #inTheWay(host: string, port: number): Held<T>[] {
    const holders = this.#ports.get(port) ?? [];
    return holders.filter((held) => covers(held.host, host) || covers(host, held.host));
  }
}

/** A way to another machine, or to the same one. */
export interface Route {
  /** Where it leads. */
  readonly machine: Machine;
  /** The address it leads to, never a wildcard. */
  readonly host: string;
  /** The address that the other side sees. */
  readonly source: string;
}

/** A machine. */
export class Machine {
  /** Its own address. Its loopback addresses come besides. */
  readonly address: string;
  /** Whether it runs. */
  state: MachineState = "absent";
  /** Cut off from all other machines. */
  isolated = false;
  /** How often all its programs ended at once. */
  crashes = 0;
  /** How often its power went; what it had sent until then is lost. */
  powerLosses = 0;
  /** All that leaves it, over all links. */
  readonly uplink: Throttle = new Throttle(Infinity);
  /** Who listens where. */
  readonly streams: PortTable<MemoryListener> = new PortTable<MemoryListener>();
  /** Which datagram socket is bound where. */
  readonly packets: PortTable<MemoryPackets> = new PortTable<MemoryPackets>();
  /** Ports that its dials use. */
  readonly dialPorts: Set<number> = new Set<number>();
  /** What is open. */
  readonly endpoints: Set<Endpoint> = new Set<Endpoint>();
  readonly #wire: Wire;
  readonly #find: (address: string) => Machine | undefined;
  readonly #links = new Map<Machine, Link>();
  #lastPort = EPHEMERAL_LAST;

  /** Creates a machine that was never switched on. It finds others through `find`. */
  constructor(wire: Wire, address: string, find: (address: string) => Machine | undefined) {
    this.#wire = wire;
    this.#find = find;
    this.address = address;
  }

  /** The address that a program means which listens at `host`, possibly a wildcard; undefined if it is another's. */
  placeOf(host: string): string | undefined {
    const place = host === "localhost" ? "127.0.0.1" : host;
    return isWildcard(place) || this.owns(place) ? place : undefined;
  }

  /** Whether `host` is one of its addresses. */
  owns(host: string): boolean {
    return host === this.address || isLoopback(host);
  }

  /** The links that leave it, in the order in which they were first used. */
  links(): Iterable<Link> {
    return this.#links.values();
  }

  /** The link from here to `machine`, possibly to itself. */
  linkTo(machine: Machine): Link {
    let link = this.#links.get(machine);
    if (link === undefined) {
      link = new Link(this.#wire, this, machine);
      this.#links.set(machine, link);
    }
    return link;
  }

  /**
   * The way from what is bound to `bound`, possibly a wildcard, to a host as a program names it. Undefined if there is
   * none: the host was never seen, is of the other family, or would have to answer to a loopback address.
   */
  route(bound: string, to: string): Route | undefined {
    const host = plain(to);
    const machine = this.owns(host) ? this : this.#find(host);
    const source = this.#sourceFor(bound, host);
    if (machine === undefined || machine.state === "absent" || source === undefined) return undefined;
    return { machine, host, source };
  }

  #sourceFor(bound: string, host: string): string | undefined {
    if (bound.includes(":") !== host.includes(":") && bound !== "::") return undefined;
    if (!isWildcard(bound)) return this.owns(host) || !isLoopback(bound) ? bound : undefined;
    if (isLoopback(host)) return host.includes(":") ? "::1" : "127.0.0.1";
    return host === this.address || !isLoopback(this.address) ? this.address : undefined;
  }

  /** The next free port, each in its turn, so that one is not used again soon; undefined if there is none. */
  freePort(isFree: (port: number) => boolean): number | undefined {
    for (let tries = EPHEMERAL_FIRST; tries <= EPHEMERAL_LAST; tries++) {
      this.#lastPort = this.#lastPort === EPHEMERAL_LAST ? EPHEMERAL_FIRST : this.#lastPort + 1;
      if (isFree(this.#lastPort)) return this.#lastPort;
    }
    return undefined;
  }
}

function covers(held: string, host: string): boolean {
  return held === host || held === "::" || (held === "0.0.0.0" && !host.includes(":"));
}

/** Names the address that a program means: a wildcard is the machine itself. */
function plain(host: string): string {
  if (host === "localhost" || host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
