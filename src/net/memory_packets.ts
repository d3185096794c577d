/**
 * Simulated datagrams.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";
import { Inbox } from "./inbox.ts";
import type { Link } from "./memory_link.ts";
import type { Endpoint, Machine } from "./memory_machine.ts";
import type { Wire } from "./memory_wire.ts";
import { MAX_DATAGRAM_BYTES, type Packet, type PacketSocket } from "./net.ts";
import { NetError } from "./net_error.ts";

/** What a datagram costs in a queue besides its bytes, so that empty ones are bounded too. */
const PACKET_OVERHEAD_BYTES = 64;

/** What {@link MemoryPackets} is made of. */
export interface MemoryPacketsOptions {
  /** The network's shared parts. */
  readonly wire: Wire;
  /** Where it is. */
  readonly machine: Machine;
  /** The program that it belongs to. */
  readonly owner: object;
  /** Where it is bound. */
  readonly address: Address;
}

/** A datagram socket. Limits: `socketQueuePackets` and `socketQueueBytes` wait in it; what comes then is lost. */
export class MemoryPackets implements PacketSocket, Endpoint {
  /** What it is. */
  readonly kind = "socket";
  /** Where it is bound. */
  readonly address: Address;
  /** The program that it belongs to. */
  readonly owner: object;
  /** Datagrams that wait do not count: nobody waits for them to be read. */
  readonly bufferedBytes = 0;
  readonly #wire: Wire;
  readonly #machine: Machine;
  readonly #inbox: Inbox<Packet>;
  #isClosed = false;

  /** Takes its port. */
  constructor({ wire, machine, owner, address }: MemoryPacketsOptions) {
    const { socketQueuePackets: maxItems, socketQueueBytes: maxWeight } = wire.limits;
    this.#wire = wire;
    this.#machine = machine;
    this.#inbox = new Inbox({ maxItems, maxWeight, weigh: ({ bytes }) => bytes.length });
    this.owner = owner;
    this.address = address;
    machine.packets.take(address.host, address.port, this);
    machine.endpoints.add(this);
  }

  /** Sends one datagram; see {@link PacketSocket.send}. */
  send(bytes: Uint8Array, to: Address): Promise<void> {
    if (this.#isClosed) return Promise.reject(new NetError("closed", `send to ${formatAddress(to)}`));
    if (bytes.length > MAX_DATAGRAM_BYTES) {
      return Promise.reject(new NetError("too-large", `send ${bytes.length} bytes to ${formatAddress(to)}`));
    }
    const route = this.#machine.route(this.address.host, to.host);
    if (route === undefined) {
      this.#wire.note("packet-unroutable", formatAddress(this.address), formatAddress(to), bytes.length);
      return Promise.resolve();
    }
    const { machine, host, source } = route;
    const flight = new Flight(this.#wire, this.#machine.linkTo(machine), {
      from: { host: source, port: this.address.port },
      to: { host, port: to.port },
    });
    flight.send(bytes);
    return Promise.resolve();
  }

  /** Takes a datagram. Returns false if there is no room. */
  receive(packet: Packet): boolean {
    return this.#inbox.push(packet);
  }

  /** Closes it; what waits in it is lost. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#inbox.close();
    this.#machine.packets.release(this.address.port, this);
    this.#machine.endpoints.delete(this);
  }

  /** The program is gone. */
  crash(): void {
    this.close();
  }

  /** Iterates over the datagrams. */
  [Symbol.asyncIterator](): AsyncIterator<Packet> {
    return this.#inbox[Symbol.asyncIterator]();
  }
}

/** A datagram between two addresses, on its way over a link. */
class Flight {
  readonly #wire: Wire;
  readonly #link: Link;
  readonly #from: Address;
  readonly #to: Address;

  constructor(wire: Wire, link: Link, { from, to }: { from: Address; to: Address }) {
    this.#wire = wire;
    this.#link = link;
    this.#from = from;
    this.#to = to;
  }

  /** Sends it none, one or two times, as the link's faults have it. */
  send(bytes: Uint8Array): void {
    const { lossRate, duplicateRate } = this.#link.faults;
    if (this.#link.blocked) return this.#note("packet-cut", bytes);
    if (this.#wire.chance(lossRate)) return this.#note("packet-lost", bytes);
    this.#launch(bytes);
    if (this.#wire.chance(duplicateRate)) {
      this.#note("packet-doubled", bytes);
      this.#launch(bytes);
    }
  }

  #launch(sent: Uint8Array): void {
    const wire = this.#wire, link = this.#link;
    const sizeBytes = sent.length + PACKET_OVERHEAD_BYTES;
    if (link.packetBytes + sizeBytes > wire.limits.linkQueueBytes) return this.#note("packet-overflow", sent);
    const bytes = new Uint8Array(sent);
    const { reorderRate, reorderMs } = link.faults;
    const heldMs = wire.chance(reorderRate) ? reorderMs : 0;
    const { powerLosses } = link.from;
    link.packetBytes += sizeBytes;
    wire.bytesInFlight += bytes.length;
    wire.schedule(link.arrivesAtMs(bytes.length) + heldMs - wire.clock.now(), () => {
      link.packetBytes -= sizeBytes;
      wire.bytesInFlight -= bytes.length;
      if (link.blocked || powerLosses !== link.from.powerLosses) this.#note("packet-cut", bytes);
      else this.#deliver(bytes);
    });
  }

  #deliver(bytes: Uint8Array): void {
    const socket = this.#link.to.packets.find(this.#to.host, this.#to.port);
    if (socket === undefined) return this.#note("packet-unheard", bytes);
    this.#note(socket.receive({ bytes, from: this.#from }) ? "packet" : "packet-dropped", bytes);
  }

  #note(event: string, bytes: Uint8Array): void {
    this.#wire.note(event, formatAddress(this.#from), formatAddress(this.#to), bytes.length);
  }
}
