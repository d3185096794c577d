/**
 * Keeps a content server registered at its index, whatever becomes of either.
 *
 * @module
 */

import { type Address, isLoopback, isWildcard } from "../../base/address.ts";
import { Backoff } from "../../core/backoff.ts";
import type { Env } from "../../env/env.ts";
import type { FileEntry } from "../../protocol/cdn.ts";
import type { Bell } from "../../services/bell.ts";
import { Reachability } from "../../services/reachability.ts";
import type { Offer } from "./offer.ts";
import { registerAtIndex, renewAtIndex, type TakenRegistration } from "./registration.ts";

/** Options of {@link Registrar}. */
export interface RegistrarOptions {
  /** The content server's id. */
  readonly serverId: string;
  /** The index. */
  readonly index: Address;
  /** Rings when the offer has changed. */
  readonly changed: Bell;
  /** The host that others are told; undefined for the one that can be seen. */
  readonly advertise?: string | undefined;
  /** How often the index hears of it, at most, in milliseconds. */
  readonly registerMs: number;
  /** Where it serves. */
  readonly tcp: Address;
  /** Where its heartbeats come from. */
  readonly udp: Address;
  /** Waits until whoever else serves the offer has seen it in this state. Default: nobody else does. */
  readonly agree?: ((generation: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Who is told how it goes. */
export interface RegistrarListener {
  /** An attempt begins, or the first after a success. */
  onBegin(): void;
  /** The index knows all by now. */
  onDone(): void;
}

/** The wait before the first retry, and the longest one: a restarted index is whole within 5 s. */
const BACKOFF = { firstMs: 250, maxMs: 5_000 } as const;

/**
 * How long the index may make no progress with a registration at first. One that took it in and then made none may be
 * dead, or at the end of a slow line: each time twice as long is tried, up to a limit.
 */
const PATIENCE_MS = 5_000;
const MAX_PATIENCE_MS = 640_000;
/** What to do when the index refuses, by its code. */
const REFUSAL_HINTS = new Map([["SERVER_ID_IN_USE", "another server has this id; choose another --server-id"]]);
/** How long a stop waits for the index to take notice. */
const WITHDRAW_MS = 1_000;

/** What the index took in last. */
interface Taken extends TakenRegistration {
  /** Which state of the offer that was. */
  readonly generation: number;
}

/** One server's registration. */
export class Registrar {
  readonly #env: Env;
  readonly #options: RegistrarOptions;
  readonly #offer: Offer;
  #patienceMs = PATIENCE_MS;
  #taken: Taken | undefined;
  #isWarned = false;

  /** Creates it; {@link Registrar.run} registers. */
  constructor(env: Env, offer: Offer, options: RegistrarOptions) {
    this.#env = env;
    this.#offer = offer;
    this.#options = options;
  }

  /** Whether the index ever took it in. */
  get isTaken(): boolean {
    return this.#taken !== undefined;
  }

  /** The host that others are to use, as far as it is known. */
  get host(): string {
    const { advertise, tcp } = this.#options;
    if (advertise !== undefined) return advertise;
    return isWildcard(tcp.host) ? this.#taken?.dialledFrom.host ?? tcp.host : tcp.host;
  }

  /** Registers, and goes on doing so every so often, when the folder changes, and after a failure. */
  async run(signal: AbortSignal, { onBegin, onDone }: RegistrarListener): Promise<void> {
    const { clock, log, random } = this.#env;
    const { index, registerMs, changed } = this.#options;
    const reach = new Reachability(log, "index", index);
    const backoff = new Backoff(random, BACKOFF);
    while (!signal.aborted) {
      onBegin();
      changed.clear();
      const succeeded = await reach.attempt(signal, () => this.#announce(signal), REFUSAL_HINTS);
      if (signal.aborted) return;
      if (!succeeded) {
        await changed.wait(clock, { signal, limitMs: backoff.next() });
        continue;
      }
      backoff.reset();
      onDone();
      // Many servers that found the index back together must not all come again together.
      const limitMs = registerMs * (0.8 + 0.2 * random.next());
      await changed.wait(clock, { signal, limitMs });
    }
  }

  /** Registers without files, if the index ever took it in. The monitor learns of the end by silence, as of any other. */
  async withdraw(): Promise<void> {
    if (this.#taken === undefined) return;
    const signal = new AbortController().signal;
    try {
      await this.#register(signal, { files: [], patienceMs: WITHDRAW_MS });
    } catch (error) {
      this.#env.log.debug("not withdrawn", { reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Says that all is as it was, if it is; else, or if the index knows nothing of that, registers with the whole list. */
  async #announce(signal: AbortSignal): Promise<void> {
    const taken = this.#taken;
    const { index } = this.#options;
    const isSame = taken !== undefined && taken.generation === this.#offer.generation;
    if (isSame && await renewAtIndex(this.#env, { index, taken, signal })) return;
    await this.#registerPatiently(signal);
  }

  async #registerPatiently(signal: AbortSignal): Promise<void> {
    const { clock } = this.#env;
    const { generation } = this.#offer;
    const files = [...this.#offer.entries()];
    await this.#options.agree?.(generation, signal);
    const beganMs = clock.now();
    let isTaken = false;
    try {
      const options = { files, patienceMs: this.#patienceMs, onTaken: () => void (isTaken = true) };
      this.#taken = { ...await this.#register(signal, options), generation };
      // The next time will take about as long: no reason to find that out by failing again, nor to wait much longer.
      this.#patienceMs = Math.min(Math.max(PATIENCE_MS, 2 * (clock.now() - beganMs)), MAX_PATIENCE_MS);
    } catch (error) {
      if (isTaken) this.#patienceMs = Math.min(2 * this.#patienceMs, MAX_PATIENCE_MS);
      throw error;
    }
  }

  async #register(
    signal: AbortSignal,
    { files, patienceMs, onTaken }: {
      files: Iterable<FileEntry>;
      patienceMs: number;
      onTaken?: () => void;
    },
  ): Promise<TakenRegistration> {
    const { serverId, index, advertise, tcp, udp } = this.#options;
    const host = advertise === undefined ? {} : { host: advertise };
    const taken = await registerAtIndex(this.#env, {
      index,
      registration: { id: serverId, tcpPort: tcp.port, udpPort: udp.port, ...host },
      boundHost: tcp.host,
      files,
      patienceMs,
      ...(onTaken === undefined ? {} : { onTaken }),
      signal,
    });
    this.#warnIfUnreachable(taken.dialledFrom);
    return taken;
  }

  /** Clients elsewhere are sent here, too, and would knock in vain. */
  #warnIfUnreachable(dialledFrom: Address): void {
    const { host } = this.#options.tcp;
    if (this.#isWarned || !isLoopback(host) || isLoopback(dialledFrom.host)) return;
    this.#isWarned = true;
    this.#env.log.warn("only this machine can reach it", { host, hint: "open it to others with --host" });
  }
}
