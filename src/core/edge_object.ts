/**
 * A stored object of the edge family: what store, nodes and meta server tell each other of one version of a file.
 *
 * @module
 */

import type { FileVersion } from "./file_version.ts";

/** One version of a file as the store has it. */
export interface EdgeObject extends FileVersion {
  /** The SHA-256 of the bytes in lower-case hex, as computed from them: equal digests, equal bytes. */
  readonly sha256: string;
  /**
   * Orders the versions of a name: a later one has a greater number. Given by the store, a whole number up to 2^53 - 1;
   * roughly microseconds since the Unix epoch.
   */
  readonly generation: number;
  /** The length of the bytes. */
  readonly sizeBytes: number;
  /** When it was stored, in milliseconds since the Unix epoch, whole. */
  readonly modifiedMs: number;
}
