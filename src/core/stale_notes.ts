/**
 * What a meta server told nodes to drop, and so which copies a node's word about names is about. It has no clock.
 *
 * A node says which names it dropped, and by then it may have a later copy of one of them, which has become stale in turn.
 * So its word counts only for the bytes that were on record when it was told.
 *
 * @module
 */

/** A copy that a node was told to drop. */
export interface ToldCopy {
  /** The file. */
  readonly name: string;
  /** Which bytes of it were on record. */
  readonly bytes: string;
}

/** By node: what it was told last. */
export class StaleNotes {
  readonly #told = new Map<number, ReadonlyMap<string, string>>();

  /** Notes what a node is told, in place of what it was told before. */
  tell(nodeId: number, copies: readonly ToldCopy[]): void {
    if (copies.length === 0) this.#told.delete(nodeId);
    else this.#told.set(nodeId, new Map(copies.map(({ name, bytes }) => [name, bytes])));
  }

  /** The copies that are gone when a node says that it dropped these names: of those it was told to drop. */
  gone(nodeId: number, names: readonly string[]): ToldCopy[] {
    const told = this.#told.get(nodeId);
    return names.flatMap((name) => {
      const bytes = told?.get(name);
      return bytes === undefined ? [] : [{ name, bytes }];
    });
  }
}
