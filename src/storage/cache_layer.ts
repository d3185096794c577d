/**
 * One layer of an edge node's cache: copies of objects, which may go at any time. Implementations: `memory_layer.ts`,
 * `disk_layer.ts`, `redis_layer.ts`, and `tiered_cache.ts`, which puts two of them together; all pass
 * `tests/cache_layer_contract.ts`.
 *
 * A cache is no reason for a request to fail: what goes wrong with an engine is logged, counted, told by
 * {@link CacheLayer.failure}, and otherwise as if there were no copy.
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
  /** When it was made, in milliseconds since the Unix epoch. */
  readonly keptMs: number;
  /**
   * Its bytes in order, those of `range` or all, iterated over once. A piece may be reused as soon as the next one is
   * asked for. Throws {@link StorageError} if the copy is lost or damaged; pieces that came before are right.
   */
  read(range?: ByteRange): AsyncIterable<Uint8Array>;
  /** Lets go of it. Idempotent. */
  close(): Promise<void>;
}

/** What is known of a copy before it is made. */
export interface DraftOptions extends AbortOptions {
  /** How many bytes it will have. */
  readonly sizeBytes: number;
  /** The generation that it will have. Default: not known yet. */
  readonly generation?: number | undefined;
}

/** A copy that is being made; it can be read meanwhile by whoever has the draft. */
export interface CopyDraft {
  /**
   * Adds bytes, which stay the caller's. One call at a time.
   *
   * @throws {StorageError} if they cannot be kept; nothing of the draft is of use then.
   */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Bytes that were written before, in order. Until `close()`, committed or not, and removed or not. A piece may be reused
   * as soon as the next one is asked for. Throws {@link StorageError} if they are gone.
   */
  read(range: ByteRange): AsyncIterable<Uint8Array>;
  /**
   * Makes it findable in place of an older copy of that name, if all bytes are there, it was not removed meanwhile, and no
   * copy of a greater generation is there.
   *
   * @returns whether it is kept.
   */
  commit(object: EdgeObject): Promise<boolean>;
  /** Lets go of it, and gives it up unless it was committed. Idempotent. */
  close(): Promise<void>;
}

/** Options of {@link CacheLayer.remove}. */
export interface RemoveOptions extends AbortOptions {
  /** Leaves a copy of this generation or a later one, and a draft that is known to be of one. Default: leaves nothing. */
  readonly below?: number | undefined;
}

/** Copies by name, within a limit of bytes. */
export interface CacheLayer {
  /** What it is called in logs, metrics and `X-Cache`: `memory`, `disk`, `redis`. */
  readonly name: string;
  /** What it has a copy of under a name, by its own books: it may turn out to be lost. No use, no wait. */
  peek(name: string): EdgeObject | undefined;
  /** Opens a copy; `undefined` if there is none, or it cannot be had. Counts as a use. It must be closed. */
  open(name: string, options?: AbortOptions): Promise<CachedCopy | undefined>;
  /**
   * Begins a copy; `undefined` if one as large is not kept here, or there is no room or no engine at present. Readers have
   * the older one until it is committed. It must be closed.
   */
  begin(name: string, options: DraftOptions): Promise<CopyDraft | undefined>;
  /**
   * Drops a copy, and sees to it that a draft of that name which was begun before this call is not kept. Resolves when
   * nobody can open it any more; who has it open reads on.
   *
   * @returns whether there was one.
   */
  remove(name: string, options?: RemoveOptions): Promise<boolean>;
  /** Every name with a copy, and what it is a copy of, as it is now. */
  list(): (readonly [name: string, object: EdgeObject])[];
  /** How many bytes it holds, drafts and what copies take besides their bytes included. */
  readonly sizeBytes: number;
  /** Why it does not work at present; `undefined` while it does. */
  readonly failure: string | undefined;
  /** Lets go of what it holds; a layer that outlives its process keeps its copies. Idempotent. */
  close(): Promise<void>;
}
