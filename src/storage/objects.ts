/**
 * The bytes of all files, behind the store: written whole or not at all, and kept for good. Implementations:
 * `folder_objects.ts` and `s3_objects.ts`; both pass `tests/objects_contract.ts`.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import type { ByteRange } from "../core/byte_ranges.ts";
import type { EdgeObject } from "../core/edge_object.ts";
import type { FileVersion } from "../core/file_version.ts";

/** Options of {@link Objects.put}. */
export interface PutOptions extends AbortOptions {
  /** What the publisher calls this version. An empty hash becomes the SHA-256 of the bytes. */
  readonly version: FileVersion;
  /** The most bytes it may have. */
  readonly limitBytes: number;
  /**
   * Awaited when all bytes are there, before the object is given its generation and takes the place of the old one: what
   * it throws calls the whole off. So who holds a lock from here until `put()` has ended decides the order of versions.
   */
  readonly check?: (whole: WholeBytes) => void | Promise<void>;
}

/** All bytes of an object that is about to be stored. */
export type WholeBytes = Pick<EdgeObject, "hash" | "timestamp" | "sha256" | "sizeBytes">;

/** An object that is being read. */
export interface OpenObject {
  /** What it is. */
  readonly object: EdgeObject;
  /**
   * Its bytes in order, those of `range` or all. A piece may be reused as soon as the next one is asked for. Iterated
   * over once; all pieces are of this version, whatever is stored or removed meanwhile. Throws {@link StorageError} if
   * they cannot be had to the end; what came before is right, for damaged bytes are never given out.
   */
  read(range?: ByteRange): AsyncIterable<Uint8Array>;
  /** Lets go of it. Idempotent. */
  close(): Promise<void>;
}

/** Objects by name. Every operation throws {@link StorageError}. */
export interface Objects {
  /**
   * Stores an object in place of what was there, in one step, when all of its bytes have come: a reader sees the old one
   * or the new one, and so does whoever looks after a power failure. When it resolves, it is safe. Of two at once, the
   * one that ends later has the greater generation, and stays.
   *
   * @throws {StorageError} `"full"` if it has more than `limitBytes`, or no room is left. What the iteration over `body`
   *   and `check` throw comes through as it is, and nothing is stored then. After `"timeout"` it may be stored or not.
   */
  put(name: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<EdgeObject>;
  /** Tells what is stored under a name; `undefined` for nothing. `"corrupt"` if what is there is damaged. */
  stat(name: string, options?: AbortOptions): Promise<EdgeObject | undefined>;
  /** Opens an object for reading; `undefined` if there is none. It must be closed. */
  open(name: string, options?: AbortOptions): Promise<OpenObject | undefined>;
  /** Removes an object. Returns whether there was one. */
  remove(name: string, options?: AbortOptions): Promise<boolean>;
  /** Every name, in the order of code units. Names stored or removed meanwhile may be missing or there. */
  list(options?: AbortOptions): AsyncIterable<string>;
  /** Why it does not work at present; `undefined` while it does. */
  readonly failure: string | undefined;
  /** Lets go of what it holds. Idempotent. */
  close(): Promise<void>;
}
