/**
 * Which copies a meta server has on record for this node, so that it would say if they became stale.
 *
 * A word about a name that comes while a question about it is under way wins over the answer, whichever arrives first.
 *
 * @module
 */

/** A version that is on record. */
export interface HeldVersion {
  /** The SHA-256 of its bytes. */
  readonly sha256: string;
  /** Its place in the store's order. */
  readonly generation: number;
}

/** A question about a name that is under way. */
export interface HoldTicket {
  /** The name. */
  readonly name: string;
  /** The registration under which it is asked. */
  readonly epoch: number;
  /** Whether nothing was heard of the name since. */
  readonly isGood: boolean;
}

interface Ticket extends HoldTicket {
  isGood: boolean;
  version: HeldVersion | undefined;
}

interface Entry extends HeldVersion {
  readonly epoch: number;
  readonly heldMs: number;
}

/** How many versions are remembered unless told; one that is forgotten costs a question. */
const MAX_ENTRIES = 100_000;

/** The copies on record, by name. */
export class HeldCopies {
  readonly #maxEntries: number;
  readonly #entries = new Map<string, Entry>();
  readonly #tickets = new Map<string, Set<Ticket>>();

  /** Creates it empty. */
  constructor({ maxEntries = MAX_ENTRIES }: { maxEntries?: number } = {}) {
    this.#maxEntries = maxEntries;
  }

  /** How many versions are remembered. */
  get count(): number {
    return this.#entries.size;
  }

  /** Since when this version is on record under this registration; `undefined` if it is not. */
  heldSince(name: string, sha256: string, epoch: number): number | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    return entry.sha256 === sha256 && entry.epoch === epoch ? entry.heldMs : undefined;
  }

  /**
   * Begins a question. It has to be ended by {@link HeldCopies.end}.
   *
   * One about other bytes than those on record may put these in their place there, whether the answer arrives or not: so
   * from now on nothing is relied on but its answer.
   *
   * @param version What it is about, if that is known.
   */
  ask(name: string, epoch: number, version?: HeldVersion): HoldTicket {
    const isOther = (other: HeldVersion | undefined): boolean => {
      return version !== undefined && other !== undefined && other.sha256 !== version.sha256;
    };
    if (isOther(this.#entries.get(name))) this.#entries.delete(name);
    for (const other of this.#tickets.get(name) ?? []) if (isOther(other.version)) other.isGood = false;
    const ticket: Ticket = { name, epoch, isGood: true, version };
    const tickets = this.#tickets.get(name) ?? new Set();
    this.#tickets.set(name, tickets.add(ticket));
    return ticket;
  }

  /**
   * Notes that a version is on record.
   *
   * @returns whether it may be relied on: not if something was heard of the name since.
   */
  note(ticket: HoldTicket, { sha256, generation }: HeldVersion, nowMs: number): boolean {
    const { name, epoch, isGood } = ticket;
    if (!isGood) return false;
    if ((this.#entries.get(name)?.generation ?? -1) > generation) return false;
    this.#entries.delete(name);
    this.#entries.set(name, { sha256, generation, epoch, heldMs: nowMs });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#maxEntries && oldest !== undefined) this.#entries.delete(oldest);
    return true;
  }

  /** Ends a question. Idempotent. */
  end(ticket: HoldTicket): void {
    const tickets = this.#tickets.get(ticket.name);
    tickets?.delete(ticket as Ticket);
    if (tickets?.size === 0) this.#tickets.delete(ticket.name);
  }

  /**
   * Hears that versions of a name below a generation are not to be relied on any more, nor answers to questions about it
   * that are under way, unless they are known to be about a later one.
   */
  drop(name: string, below = Infinity): void {
    if ((this.#entries.get(name)?.generation ?? Infinity) < below) this.#entries.delete(name);
    for (const ticket of this.#tickets.get(name) ?? []) {
      if ((ticket.version?.generation ?? -1) < below) ticket.isGood = false;
    }
  }
}
