/**
 * Declared states and transitions. A role really runs on its table, tests check it, and documentation is drawn from it.
 *
 * @module
 */

/** One allowed transition. */
export interface Transition<S extends string> {
  /** The state before. */
  readonly from: S;
  /** The state after. */
  readonly to: S;
  /** What triggers it, for people. */
  readonly on: string;
  /** Whether the common contract leaves it out and reality needs it. */
  readonly added?: true;
}

/** A state machine as data. */
export interface LifecycleTable<S extends string> {
  /** Whose it is. */
  readonly name: string;
  /** Where it begins. */
  readonly initial: S;
  /** All that may happen. */
  readonly transitions: readonly Transition<S>[];
}

/** Told of each change. */
export type LifecycleListener<S extends string> = (from: S, to: S) => void;

/** A state machine at work. Only {@link Lifecycle.become} changes it. */
export class Lifecycle<S extends string> {
  readonly #table: LifecycleTable<S>;
  readonly #listener: LifecycleListener<S>;
  #state: S;

  /** Creates a machine in its table's initial state. */
  constructor(table: LifecycleTable<S>, listener: LifecycleListener<S> = () => {}) {
    this.#table = table;
    this.#listener = listener;
    this.#state = table.initial;
  }

  /** Where it is. */
  get state(): S {
    return this.#state;
  }

  /** Whether the table allows going to `next` from here. */
  may(next: S): boolean {
    return this.#table.transitions.some(({ from, to }) => from === this.#state && to === next);
  }

  /**
   * Goes to `next`.
   *
   * @throws {Error} if the table does not allow it: a bug of ours, never a peer's doing.
   */
  become(next: S): void {
    if (!this.may(next)) {
      throw new Error(`Broken invariant: ${this.#table.name} cannot go from ${this.#state} to ${next}`);
    }
    const from = this.#state;
    this.#state = next;
    this.#listener(from, next);
  }
}
