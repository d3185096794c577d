/**
 * An object of the store that goes to one reader, and is not kept.
 *
 * @module
 */

import { sha256 } from "../../base/digest.ts";
import type { ByteRange } from "../../core/byte_ranges.ts";
import type { EdgeObject } from "../../core/edge_object.ts";
import type { ReadableObject } from "../../services/answer_file.ts";
import { CorruptError } from "./fill.ts";
import type { NodeStore, StoreDownload } from "./node_store.ts";

/** An object that is read from the store by whoever asked, and not kept. */
export class PassingObject implements ReadableObject {
  /** What it is. */
  readonly object: EdgeObject;
  readonly #name: string;
  readonly #store: NodeStore;
  readonly #download: StoreDownload;

  /** Takes over a download. */
  constructor(name: string, object: EdgeObject, { store, download }: { store: NodeStore; download: StoreDownload }) {
    this.object = object;
    this.#name = name;
    this.#store = store;
    this.#download = download;
  }

  /** See {@link ReadableObject.read}. What is read to its end is right. */
  async *read(range: ByteRange = { start: 0, end: this.object.sizeBytes }): AsyncGenerator<Uint8Array> {
    if (range.start > 0 || range.end < this.object.sizeBytes) {
      await this.#download.cancel();
      yield* this.#store.read(this.#name, this.object, range);
      return;
    }
    const digest = sha256();
    let sizeBytes = 0;
    let last: Uint8Array = new Uint8Array(0);
    for await (const piece of this.#download.body) {
      digest.update(piece);
      sizeBytes += piece.length;
      if (last.length > 0) yield last;
      last = piece.slice(-1);
      if (piece.length > 1) yield piece.subarray(0, -1);
    }
    if (sizeBytes !== this.object.sizeBytes || digest.hex() !== this.object.sha256) throw new CorruptError(this.#name);
    if (last.length > 0) yield last;
  }

  /** Gives it up. */
  async close(): Promise<void> {
    await this.#download.cancel();
  }
}
