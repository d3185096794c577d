/**
 * One layer of an edge node's cache: copies of objects, which may go at any time. Implementations: `memory_layer.ts`,
 * `disk_layer.ts`, `redis_layer.ts`; all pass `tests/cache_layer_contract.ts`. `tiered_cache.ts` puts two of them together.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import type { ByteRange } from "../core/byte_ranges.ts";
import type { EdgeObject } from "../core/edge_object.ts";

/** A copy that is being read. */
export interface CachedCopy {
  /** What it is a copy of. */
  readonly object: EdgeObject;
  /** Its layer's name: `memory`, `disk`, `redis`. */
  readonly layer: string;
  /**
   * Its bytes in order, those of `range` or all, iterated over once. A piece may be reused as soon as the next one is
   * asked for. Throws {@link StorageError} if the copy is lost or damaged meanwhile; pieces that came before are right.
   */
  read(range?: ByteRange): AsyncIterable<Uint8Array>;
  /** Lets go of it. Idempotent. */
  close(): Promise<void>;
}

/** A copy that is being made. Either `commit()` or `abort()` ends it. */
export interface CopyDraft {
  /** Adds bytes, which stay the caller's. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Makes it findable, in place of an older copy of that name, if all `object.sizeBytes` bytes are there.
   *
   * @returns whether it is kept.
   */
  commit(): Promise<boolean>;
  /** Gives it up. Idempotent, harmless after `commit()`. */
  abort(): Promise<void>;
}

/** Copies by name, within a limit of bytes. Every operation throws {@link StorageError}. */
export interface CacheLayer {
  /** What it is called in logs, metrics and `X-Cache`: `memory`, `disk`, `redis`. */
  readonly name: string;
  /** Opens a copy; `undefined` if there is none. Counts as a use. It must be closed. */
  open(name: string, options?: AbortOptions): Promise<CachedCopy | undefined>;
  /** Begins a copy; `undefined` if one as large is not kept here. Readers have the older one until it is committed. */
  begin(name: string, object: EdgeObject, options?: AbortOptions): Promise<CopyDraft | undefined>;
  /**
   * Drops a copy, and sees to it that a draft of that name which is older than this call is not kept. Resolves when nobody
   * can open it any more; who has it open reads on.
   *
   * @returns whether there was one.
   */
  remove(name: string, options?: AbortOptions): Promise<boolean>;
  /** Every name with a copy, and what it is a copy of, in any order. Others may come and go meanwhile. */
  list(options?: AbortOptions): AsyncIterable<readonly [name: string, object: EdgeObject]>;
  /** How many bytes it holds. */
  readonly sizeBytes: number;
  /** Why it does not work at present; `undefined` while it does. */
  readonly failure: string | undefined;
  /** Lets go of what it holds; a layer that outlives its process keeps its copies. Idempotent. */
  close(): Promise<void>;
}
