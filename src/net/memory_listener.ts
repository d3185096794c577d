/**
 * Where simulated streams come in.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { Inbox } from "./inbox.ts";
import { MemoryConn } from "./memory_conn.ts";
import type { Endpoint, Machine } from "./memory_machine.ts";
import type { Pipe, PipeEnd, Segment } from "./memory_pipe.ts";
import type { Wire } from "./memory_wire.ts";
import type { Conn, Listener } from "./net.ts";

/** How long a dial waits before it tries a full listener again. */
export const REDIAL_MS = 1_000;

/** What {@link MemoryListener} is made of. */
export interface MemoryListenerOptions {
  /** The network's shared parts. */
  readonly wire: Wire;
  /** Where it is. */
  readonly machine: Machine;
  /** The program that it belongs to. */
  readonly owner: object;
  /** Where it listens. */
  readonly address: Address;
  /** Whether others may listen there, too. */
  readonly isShared: boolean;
}

/** Streams as they come in. Limit: `backlog` wait to be accepted; further dials try again every {@link REDIAL_MS}. */
export class MemoryListener implements Listener, Endpoint {
  /** What it is. */
  readonly kind = "listener";
  /** Nothing waits in it but streams, which count themselves. */
  readonly bufferedBytes = 0;
  /** Where it listens. */
  readonly address: Address;
  /** The program that it belongs to. */
  readonly owner: object;
  readonly #wire: Wire;
  readonly #machine: Machine;
  readonly #inbox: Inbox<MemoryConn>;
  readonly #opening = new Set<MemoryConn>();
  #waiting = 0;

  /** Takes its port. */
  constructor({ wire, machine, owner, address, isShared }: MemoryListenerOptions) {
    this.#wire = wire;
    this.#machine = machine;
    this.#inbox = new Inbox({ maxItems: wire.limits.backlog });
    this.owner = owner;
    this.address = address;
    machine.streams.take(address.host, address.port, this, isShared);
    machine.endpoints.add(this);
  }

  /** Whether there is room for another stream. */
  get hasRoom(): boolean {
    return this.#opening.size + this.#waiting < this.#wire.limits.backlog;
  }

  /** Opens this side of a stream, which can be accepted once the dialling side knows. */
  open({ local, remote, sending, receiving }: Opening): void {
    const conn = new MemoryConn({
      machine: this.#machine,
      owner: this.owner,
      local,
      remote,
      out: sending,
      limits: this.#wire.limits,
      opened: (failure) => {
        giveUp();
        this.#opening.delete(conn);
        if (failure !== undefined) return conn.close();
        this.#waiting++;
        this.#inbox.push(conn);
      },
    });
    // The dialling side may vanish between its first segment and its second.
    const giveUp = this.#wire.schedule(this.#wire.limits.connectTimeoutMs, () => conn.fail("timeout"));
    this.#opening.add(conn);
    receiving.receiver = conn;
    sending.sender = conn;
    conn.start("syn-ack");
  }

  /** Stops listening. Streams that nobody has accepted are reset. Idempotent. */
  close(): void {
    this.crash(false);
  }

  /** The program is gone, and with it the streams that wait for it. */
  crash(silently: boolean): void {
    this.#machine.streams.release(this.address.port, this);
    this.#machine.endpoints.delete(this);
    for (const conn of [...this.#opening, ...this.#inbox.close()]) conn.crash(silently);
  }

  /** Iterates over the streams. */
  [Symbol.asyncIterator](): AsyncIterator<Conn> {
    const conns = this.#inbox[Symbol.asyncIterator]();
    return {
      next: async (): Promise<IteratorResult<Conn>> => {
        const result = await conns.next();
        if (!result.done) this.#waiting--;
        return result;
      },
    };
  }
}

/** A stream that is being opened, as its listening side sees it. */
export interface Opening {
  /** The listening side. */
  readonly local: Address;
  /** The dialling side. */
  readonly remote: Address;
  /** The way to the dialling side. */
  readonly sending: Pipe;
  /** The way from it. */
  readonly receiving: Pipe;
}

/** What a machine does with a dial before a listener has it. */
export class Doorway implements PipeEnd {
  readonly #wire: Wire;
  readonly #machine: Machine;
  readonly #opening: Opening;
  readonly #dialler: MemoryConn;

  /** Creates it for one dial to `machine`. */
  constructor(wire: Wire, machine: Machine, dial: { opening: Opening; dialler: MemoryConn }) {
    this.#wire = wire;
    this.#machine = machine;
    this.#opening = dial.opening;
    this.#dialler = dial.dialler;
  }

  /** Takes a dial to whoever listens, or refuses it. */
  receive(segment: Segment): void {
    if (segment.kind !== "syn") return;
    const { local, sending, receiving } = this.#opening;
    const listener = this.#machine.streams.find(local.host, local.port);
    if (listener === undefined) {
      sending.send({ kind: "rst" });
    } else if (listener.hasRoom) {
      listener.open(this.#opening);
    } else {
      this.#wire.schedule(REDIAL_MS, () => {
        if (this.#dialler.isOpening) receiving.send({ kind: "syn" });
      });
    }
  }

  /** Has nothing to break. */
  fail(): void {}
}
