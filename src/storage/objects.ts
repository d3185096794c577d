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
   * Told what the object would be when all of its bytes are there, before it takes the place of the old one: what it
   * throws calls the whole off.
   */
  readonly check?: (object: EdgeObject) => void;
}

/** An object that is being read. */
export interface OpenObject {
  /** What it is. */
  readonly object: EdgeObject;
  /**
   * Its bytes in order, those of `range` or all. A piece may be reused as soon as the next one is asked for. Iterated
   * over once; all pieces are of this version, whatever is stored meanwhile. Throws {@link StorageError} if they cannot
   * be had to the end.
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
   *   throws comes through as it is, and nothing is stored then.
   */
  put(name: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<EdgeObject>;
  /** Tells what is stored under a name; `undefined` for nothing. */
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
