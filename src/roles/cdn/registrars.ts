/**
 * Keeps a content server registered at each of its indexes, whichever of them are there.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import type { Env } from "../../env/env.ts";
import { Bell } from "../../services/bell.ts";
import type { Offer } from "./offer.ts";
import { Registrar, type RegistrarOptions } from "./registrar.ts";

/** Options of {@link Registrars}. */
export interface RegistrarsOptions extends Omit<RegistrarOptions, "index" | "changed"> {
  /** The indexes. */
  readonly indexes: readonly Address[];
}

/** Who is told how it goes. */
export interface RegistrarsListener {
  /** No index is known to have all. */
  onBegin(): void;
  /** An index has all. */
  onDone(index: Address): void;
}

interface Member {
  readonly index: Address;
  readonly registrar: Registrar;
  readonly changed: Bell;
}

/** One server's registrations. */
export class Registrars {
  readonly #env: Env;
  readonly #offer: Offer;
  readonly #members: readonly Member[];
  /** Those whose index has all. */
  readonly #done = new Set<Member>();

  /** Creates it; {@link Registrars.run} registers. */
  constructor(env: Env, offer: Offer, { indexes, ...options }: RegistrarsOptions) {
    this.#env = env;
    this.#offer = offer;
    this.#members = indexes.map((index) => {
      const changed = new Bell();
      return { index, changed, registrar: new Registrar(env, offer, { ...options, index, changed }) };
    });
  }

  /** The host that others are to use, as far as it is known. */
  get host(): string {
    const knowing = this.#members.find(({ registrar }) => registrar.isTaken) ?? this.#members[0]!;
    return knowing.registrar.host;
  }

  /** Registers at each, and goes on doing so. One that is away holds up no other. */
  async run(signal: AbortSignal, listener: RegistrarsListener): Promise<void> {
    this.#offer.changed.clear();
    await Promise.all([this.#passOn(signal), ...this.#members.map((member) => this.#keep(member, signal, listener))]);
  }

  /** Registers without files wherever it is registered. */
  async withdraw(): Promise<void> {
    await Promise.all(this.#members.map(({ registrar }) => registrar.withdraw()));
  }

  async #keep(member: Member, signal: AbortSignal, { onBegin, onDone }: RegistrarsListener): Promise<void> {
    await member.registrar.run(signal, {
      onBegin: () => {
        this.#done.delete(member);
        if (this.#done.size === 0) onBegin();
      },
      onDone: () => {
        this.#done.add(member);
        onDone(member.index);
      },
    });
  }

  /** A bell wakes one who waits: each has its own. */
  async #passOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#offer.changed.wait(this.#env.clock, { signal });
      for (const { changed } of this.#members) changed.ring();
    }
  }
}
