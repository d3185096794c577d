/**
 * One download of an object from the store into the cache, for all who want the object meanwhile.
 *
 * The bytes are written to a draft as fast as the store sends them; each reader reads from the draft at its own pace, so a
 * slow one neither holds up the others nor makes anything grow. The last byte is given out when the digest is right: what
 * is read to its end is right, and what is not breaks off. A reader that is let down asks the store for the rest of that
 * very version.
 *
 * @module
 */

import { sha256 } from "../../base/digest.ts";
import type { ByteRange } from "../../core/byte_ranges.ts";
import type { EdgeObject } from "../../core/edge_object.ts";
import type { ReadableObject } from "../../services/answer_file.ts";
import { UpstreamError } from "../../services/upstream_error.ts";
import type { CopyDraft } from "../../storage/cache_layer.ts";
import { StorageError } from "../../storage/storage_error.ts";
import type { NodeStore, StoreDownload } from "./node_store.ts";

/** What is left to be downloaded for nobody, at most, when the last reader has gone. */
const MAX_UNWANTED_BYTES = 8_388_608;
/** How far ahead of what has come a reader waits for it; one that begins later asks the store itself. */
const MAX_AHEAD_BYTES = 1_048_576;

/** What a fill needs. */
export interface FillOptions {
  /** The object's name. */
  readonly name: string;
  /** What it is. */
  readonly object: EdgeObject;
  /** The download. */
  readonly download: StoreDownload;
  /** Where to put it. */
  readonly draft: CopyDraft;
  /** Asked when a reader has to go another way. */
  readonly store: NodeStore;
  /** Decides, when the bytes are whole and right, whether they become a copy. */
  readonly mayKeep: () => Promise<boolean>;
}

/** A fill under way. */
export class Fill {
  /** What comes. */
  readonly object: EdgeObject;
  /** Resolves when it is over, however it ends. */
  readonly done: Promise<void>;
  readonly #options: FillOptions;
  #writtenBytes = 0;
  /** Whether all bytes are there, and right. */
  #isRight = false;
  #failure: unknown;
  #isOver = false;
  /** One from the start: who asked for it comes for it in a moment. */
  #readers = 1;
  readonly #waiting = new Set<() => void>();

  /** Begins to download. */
  constructor(options: FillOptions) {
    this.#options = options;
    this.object = options.object;
    this.done = this.#run();
  }

  /** Whether it has failed. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** A further reader of it, which has to be closed. */
  reader(): ReadableObject {
    this.#readers++;
    return this.firstReader();
  }

  /** The reader for which it was begun. Called once, and closed. */
  firstReader(): ReadableObject {
    let isOpen = true;
    return {
      object: this.object,
      read: (range) => this.#read(range ?? { start: 0, end: this.object.sizeBytes }),
      close: async () => {
        if (!isOpen) return;
        isOpen = false;
        this.#readers--;
        await this.#left();
      },
    };
  }

  /** Gives it up if nobody reads it. */
  async stop(): Promise<void> {
    await this.#options.download.cancel();
    await this.done;
  }

  async #run(): Promise<void> {
    const { download, draft, object, mayKeep } = this.#options;
    try {
      const digest = sha256();
      for await (const piece of download.body) {
        if (this.#writtenBytes + piece.length > object.sizeBytes) throw this.#wrong("it sends more than it announced");
        digest.update(piece);
        await draft.write(piece);
        this.#writtenBytes += piece.length;
        this.#wake();
      }
      if (this.#writtenBytes !== object.sizeBytes) throw this.#wrong("it sends less than it announced");
      if (digest.hex() !== object.sha256) throw new CorruptError(this.#options.name);
      this.#isRight = true;
      this.#wake();
      if (await mayKeep()) await draft.commit(object);
    } catch (error) {
      this.#failure = error;
    } finally {
      await download.cancel();
      this.#isOver = true;
      this.#wake();
      await this.#left();
    }
  }

  async *#read({ start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    const { name, store, draft } = this.#options;
    let at = start;
    while (at < end) {
      const readyBytes = this.#isRight
        ? this.object.sizeBytes
        : Math.min(this.#writtenBytes, this.object.sizeBytes - 1);
      const isFar = at > this.#writtenBytes + MAX_AHEAD_BYTES;
      if (this.#failure instanceof CorruptError) throw this.#failure;
      if (at < readyBytes) {
        try {
          for await (const piece of draft.read({ start: at, end: Math.min(end, readyBytes) })) {
            yield piece;
            at += piece.length;
          }
          continue;
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
        }
      } else if (this.#failure === undefined && !isFar) {
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
        continue;
      }
      yield* store.read(name, this.object, { start: at, end });
      return;
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async #left(): Promise<void> {
    if (this.#readers > 0) return;
    const { draft, download, object } = this.#options;
    if (this.#isOver) await draft.close();
    else if (object.sizeBytes - this.#writtenBytes > MAX_UNWANTED_BYTES) await download.cancel();
  }

  #wrong(detail: string): UpstreamError {
    return new UpstreamError(0, `get ${this.#options.name} from the store`, detail);
  }
}

/** The store sent other bytes than it said. */
export class CorruptError extends UpstreamError {
  /** Creates it for an object. */
  constructor(name: string) {
    super(0, `get ${name} from the store`, "the bytes do not have the digest that it told");
  }
}
