/**
 * What goes wrong, or takes time, between the clients and servers of `memory_http.ts`.
 *
 * @module
 */

import { abortable, type AbortOptions } from "../base/abort.ts";
import { type Address, formatAddress } from "../base/address.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { NetError } from "./net_error.ts";

/**
 * What those who ask find:
 * - `refused`: nobody listens; what was under way is `"reset"`
 * - `unreachable`: no way there; what was under way is `"reset"`
 * - `hang`: nothing comes any more, until healed
 */
export type HttpCutKind = "refused" | "unreachable" | "hang";

/** Options of {@link MemoryHttpFaults.cut}. */
export interface HttpCutOptions {
  /** The host whose questions are concerned. Default: everybody's, and those that the cut host asks itself. */
  from?: string;
}

/** How long everything takes. */
export interface HttpDelays {
  /** Milliseconds one way: a question and its answer take it twice. */
  readonly latencyMs: number;
  /** Milliseconds one way besides, at most, evenly spread. */
  readonly jitterMs: number;
}

/** Options of {@link MemoryHttpFaults}. */
export interface MemoryHttpFaultsOptions {
  /** Winds delays. Default: there are none. */
  clock?: Clock;
  /** Spreads delays. Default: they are not spread. */
  random?: Random;
}

interface Cut {
  readonly place: string;
  readonly from: string | undefined;
  readonly kind: HttpCutKind;
  readonly healed: Promise<void>;
}

/** Faults that a test asks for, and takes back. */
export class MemoryHttpFaults {
  readonly #clock: Clock | undefined;
  readonly #random: Random | undefined;
  readonly #cuts = new Set<Cut>();
  /** Told of each new cut. */
  readonly #underWay = new Set<() => void>();
  #delays: HttpDelays = { latencyMs: 0, jitterMs: 0 };

  /** Creates a network without faults. */
  constructor({ clock, random }: MemoryHttpFaultsOptions = {}) {
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Cuts off a host, or one address of it.
   *
   * @param place `10.0.0.1`, or `10.0.0.1:5050`.
   * @returns heals it; calling that twice is harmless.
   */
  cut(place: string, kind: HttpCutKind, { from }: HttpCutOptions = {}): () => void {
    let heal: () => void = () => {};
    const healed = new Promise<void>((resolve) => heal = resolve);
    const cut = { place, from, kind, healed };
    this.#cuts.add(cut);
    for (const notice of [...this.#underWay]) notice();
    return () => {
      this.#cuts.delete(cut);
      heal();
    };
  }

  /**
   * Changes how long everything takes.
   *
   * @throws {TypeError} if there is no clock.
   */
  setDelays(change: Partial<HttpDelays>): void {
    if (this.#clock === undefined) throw new TypeError("Cannot delay questions: these servers were given no clock");
    this.#delays = { ...this.#delays, ...change };
  }

  /**
   * Goes one way between two hosts.
   *
   * @throws {NetError} `"refused"` or `"unreachable"` as cuts have it. Rejects with the signal's reason.
   */
  async travel(from: string, to: Address, what: string, { signal }: AbortOptions = {}): Promise<void> {
    const delayMs = this.#delays.latencyMs + this.#delays.jitterMs * (this.#random?.next() ?? 0);
    if (this.#clock !== undefined && delayMs > 0) await sleep(this.#clock, delayMs, { signal });
    await this.#pass(from, to, signal, (kind) => new NetError(kind, what));
  }

  /**
   * Waits for something that an open connection brings.
   *
   * @throws {NetError} `"reset"` if the connection is cut meanwhile. Rejects with the signal's reason.
   */
  async await<T>(
    from: string,
    to: Address,
    what: string,
    promise: Promise<T>,
    { signal }: AbortOptions = {},
  ): Promise<T> {
    let notice: () => void = () => {};
    const broken = new Promise<never>((_, reject) => {
      notice = (): void => {
        const cut = this.#cutBetween(from, to);
        if (cut !== undefined && cut.kind !== "hang") reject(new NetError("reset", what));
      };
    });
    notice();
    this.#underWay.add(notice);
    try {
      const value = await abortable(Promise.race([promise, broken]), signal);
      await this.#pass(from, to, signal, () => new NetError("reset", what));
      return value;
    } finally {
      this.#underWay.delete(notice);
    }
  }

  async #pass(
    from: string,
    to: Address,
    signal: AbortSignal | undefined,
    error: (kind: "refused" | "unreachable") => NetError,
  ): Promise<void> {
    for (let cut = this.#cutBetween(from, to); cut !== undefined; cut = this.#cutBetween(from, to)) {
      if (cut.kind !== "hang") throw error(cut.kind);
      await abortable(cut.healed, signal);
    }
    signal?.throwIfAborted();
  }

  #cutBetween(from: string, to: Address): Cut | undefined {
    for (const cut of this.#cuts) {
      const leadsThere = cut.place === to.host || cut.place === formatAddress(to);
      if (cut.from === undefined ? leadsThere || cut.place === from : leadsThere && cut.from === from) return cut;
    }
    return undefined;
  }
}
