/**
 * A book of registrations in memory, for indexes of one process.
 *
 * @module
 */

import type { RegistrationBook, RegistrationListener, StoredRegistration } from "./registrations.ts";

/** Registrations, which end with the process. */
export class MemoryRegistrations implements RegistrationBook {
  /** See {@link RegistrationBook.failure}. */
  readonly failure: undefined = undefined;
  readonly #known = new Map<string, StoredRegistration>();
  readonly #listeners = new Set<RegistrationListener>();

  /** See {@link RegistrationBook.registrations}. */
  registrations(): Iterable<StoredRegistration> {
    return this.#known.values();
  }

  /** See {@link RegistrationBook.listen}. Whoever keeps a registration hears of it, too. */
  listen(listener: RegistrationListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** See {@link RegistrationBook.put}. */
  put(registration: StoredRegistration): Promise<"stored"> {
    this.#known.set(registration.server.id, registration);
    for (const listener of [...this.#listeners]) listener(registration);
    return Promise.resolve("stored");
  }

  /** See {@link RegistrationBook.forget}. */
  forget(id: string): void {
    this.#known.delete(id);
  }

  /** See {@link RegistrationBook.close}: others may have it, too. */
  async close(): Promise<void> {}
}
