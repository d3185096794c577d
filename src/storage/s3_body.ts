/**
 * The bytes of an object that come in, on their way to an S3 store.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { DeadlineError, withDeadline } from "../base/deadline.ts";
import { sha256 } from "../base/digest.ts";
import type { Slots } from "../base/slots.ts";
import { BlockDigests } from "./block_digests.ts";
import type { PutOptions } from "./objects.ts";
import type { S3Link } from "./s3_link.ts";
import { S3Upload } from "./s3_upload.ts";
import { StorageError } from "./storage_error.ts";

/** Up to which length bytes stand behind their head. */
export const INLINE_BYTES = 65_536;
/** How many large objects are sent at once: each takes two parts of memory. */
export const MAX_UPLOADS = 16;
/** How long one more waits for its turn. */
const TURN_MS = 10_000;

/** What comes in: digests of all of it, and the bytes themselves as long as they are few. */
export class S3Content {
  /** The digests of its blocks. */
  readonly table = new BlockDigests();
  readonly #digest = sha256();
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  #sizeBytes = 0;

  /** How many bytes have come. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Their SHA-256. */
  get sha256(): string {
    return this.#digest.copy().hex();
  }

  /** The bytes, if they are few. */
  get inline(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#sizeBytes);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** Adds bytes, which stay the caller's; `large` takes them as soon as they are many. */
  async add(piece: Uint8Array, large: S3LargeBytes): Promise<void> {
    this.#digest.update(piece);
    this.table.update(piece);
    this.#sizeBytes += piece.length;
    if (this.#sizeBytes <= INLINE_BYTES) this.#parts.push(piece.slice());
    else {
      for (const part of this.#parts.splice(0)) await large.write(part);
      await large.write(piece);
    }
  }

  /** Says that no more bytes come. Returns the key of those that were many. */
  async end(large: S3LargeBytes): Promise<string | undefined> {
    this.table.end();
    return this.#sizeBytes <= INLINE_BYTES ? undefined : await large.finish();
  }
}

/** Options of {@link S3LargeBytes}. */
export interface S3LargeBytesOptions {
  /** The key. */
  readonly key: string;
  /** What is being done, for errors. */
  readonly what: string;
  /** How many may be sent at once. */
  readonly uploads: Slots;
  /** Time. */
  readonly clock: Clock;
  /** What was asked for. */
  readonly options: PutOptions;
}

/** The bytes of an object that is not small, under a key of their own. */
export class S3LargeBytes {
  readonly #link: S3Link;
  readonly #options: S3LargeBytesOptions;
  #upload: S3Upload | undefined;
  #giveSlot: (() => void) | undefined;
  #isStored = false;
  #isCommitted = false;

  /** Creates it; nothing is sent before the first byte. */
  constructor(link: S3Link, options: S3LargeBytesOptions) {
    this.#link = link;
    this.#options = options;
  }

  /** Adds bytes, which stay the caller's. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#upload ??= await this.#begin();
    await this.#upload.write(bytes);
  }

  /** Waits until all of them are stored. Returns their key. */
  async finish(): Promise<string> {
    await this.#upload!.finish();
    this.#isStored = true;
    this.#giveSlot?.();
    return this.#options.key;
  }

  /** Says that a head will name the bytes: from now on only cleaning may tell whether one does. */
  commit(): void {
    this.#isCommitted = true;
  }

  /** Lets go of it, and removes what is there in vain. */
  async end(): Promise<void> {
    const { key, what } = this.#options;
    try {
      if (!this.#isStored) await this.#upload?.abort();
      else if (!this.#isCommitted) {
        const answer = await this.#link.ask({ method: "DELETE", key, status: 204, what });
        await answer?.body?.cancel();
      }
    } catch (error) {
      // A store that is away: cleaning finds it later.
      if (!(error instanceof StorageError)) throw error;
    } finally {
      this.#giveSlot?.();
    }
  }

  async #begin(): Promise<S3Upload> {
    const { key, what, uploads, clock, options: { limitBytes, signal } } = this.#options;
    try {
      const turn = { deadlineMs: TURN_MS, what, signal };
      this.#giveSlot = await withDeadline(clock, turn, (given) => uploads.take({ signal: given }));
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new StorageError("unavailable", what, { cause: new Error(`${MAX_UPLOADS} others are being sent`) });
    }
    return new S3Upload(this.#link, { key, what, limitBytes, signal });
  }
}
