/**
 * The space that files in memory take.
 *
 * @module
 */

import type { FileNode } from "./memory_tree.ts";

/** A disk of limited size. */
export class MemoryDisk {
  readonly #capacityBytes: number;
  #usedBytes = 0;

  /** Creates an empty disk. */
  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /** How many bytes are stored. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * Writes as much as there is space for.
   *
   * @returns how many bytes were written.
   */
  write({ content }: FileNode, bytes: Uint8Array, offsetBytes: number): number {
    const before = content.storedBytes;
    const count = content.write(bytes, offsetBytes, this.#capacityBytes - this.#usedBytes);
    this.#usedBytes += content.storedBytes - before;
    return count;
  }

  /** Cuts or extends a file. */
  truncate({ content }: FileNode, sizeBytes: number): void {
    const before = content.storedBytes;
    content.truncate(sizeBytes);
    this.#usedBytes += content.storedBytes - before;
  }

  /** Gives up the space of a file that has neither a name nor a reader any more. */
  release({ content, parent, handles }: FileNode): void {
    if (parent === undefined && handles === 0) this.#usedBytes -= content.storedBytes;
  }
}
