/**
 * One direction of a simulated stream: what is sent comes in order, or not at all.
 *
 * @module
 */

import { Fifo } from "./fifo.ts";
import type { Link, Traveller } from "./memory_link.ts";
import type { Machine } from "./memory_machine.ts";
import type { Wire } from "./memory_wire.ts";
import type { NetErrorCode } from "./net_error.ts";

/**
 * What travels between the ends of a stream, in TCP's terms.
 *
 * - `syn`, `syn-ack`, `established`: the three steps of opening it
 * - `data`: bytes
 * - `ack`: bytes that arrived, and bytes that were read and may be sent anew
 * - `fin`: the end of a direction
 * - `rst`: the end of all
 */
export type Segment =
  | { readonly kind: "syn" }
  | { readonly kind: "syn-ack" }
  | { readonly kind: "established" }
  | { readonly kind: "fin" }
  | { readonly kind: "rst" }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "ack"; readonly arrivedBytes: number; readonly readBytes: number };

/** An end of a stream, as its pipes see it. */
export interface PipeEnd {
  /** Takes what has arrived. */
  receive(segment: Segment): void;
  /** Breaks this end: the network gave up. */
  fail(code: NetErrorCode): void;
}

/** What {@link Pipe} is made of. */
export interface PipeOptions {
  /** The network's shared parts. */
  readonly wire: Wire;
  /** What it leads over. */
  readonly link: Link;
  /** The sender's address, for the record. */
  readonly from: string;
  /** The receiver's address, for the record. */
  readonly to: string;
}

interface Travelling {
  readonly segment: Segment;
  readonly sizeBytes: number;
  arrivesAtMs: number;
}

/**
 * One direction of a stream. While its link is blocked everything waits, as TCP sends again and again; once the link
 * works, it goes on. When that takes longer than the network's `streamTimeoutMs`, the side whose bytes could not get
 * through, or were not acknowledged, breaks with `"timeout"`.
 */
export class Pipe implements Traveller {
  /** The end that sends. Set before the first segment. */
  sender!: PipeEnd;
  /** The end that receives. Set before the first segment. */
  receiver!: PipeEnd;
  readonly #wire: Wire;
  readonly #link: Link;
  readonly #from: string;
  readonly #to: string;
  #powerLosses: number;
  readonly #travelling = new Fifo<Travelling>();
  /** Segments stay in order: none arrives before this. */
  #lastArrivalMs = 0;
  /** Calls off the next arrival, or the time-out of a pipe that waits for its link. */
  #cancel: (() => void) | undefined;
  #waiting = false;
  #arriving = false;

  /** Creates an empty pipe. */
  constructor({ wire, link, from, to }: PipeOptions) {
    this.#wire = wire;
    this.#link = link;
    this.#from = from;
    this.#to = to;
    this.#powerLosses = link.from.powerLosses;
  }

  /** Where it leads. */
  get destination(): Machine {
    return this.#link.to;
  }

  /** The most bytes of one `data` segment. */
  get segmentBytes(): number {
    return this.#link.segmentBytes;
  }

  /** Sends a segment. An `rst` is lost while the link is blocked: nobody sends it again. */
  send(segment: Segment): void {
    const link = this.#link;
    if (segment.kind === "rst" && link.blocked) return this.#note("rst-lost", 0);
    if (link.from.powerLosses !== this.#powerLosses) {
      // A machine that was started again knows nothing of the stream, and can only refuse it.
      if (segment.kind !== "rst") return;
      this.clear();
      this.#powerLosses = link.from.powerLosses;
    }
    const sizeBytes = segment.kind === "data" ? segment.bytes.length : 0;
    const arrivesAtMs = Math.max(this.#lastArrivalMs, link.arrivesAtMs(sizeBytes) + link.resendMs());
    this.#lastArrivalMs = arrivesAtMs;
    this.#travelling.push({ segment, sizeBytes, arrivesAtMs });
    this.#wire.bytesInFlight += sizeBytes;
    if (this.#travelling.length === 1 && !this.#arriving) this.#await();
  }

  /**
   * Acknowledges bytes that arrived at this pipe's sender. Nothing waits for that but the room in a buffer and the
   * time-out of a stream, so it takes no time while the link works: one event less for each segment.
   */
  acknowledge(arrivedBytes: number): void {
    const segment: Segment = { kind: "ack", arrivedBytes, readBytes: 0 };
    if (this.#waiting || this.#link.blocked) this.send(segment);
    else this.receiver.receive(segment);
  }

  /** Forgets what is on its way. */
  clear(): void {
    for (const { sizeBytes } of this.#travelling) this.#wire.bytesInFlight -= sizeBytes;
    this.#travelling.clear();
    this.#rest();
    this.#link.travellers.delete(this);
  }

  /** The link has changed: what waited is sent anew, what is on its way comes no later than it would have. */
  reschedule(): void {
    if (this.#link.from.powerLosses !== this.#powerLosses) return this.clear();
    if (this.#link.blocked) return;
    const anew = this.#waiting;
    let lastMs = this.#wire.clock.now();
    for (const each of this.#travelling) {
      const arrivesAtMs = this.#link.arrivesAtMs(each.sizeBytes) + this.#link.resendMs();
      each.arrivesAtMs = Math.max(lastMs, anew ? arrivesAtMs : Math.min(each.arrivesAtMs, arrivesAtMs));
      lastMs = each.arrivesAtMs;
    }
    this.#lastArrivalMs = lastMs;
    if (!this.#arriving) this.#await();
  }

  /** Waits for the first segment's arrival, or for the link. */
  #await(): void {
    this.#rest();
    const wire = this.#wire;
    const first = this.#travelling.first;
    if (first === undefined) {
      this.#link.travellers.delete(this);
      return;
    }
    this.#link.travellers.add(this);
    if (this.#link.blocked) {
      this.#waiting = true;
      this.#cancel = wire.schedule(wire.limits.streamTimeoutMs, () => this.#giveUp());
    } else {
      this.#cancel = wire.schedule(first.arrivesAtMs - wire.clock.now(), () => this.#arrive());
    }
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = false;
  }

  #arrive(): void {
    if (this.#link.from.powerLosses !== this.#powerLosses) return this.clear();
    if (this.#link.blocked) return this.#await();
    const nowMs = this.#wire.clock.now();
    this.#arriving = true;
    for (let next = this.#travelling.shift(); next !== undefined; next = this.#shiftDue(nowMs)) {
      this.#wire.bytesInFlight -= next.sizeBytes;
      this.#note(next.segment.kind, next.sizeBytes);
      this.receiver.receive(next.segment);
    }
    this.#arriving = false;
    this.#await();
  }

  #shiftDue(nowMs: number): Travelling | undefined {
    const first = this.#travelling.first;
    return first !== undefined && first.arrivesAtMs <= nowMs ? this.#travelling.shift() : undefined;
  }

  #giveUp(): void {
    const { sender, receiver } = this;
    let sent = false, acknowledged = false;
    for (const { segment } of this.#travelling) {
      if (segment.kind === "ack") acknowledged = true;
      else sent = true;
    }
    this.#note("gave-up", 0);
    this.clear();
    if (sent) sender.fail("timeout");
    if (acknowledged) receiver.fail("timeout");
  }

  #note(event: string, sizeBytes: number): void {
    this.#wire.note(event, this.#from, this.#to, sizeBytes);
  }
}
