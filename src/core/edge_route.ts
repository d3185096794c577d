/**
 * Which server a client of the edge family turns to next when one has failed it.
 *
 * @module
 */

/** What is known when a server has to be chosen. */
export interface RouteChoice {
  /** The address that the origin names. */
  readonly named: string;
  /** The store's address; `undefined` if the client does not know it. */
  readonly store: string | undefined;
  /** Addresses that have failed already. */
  readonly failed: ReadonlySet<string>;
}

/** A server to ask. */
export interface Route {
  /** Its address. */
  readonly address: string;
  /** Whether it is the store, which has other paths than a node. */
  readonly isStore: boolean;
}

/**
 * Chooses: the one that the origin names, unless it has failed and the store has not. The store is the last resort: it has
 * every file. If both have failed, the one that is named is asked again: it may be back.
 *
 * @param isNamedStore Whether the origin names the store.
 */
export function nextRoute({ named, store, failed }: RouteChoice, isNamedStore: boolean): Route {
  const isTried = failed.has(named);
  if (isTried && store !== undefined && !failed.has(store)) return { address: store, isStore: true };
  return { address: named, isStore: isNamedStore };
}
