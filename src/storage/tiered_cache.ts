/**
 * Memory above a lower layer, as one cache.
 *
 * What is found below goes up, and what is used above and missing below goes down again, so that each layer survives the
 * loss of the other. Neither ever holds an older copy than the other after a commit or a removal has resolved.
 *
 * @module
 */

import type { ByteRange } from "../core/byte_ranges.ts";
import type { EdgeObject } from "../core/edge_object.ts";
import type { Counter } from "../env/metrics.ts";
import type { Env } from "../env/env.ts";
import type { CachedCopy, CacheLayer, CopyDraft, DraftOptions, RemoveOptions } from "./cache_layer.ts";
import { StorageError } from "./storage_error.ts";

/** What is read at once from below before it is served is brought up first; what is larger, beside the serving. */
const MAX_FIRST_BYTES = 1_048_576;
/** How many copies are brought up or down at once beside the serving: more would only fight for the engine. */
const MAX_TRANSFERS = 4;

/** A copy on its way from one layer to the other. */
interface Transfer {
  readonly name: string;
  isCancelled: boolean;
}

/** Two layers. */
export class TieredCache implements CacheLayer {
  /** Both names. */
  readonly name: string;
  readonly #upper: CacheLayer;
  readonly #lower: CacheLayer;
  readonly #moved: Readonly<Record<"up" | "down", Counter>>;
  readonly #transfers = new Set<Transfer>();
  readonly #busy = new Set<Promise<void>>();
  /** Removals under way, by name: nothing is brought anywhere meanwhile. */
  readonly #removals = new Map<string, number>();
  #isClosed = false;

  /** Puts one layer above another; both are closed with it. */
  constructor({ metrics }: Pick<Env, "metrics">, upper: CacheLayer, lower: CacheLayer) {
    this.#upper = upper;
    this.#lower = lower;
    this.name = `${upper.name}+${lower.name}`;
    const help = "Copies brought from one layer to the other.";
    const counter = (to: string): Counter => metrics.counter("microcdn_edge_cache_moved_total", help, { to });
    this.#moved = { up: counter(upper.name), down: counter(lower.name) };
  }

  /** See {@link CacheLayer.sizeBytes}. */
  get sizeBytes(): number {
    return this.#upper.sizeBytes + this.#lower.sizeBytes;
  }

  /** See {@link CacheLayer.failure}. */
  get failure(): string | undefined {
    return this.#lower.failure ?? this.#upper.failure;
  }

  /** See {@link CacheLayer.peek}. */
  peek(name: string): EdgeObject | undefined {
    return this.#upper.peek(name) ?? this.#lower.peek(name);
  }

  /** See {@link CacheLayer.open}. The copy says in which layer it was found. */
  async open(name: string): Promise<CachedCopy | undefined> {
    const above = await this.#upper.open(name);
    if (above !== undefined) {
      if (this.#lower.peek(name)?.sha256 !== above.object.sha256) this.#inBackground(name, "down");
      return above;
    }
    const below = await this.#lower.open(name);
    if (below === undefined) return undefined;
    if (below.object.sizeBytes > MAX_FIRST_BYTES) {
      this.#inBackground(name, "up");
      return below;
    }
    return await this.#bringUp(name, below);
  }

  /** See {@link CacheLayer.begin}. */
  async begin(name: string, options: DraftOptions): Promise<CopyDraft | undefined> {
    // Both at once: a removal that comes after this call comes after both.
    const [above, below] = await Promise.all([this.#upper.begin(name, options), this.#lower.begin(name, options)]);
    if (above === undefined && below === undefined) return undefined;
    return new TieredDraft(above, below, {
      dropAbove: (before) => this.#upper.remove(name, { below: before }),
      dropBelow: (before) => this.#lower.remove(name, { below: before }),
    });
  }

  /** See {@link CacheLayer.remove}. */
  async remove(name: string, options: RemoveOptions = {}): Promise<boolean> {
    for (const transfer of this.#transfers) if (transfer.name === name) transfer.isCancelled = true;
    this.#removals.set(name, (this.#removals.get(name) ?? 0) + 1);
    try {
      const removed = await Promise.all([this.#upper.remove(name, options), this.#lower.remove(name, options)]);
      return removed.includes(true);
    } finally {
      const left = this.#removals.get(name)! - 1;
      if (left === 0) this.#removals.delete(name);
      else this.#removals.set(name, left);
    }
  }

  /** See {@link CacheLayer.list}. */
  list(): (readonly [string, EdgeObject])[] {
    return [...new Map([...this.#lower.list(), ...this.#upper.list()])];
  }

  /** See {@link CacheLayer.close}. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const transfer of this.#transfers) transfer.isCancelled = true;
    await Promise.all(this.#busy);
    await Promise.all([this.#upper.close(), this.#lower.close()]);
  }

  /** Brings a small copy up, and returns it as if it were read from below; that one, if it does not get there. */
  async #bringUp(name: string, below: CachedCopy): Promise<CachedCopy | undefined> {
    const draft = await this.#move(name, "up", below);
    if (draft === undefined) return below;
    if (draft === "broken") {
      await below.close();
      return undefined;
    }
    await below.close();
    return new RaisedCopy(below, draft);
  }

  #inBackground(name: string, way: "up" | "down"): void {
    if (this.#busy.size >= MAX_TRANSFERS || this.#isBusy(name)) return;
    const done: Promise<void> = this.#transfer(name, way).finally(() => void this.#busy.delete(done));
    this.#busy.add(done);
  }

  #isBusy(name: string): boolean {
    for (const transfer of this.#transfers) if (transfer.name === name) return true;
    return false;
  }

  async #transfer(name: string, way: "up" | "down"): Promise<void> {
    const copy = await (way === "up" ? this.#lower : this.#upper).open(name);
    if (copy === undefined) return;
    try {
      const draft = await this.#move(name, way, copy);
      if (typeof draft === "object") await draft.close();
    } finally {
      await copy.close();
    }
  }

  /**
   * Copies an open copy to the other layer.
   *
   * @returns the draft that was made of it, to be closed; `undefined` if the other layer does not want it; `"broken"` if
   *   the copy itself is of no use.
   */
  async #move(name: string, way: "up" | "down", copy: CachedCopy): Promise<CopyDraft | "broken" | undefined> {
    if (this.#isClosed || this.#removals.has(name)) return undefined;
    const transfer: Transfer = { name, isCancelled: false };
    this.#transfers.add(transfer);
    const { object: { sizeBytes, generation } } = copy;
    const draft = await (way === "up" ? this.#upper : this.#lower).begin(name, { sizeBytes, generation });
    let isWhole = false;
    let isReading = true;
    try {
      if (draft === undefined) return undefined;
      for await (const piece of copy.read()) {
        isReading = false;
        if (transfer.isCancelled && way === "down") return undefined;
        await draft.write(piece);
        isReading = true;
      }
      isReading = false;
      isWhole = true;
      if (!transfer.isCancelled && await draft.commit(copy.object)) this.#moved[way].add();
      return draft;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return isReading ? "broken" : undefined;
    } finally {
      this.#transfers.delete(transfer);
      if (!isWhole) await draft?.close();
    }
  }
}

/** A copy found below, read from the draft that was made of it above. */
class RaisedCopy implements CachedCopy {
  readonly object: EdgeObject;
  readonly layer: string;
  readonly keptMs: number;
  readonly #draft: CopyDraft;

  constructor({ object, layer, keptMs }: CachedCopy, draft: CopyDraft) {
    this.object = object;
    this.layer = layer;
    this.keptMs = keptMs;
    this.#draft = draft;
  }

  read(range: ByteRange = { start: 0, end: this.object.sizeBytes }): AsyncIterable<Uint8Array> {
    return this.#draft.read(range);
  }

  close(): Promise<void> {
    return this.#draft.close();
  }
}

/** What a draft needs of its cache. */
interface DraftHost {
  dropAbove(before: number): Promise<boolean>;
  dropBelow(before: number): Promise<boolean>;
}

/** A copy that is made in both layers, or in the one that takes it. */
class TieredDraft implements CopyDraft {
  readonly #host: DraftHost;
  #above: CopyDraft | undefined;
  #below: CopyDraft | undefined;

  constructor(above: CopyDraft | undefined, below: CopyDraft | undefined, host: DraftHost) {
    this.#above = above;
    this.#below = below;
    this.#host = host;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const results = await Promise.allSettled([this.#above?.write(bytes), this.#below?.write(bytes)]);
    const [above, below] = results;
    // One of the two is enough.
    if (above.status === "rejected") this.#above = await closed(this.#above);
    if (below.status === "rejected") this.#below = await closed(this.#below);
    if (this.#above === undefined && this.#below === undefined) {
      throw results.find((result) => result.status === "rejected")?.reason ?? lostError();
    }
  }

  async *read(range: ByteRange): AsyncGenerator<Uint8Array> {
    const draft = this.#above ?? this.#below;
    if (draft === undefined) throw lostError();
    yield* draft.read(range);
  }

  async commit(object: EdgeObject): Promise<boolean> {
    const [above, below] = await Promise.all([
      this.#above?.commit(object) ?? false,
      this.#below?.commit(object) ?? false,
    ]);
    // A layer that did not take it must not keep what came before it.
    if (above && !below) await this.#host.dropBelow(object.generation);
    if (below && !above) await this.#host.dropAbove(object.generation);
    return above || below;
  }

  async close(): Promise<void> {
    await Promise.all([this.#above?.close(), this.#below?.close()]);
  }
}

async function closed(draft: CopyDraft | undefined): Promise<undefined> {
  await draft?.close();
}

function lostError(): StorageError {
  return new StorageError("unavailable", "keep a copy in any layer");
}
