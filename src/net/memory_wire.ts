/**
 * What all parts of one simulated network share: time, chance, limits, the record of what happened.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { LinkFaults } from "./memory_faults.ts";

/** How much a simulated network holds, and how long it waits. */
export interface MemoryLimits {
  /** Milliseconds after which an unanswered dial throws `"timeout"`. */
  readonly connectTimeoutMs: number;
  /** Milliseconds after which a stream whose bytes cannot get through throws `"timeout"` on the side that sent them. */
  readonly streamTimeoutMs: number;
  /** Bytes that a stream's sender holds: written, and not yet at the other machine. */
  readonly sendBufferBytes: number;
  /** Bytes that a stream's receiver holds: at the machine, or on their way there, and not yet read. */
  readonly receiveBufferBytes: number;
  /** Streams that wait to be accepted. Another dial waits until there is room. */
  readonly backlog: number;
  /** Datagrams that wait in a socket. Another one is lost. */
  readonly socketQueuePackets: number;
  /** Bytes of datagrams that wait in a socket. One that goes beyond is lost. */
  readonly socketQueueBytes: number;
  /** Bytes of datagrams on their way over one link, in one direction. One that goes beyond is lost. */
  readonly linkQueueBytes: number;
}

/** The limits of a network that is not told otherwise; the sizes are of Linux's order. */
export const MEMORY_LIMITS: MemoryLimits = {
  connectTimeoutMs: 60_000,
  streamTimeoutMs: 60_000,
  sendBufferBytes: 64 * 1024,
  receiveBufferBytes: 64 * 1024,
  backlog: 4_096,
  socketQueuePackets: 1_024,
  socketQueueBytes: 208 * 1024,
  linkQueueBytes: 4 * 1024 * 1024,
};

/**
 * Takes a record of the network's life, one line a happening.
 *
 * Shape: `<milliseconds with three decimals> <event> <from> <to> <bytes>`; `-` where an event has no such end.
 */
export type MemoryTrace = (line: string) => void;

/** What {@link Wire} is made of. */
export interface WireOptions {
  /** Schedules every delivery. */
  readonly clock: Clock;
  /** Decides every chance. */
  readonly random: Random;
  /** Sizes and time-outs. */
  readonly limits: MemoryLimits;
  /** What a link does that was not told otherwise. */
  readonly faults: LinkFaults;
  /** Takes the record. */
  readonly trace: MemoryTrace | undefined;
}

/** What all parts of one network share. */
export class Wire {
  /** Schedules every delivery. */
  readonly clock: Clock;
  /** Sizes and time-outs. */
  readonly limits: MemoryLimits;
  /** What a link does that was not told otherwise. */
  faults: LinkFaults;
  /** Bytes on their way, over all links. */
  bytesInFlight = 0;
  #pending = 0;
  readonly #idlers: (() => void)[] = [];
  readonly #random: Random;
  readonly #trace: MemoryTrace | undefined;

  /** Creates it. */
  constructor({ clock, random, limits, faults, trace }: WireOptions) {
    this.clock = clock;
    this.faults = faults;
    this.limits = limits;
    this.#random = random;
    this.#trace = trace;
  }

  /** Does something later. The returned function calls it off; calling it again is harmless. */
  schedule(delayMs: number, run: () => void): () => void {
    let isPending = true;
    const settle = (): void => {
      if (!isPending) return;
      isPending = false;
      this.#pending--;
      if (this.#pending === 0) { for (const wake of this.#idlers.splice(0)) wake(); }
    };
    this.#pending++;
    const cancel = this.clock.schedule(delayMs, () => {
      settle();
      run();
    });
    return () => {
      cancel();
      settle();
    };
  }

  /** Resolves once nothing is on its way and nobody waits for a time-out. */
  async idle(): Promise<void> {
    // One timer is often called off to make place for another: what counts is what is left afterwards.
    while (this.#pending > 0) await new Promise<void>((resolve) => this.#idlers.push(resolve));
  }

  /** Whether something that happens at `rate` happens now. */
  chance(rate: number): boolean {
    return rate > 0 && this.#random.next() < rate;
  }

  /** Draws a duration below `limitMs`. */
  upTo(limitMs: number): number {
    return limitMs > 0 ? this.#random.next() * limitMs : 0;
  }

  /** Writes a line of the record, if one is kept. */
  note(event: string, from = "-", to = "-", sizeBytes = 0): void {
    this.#trace?.(`${this.clock.now().toFixed(3)} ${event} ${from} ${to} ${sizeBytes}`);
  }
}
