/**
 * Which edge node a client is sent to, or whether it is sent to the store.
 *
 * Source: PROTOCOL.md, "edge: whom a client is sent to".
 *
 * @module
 */

import { distanceKm, type Place } from "./geography.ts";

/** An edge node that lives. */
export interface EdgeSite extends Place {
  /** Its id. */
  readonly id: number;
}

/** What is known of a file, as far as the choice depends on it. */
export interface WantedFile {
  /** The ids of the nodes that have its present version, alive or not, in any order. */
  readonly holders: readonly number[];
}

/** Whom a client is sent to. */
export type EdgeChoice<S extends EdgeSite> =
  /** A node that has the file. */
  | { readonly kind: "holder"; readonly node: S }
  /** A node that does not have it, and will fill itself from the store. */
  | { readonly kind: "cold"; readonly node: S }
  | { readonly kind: "store" };

interface Ranked<S> {
  readonly node: S;
  readonly km: number;
}

const STORE = { kind: "store" } as const;

/**
 * The choice for one client, for any number of files.
 *
 * - A file that nobody published goes to the store.
 * - Otherwise the nearest live node that has it, unless that is farther away than the store.
 * - If no live node has it: the nearest live node that is not farther away than the store.
 *
 * Of two nodes that are equally far, the one with the lower id. Costs a sort of the nodes once, then a look at the
 * nearest ones a file.
 */
export class EdgeSelector<S extends EdgeSite> {
  /** The nodes that are not farther away than the store, the nearest first. */
  readonly #near: readonly Ranked<S>[];
  /** All that live. */
  readonly #alive: ReadonlySet<number>;

  /**
   * Ranks the nodes for a client.
   *
   * @param nodes The live ones: those that are dead are left out by the caller.
   */
  constructor(client: Place, store: Place, nodes: Iterable<S>) {
    const storeKm = distanceKm(client, store);
    const near: Ranked<S>[] = [];
    const alive = new Set<number>();
    for (const node of nodes) {
      alive.add(node.id);
      const km = distanceKm(client, node);
      if (km <= storeKm) near.push({ node, km });
    }
    this.#near = near.sort((a, b) => a.km - b.km || a.node.id - b.node.id);
    this.#alive = alive;
  }

  /** Chooses for a file; `undefined` stands for one that nobody published. */
  choose(file: WantedFile | undefined): EdgeChoice<S> {
    if (file === undefined) return STORE;
    const holders = new Set(file.holders.filter((id) => this.#alive.has(id)));
    if (holders.size === 0) {
      const nearest = this.#near[0];
      return nearest === undefined ? STORE : { kind: "cold", node: nearest.node };
    }
    const holder = this.#near.find(({ node }) => holders.has(node.id));
    return holder === undefined ? STORE : { kind: "holder", node: holder.node };
  }
}
