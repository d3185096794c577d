/**
 * The way from one machine to another: one direction, with its faults.
 *
 * @module
 */

import { changeFaults, type LinkFaults, MAX_RESENDS, RESEND_MS, Throttle } from "./memory_faults.ts";
import type { Machine } from "./memory_machine.ts";
import type { Wire } from "./memory_wire.ts";

/** Something that has bytes on their way over a link, and sends them again when the link has changed. */
export interface Traveller {
  /** The link works better, or works again. */
  reschedule(): void;
}

/** One direction between two machines, or from a machine to itself. */
export class Link {
  /** Where it begins. */
  readonly from: Machine;
  /** Where it ends. */
  readonly to: Machine;
  /** Whether a partition has cut it. */
  cut = false;
  /** Bytes of datagrams on their way. */
  packetBytes = 0;
  /** What is on its way and must not get lost. */
  readonly travellers: Set<Traveller> = new Set<Traveller>();
  readonly #wire: Wire;
  readonly #line: Throttle;
  #own: Partial<LinkFaults> = {};
  #faults: LinkFaults;

  /** Creates a link with the network's default faults. */
  constructor(wire: Wire, from: Machine, to: Machine) {
    this.#wire = wire;
    this.from = from;
    this.to = to;
    this.#faults = wire.faults;
    this.#line = new Throttle(wire.faults.bytesPerSecond);
  }

  /** What it does to what it carries. */
  get faults(): LinkFaults {
    return this.#faults;
  }

  /** Whether nothing gets through. */
  get blocked(): boolean {
    const { from, to } = this;
    if (this.cut || from.state !== "on" || to.state !== "on") return true;
    return !this.#isLoopback && (from.isolated || to.isolated);
  }

  /** The most bytes of a stream that travel as one: what a slow line carries in 50 ms, so that a reader sees progress. */
  get segmentBytes(): number {
    const uplinkBytesPerSecond = this.#isLoopback ? Infinity : this.from.uplink.bytesPerSecond;
    const bytesPerSecond = Math.min(this.#line.bytesPerSecond, uplinkBytesPerSecond);
    return Math.max(1_460, Math.floor(bytesPerSecond / 20));
  }

  get #isLoopback(): boolean {
    return this.from === this.to;
  }

  /** Adds to its own faults, which go before the network's; none at all takes them back. */
  change(change: Partial<LinkFaults> | undefined): void {
    this.#own = change === undefined ? {} : { ...this.#own, ...change };
    this.refresh();
  }

  /** Looks at the network's default faults again. */
  refresh(): void {
    this.#faults = changeFaults(this.#wire.faults, this.#own);
    this.#line.reset(this.#faults.bytesPerSecond);
    this.wake();
  }

  /** Sends again what waits, and speeds up what may now come sooner. */
  wake(): void {
    for (const traveller of [...this.travellers]) traveller.reschedule();
  }

  /** When `sizeBytes` that are sent now arrive. */
  arrivesAtMs(sizeBytes: number): number {
    const { latencyMs, jitterMs } = this.#faults;
    const nowMs = this.#wire.clock.now();
    const outMs = this.#isLoopback ? nowMs : this.from.uplink.leavesAtMs(nowMs, sizeBytes);
    return this.#line.leavesAtMs(outMs, sizeBytes) + latencyMs + this.#wire.upTo(jitterMs);
  }

  /** How much later a part of a stream comes because it was lost on the way. */
  resendMs(): number {
    let lateMs = 0;
    for (let times = 0; times < MAX_RESENDS && this.#wire.chance(this.#faults.lossRate); times++) {
      lateMs += RESEND_MS * 2 ** times;
    }
    return lateMs;
  }
}
