/**
 * The holders of one file as a download sees them: which to ask next.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";

/** Who has a file. */
export interface Holder {
  /** Its id; undefined if it was named by its address. */
  readonly id?: string | undefined;
  /** Where it serves. */
  readonly address: Address;
}

/** Names a holder for people: `CS1 at 127.0.0.1:7001`. */
export function describeHolder({ id, address }: Holder): string {
  return id === undefined ? formatAddress(address) : `${id} at ${formatAddress(address)}`;
}

/**
 * - `ready`: may be asked
 * - `other-version`: has the file, but not the bytes that were begun with
 * - `failed`: not to be asked in this round
 */
type Standing = "ready" | "other-version" | "failed";

interface Entry {
  readonly holder: Holder;
  standing: Standing;
  conns: number;
}

/** Holders in the order in which they became known. The same address is the same holder. */
export class HolderPool {
  #entries = new Map<string, Entry>();
  /** Addresses that took part in a download whose bytes were wrong. */
  readonly #suspects = new Set<string>();

  /** Whether a holder was put aside for another version of the file. */
  get hasOtherVersion(): boolean {
    return [...this.#entries.values()].some(({ standing }) => standing === "other-version");
  }

  /** Forgets all holders, for a new round. Whom it suspects it still suspects. */
  clear(): void {
    this.#entries = new Map();
  }

  /** Begins a new round with the holders of the last one, whatever came of them. Returns whether there are any. */
  renew(): boolean {
    for (const entry of this.#entries.values()) entry.standing = "ready";
    return this.#entries.size > 0;
  }

  /** Adds a holder. Returns false if it is known. */
  add(holder: Holder): boolean {
    const key = formatAddress(holder.address);
    if (this.#entries.has(key)) return false;
    this.#entries.set(key, { holder, standing: "ready", conns: 0 });
    return true;
  }

  /**
   * Takes the holder with the fewest connections of this download, and of those the first that became known; a suspect
   * only if there is nobody else. Undefined if nobody may be asked. {@link HolderPool.leave} gives it back.
   */
  pick(): Holder | undefined {
    const ready = [...this.#entries].filter(([, { standing }]) => standing === "ready");
    ready.sort(([a, { conns }], [b, other]) => this.#doubt(a) - this.#doubt(b) || conns - other.conns);
    const entry = ready[0]?.[1];
    if (entry === undefined) return undefined;
    entry.conns++;
    return entry.holder;
  }

  /** Notes that a connection to a holder has ended. */
  leave(holder: Holder): void {
    const entry = this.#entryOf(holder);
    if (entry !== undefined && entry.conns > 0) entry.conns--;
  }

  /** Puts a holder aside for this round. */
  fail(holder: Holder): void {
    const entry = this.#entryOf(holder);
    if (entry !== undefined) entry.standing = "failed";
  }

  /** Puts a holder aside until the download begins anew. */
  disagree(holder: Holder): void {
    const entry = this.#entryOf(holder);
    if (entry !== undefined) entry.standing = "other-version";
  }

  /** The download begins anew: a holder of another version is as good as any. */
  readmit(): void {
    for (const entry of this.#entries.values()) {
      if (entry.standing === "other-version") entry.standing = "ready";
    }
  }

  /** Whether this holder's bytes turned out wrong before. */
  isSuspect({ address }: Holder): boolean {
    return this.#suspects.has(formatAddress(address));
  }

  /** Has a holder asked last from now on. */
  suspect({ address }: Holder): void {
    this.#suspects.add(formatAddress(address));
  }

  #entryOf({ address }: Holder): Entry | undefined {
    return this.#entries.get(formatAddress(address));
  }

  #doubt(key: string): number {
    return this.#suspects.has(key) ? 1 : 0;
  }
}
