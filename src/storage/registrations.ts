/**
 * Where registrations of content servers are kept beside an index, so that several indexes know the same, also after a
 * restart of all of them.
 *
 * An index answers from its own memory, and the book is never a reason for it not to: what cannot be written now is
 * written later. That loses nothing for good, for a content server renews its registration every so often, and sends it
 * again to an index that does not know it.
 *
 * @module
 */

import type { CatalogServer } from "../core/catalog.ts";

/** A registration that counts. */
export interface StoredRegistration {
  /** Who registered, and where it serves. */
  readonly server: CatalogServer;
  /** Name to length, in the order of the registration. Nobody changes it. */
  readonly files: ReadonlyMap<string, number>;
  /** The digest of the list. */
  readonly sha256: string;
}

/** Who is told of registrations that were made elsewhere. */
export type RegistrationListener = (registration: StoredRegistration) => void;

/** Registrations, one a server id: the last one. */
export interface RegistrationBook {
  /** Why nothing can be read or written now; `undefined` while it can. */
  readonly failure: string | undefined;
  /** All that is known. */
  registrations(): Iterable<StoredRegistration>;
  /** Tells a listener of each registration that comes from elsewhere from now on. Returns the way to end that. */
  listen(listener: RegistrationListener): () => void;
  /**
   * Keeps a registration. Never rejects.
   *
   * @returns `"stored"` once every index will know it, `"later"` if it can only be written later.
   */
  put(registration: StoredRegistration): Promise<"stored" | "later">;
  /** Drops a server for which an index has no room any more. What cannot be dropped now is dropped later. */
  forget(id: string): void;
  /** Stops. What is not written by then is left. Idempotent. */
  close(): Promise<void>;
}

/** Whether two registrations are the same, list included. */
export function isSameRegistration(a: StoredRegistration, b: StoredRegistration): boolean {
  return a.sha256 === b.sha256 && a.server.id === b.server.id && a.server.host === b.server.host &&
    a.server.tcpPort === b.server.tcpPort && a.server.udpPort === b.server.udpPort;
}
