/**
 * A program's view of a simulated network.
 *
 * @module
 */

import { type AbortOptions, onAbort } from "../base/abort.ts";
import { type Address, formatAddress, MAX_PORT } from "../base/address.ts";
import { sleep } from "../base/clock.ts";
import { MemoryConn } from "./memory_conn.ts";
import { Doorway, MemoryListener } from "./memory_listener.ts";
import type { Machine, PortTable, Route } from "./memory_machine.ts";
import { MemoryPackets } from "./memory_packets.ts";
import { Pipe } from "./memory_pipe.ts";
import type { Wire } from "./memory_wire.ts";
import type { Conn, Listener, ListenOptions, Net, PacketSocket } from "./net.ts";
import { NetError, type NetErrorCode } from "./net_error.ts";

interface Dial {
  readonly localPort: number;
  readonly port: number;
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * The network as one program on one machine sees it. Once the program has crashed it throws `"closed"`: what is left
 * of the program reaches nobody, and a new one asks the network for a view of its own.
 */
export class MemoryNet implements Net {
  readonly #wire: Wire;
  readonly #machine: Machine;
  readonly #crashes: number;
  #isCrashed = false;

  /** Creates the view of a program on `machine`. */
  constructor(wire: Wire, machine: Machine) {
    this.#wire = wire;
    this.#machine = machine;
    this.#crashes = machine.crashes;
  }

  /** The machine's own address. */
  get host(): string {
    return this.#machine.address;
  }

  /** Opens a stream; see {@link Net.dial}. Limit: `connectTimeoutMs`. */
  async dial(to: Address, { signal }: AbortOptions = {}): Promise<Conn> {
    const what = `dial ${formatAddress(to)}`;
    signal?.throwIfAborted();
    this.#checkRunning(what);
    const machine = this.#machine;
    const route = machine.route("::", to.host);
    if (route === undefined) {
      await sleep(this.#wire.clock, 2 * this.#wire.faults.latencyMs, { signal });
      throw new NetError("unreachable", what);
    }
    const isFree = (port: number): boolean =>
      !machine.dialPorts.has(port) && machine.streams.isFree(route.source, port);
    const localPort = machine.freePort(isFree);
    if (localPort === undefined) throw new NetError("exhausted", what);
    return await this.#open(route, { localPort, port: to.port, what, signal });
  }

  /** Listens for streams; see {@link Net.listen}. */
  // deno-lint-ignore require-await -- a throw must become a rejection
  async listen(at: Address, { sharing }: ListenOptions = {}): Promise<Listener> {
    const machine = this.#machine;
    const address = this.#claim(at, machine.streams, { what: "listen at", joins: sharing === "join" });
    return new MemoryListener({ wire: this.#wire, machine, owner: this, address, isShared: sharing !== undefined });
  }

  /** Opens a datagram socket; see {@link Net.bind}. */
  // deno-lint-ignore require-await -- a throw must become a rejection
  async bind(at: Address): Promise<PacketSocket> {
    const machine = this.#machine;
    const address = this.#claim(at, machine.packets, { what: "bind", joins: false });
    return new MemoryPackets({ wire: this.#wire, machine, owner: this, address });
  }

  /** Ends this program alone: all that it has open breaks off at once. */
  crash(): void {
    this.#isCrashed = true;
    for (const endpoint of [...this.#machine.endpoints]) {
      if (endpoint.owner === this) endpoint.crash(false);
    }
  }

  /** Sends the first segment of a stream, and waits for what becomes of it. */
  #open({ machine: target, host, source }: Route, dial: Dial): Promise<Conn> {
    const { localPort, port, what, signal } = dial;
    const wire = this.#wire, machine = this.#machine;
    const local = { host: source, port: localPort }, remote = { host, port };
    const here = formatAddress(local), there = formatAddress(remote);
    const sending = new Pipe({ wire, link: machine.linkTo(target), from: here, to: there });
    const receiving = new Pipe({ wire, link: target.linkTo(machine), from: there, to: here });
    return new Promise((resolve, reject) => {
      const opened = (failure?: NetErrorCode): void => {
        cancel();
        off();
        if (failure === undefined) return resolve(dialler);
        dialler.close();
        reject(new NetError(failure === "reset" ? "refused" : failure, what));
      };
      const dialler = new MemoryConn({
        machine,
        owner: this,
        local,
        remote,
        out: sending,
        limits: wire.limits,
        opened,
      });
      const opening = { local: remote, remote: local, sending: receiving, receiving: sending };
      const doorway = new Doorway(wire, target, { opening, dialler });
      sending.sender = receiving.receiver = dialler;
      sending.receiver = receiving.sender = doorway;
      dialler.start("syn");
      const cancel = wire.schedule(wire.limits.connectTimeoutMs, () => dialler.fail("timeout"));
      const off = onAbort(signal, () => {
        reject(signal?.reason);
        dialler.fail("closed");
      });
    });
  }

  #claim<T>(at: Address, table: PortTable<T>, { what, joins }: { what: string; joins: boolean }): Address {
    const action = `${what} ${formatAddress(at)}`;
    this.#checkRunning(action);
    if (!Number.isInteger(at.port) || at.port < 0 || at.port > MAX_PORT) {
      throw new RangeError(`Cannot ${action}: the port must be 0 to ${MAX_PORT}`);
    }
    const machine = this.#machine;
    const host = machine.placeOf(at.host);
    if (host === undefined) throw new NetError("unavailable", action);
    if (at.port !== 0) {
      const isOurs = joins ? table.isJoinable(host, at.port) : table.isFree(host, at.port);
      if (!isOurs) throw new NetError("in-use", action);
      return { host, port: at.port };
    }
    const port = machine.freePort((port) => table.isFree(host, port) && !machine.dialPorts.has(port));
    if (port === undefined) throw new NetError("exhausted", action);
    return { host, port };
  }

  #checkRunning(action: string): void {
    if (this.#isCrashed || this.#crashes !== this.#machine.crashes) throw new NetError("closed", action);
  }
}
