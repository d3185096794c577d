/**
 * Sending the bytes of a large object to an S3 store while they come in: in one request if they turn out to be few, else
 * part by part.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import type { S3Link } from "./s3_link.ts";
import { StorageError } from "./storage_error.ts";

/** The length of a part; every store takes parts of 5 MiB and more. */
export const PART_BYTES = 8_388_608;
/** The most parts that every store takes. */
const MAX_PARTS = 10_000;
/** How a part's memory begins: it grows with what comes, so that one who sends little takes little. */
const FIRST_BYTES = 131_072;

/** Options of an {@link S3Upload}. */
export interface S3UploadOptions extends AbortOptions {
  /** The key. */
  readonly key: string;
  /** What is being done, for errors. */
  readonly what: string;
  /** The most bytes that may come. */
  readonly limitBytes: number;
}

/** An upload under way: either `finish()` or `abort()` ends it. Holds two parts in memory at the most. */
export class S3Upload {
  readonly #link: S3Link;
  readonly #options: S3UploadOptions;
  readonly #partBytes: number;
  readonly #tags: string[] = [];
  #part = new Uint8Array(FIRST_BYTES);
  #filled = 0;
  /** The part that is on its way. */
  #sending: Promise<void> | undefined;
  #uploadId: string | undefined;
  #isFinished = false;

  /** Begins one, without a request yet. */
  constructor(link: S3Link, options: S3UploadOptions) {
    this.#link = link;
    this.#options = options;
    this.#partBytes = Math.max(PART_BYTES, Math.ceil(options.limitBytes / MAX_PARTS));
  }

  /** Adds bytes, which stay the caller's. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      if (this.#filled === this.#partBytes) await this.#sendPart();
      const piece = bytes.subarray(done, done + this.#partBytes - this.#filled);
      this.#hold(piece);
      done += piece.length;
    }
  }

  /** Makes the object, when all bytes have come. */
  async finish(): Promise<void> {
    const { key, what, signal } = this.#options;
    if (this.#tags.length === 0 && this.#uploadId === undefined) {
      const stored = await this.#link.ask({
        method: "PUT",
        key,
        body: this.#part.slice(0, this.#filled),
        what,
        signal,
      });
      await stored?.body?.cancel();
      this.#isFinished = true;
      return;
    }
    await this.#sendPart();
    await this.#sending;
    const parts = this.#tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
    const body = new TextEncoder().encode(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
    const query = { uploadId: this.#uploadId! };
    const answer = await this.#link.ask({ method: "POST", key, query, body, what, signal });
    // It may say 200 before it knows, and what went wrong only then.
    if (!(await answer?.text())?.includes("CompleteMultipartUploadResult")) {
      throw new StorageError("unavailable", what, { cause: new Error("the parts were not put together") });
    }
    this.#isFinished = true;
  }

  /** Gives it up, and removes what was sent. Idempotent, harmless after `finish()`. What it leaves is cleared later. */
  async abort(): Promise<void> {
    if (this.#isFinished) return;
    this.#isFinished = true;
    await this.#sending?.catch(() => {}); // A part that was not taken need not be removed.
    if (this.#uploadId === undefined) return;
    const { key, what } = this.#options;
    const query = { uploadId: this.#uploadId };
    try {
      const answer = await this.#link.ask({ method: "DELETE", key, query, status: 204, what });
      await answer?.body?.cancel();
    } catch (error) {
      // A store that is away: see s3_cleaning.ts.
      if (!(error instanceof StorageError)) throw error;
    }
  }

  #hold(piece: Uint8Array): void {
    if (this.#filled + piece.length > this.#part.length) {
      const larger = new Uint8Array(
        Math.min(this.#partBytes, Math.max(this.#part.length * 2, this.#filled + piece.length)),
      );
      larger.set(this.#part.subarray(0, this.#filled));
      this.#part = larger;
    }
    this.#part.set(piece, this.#filled);
    this.#filled += piece.length;
  }

  /** Sends the part that is there, when the one before it has arrived. */
  async #sendPart(): Promise<void> {
    await this.#sending;
    this.#uploadId ??= await this.#begin();
    const part = this.#part.subarray(0, this.#filled);
    this.#part = new Uint8Array(FIRST_BYTES);
    this.#filled = 0;
    this.#sending = this.#send(part);
    // Whoever awaits it later sees the failure.
    this.#sending.catch(() => {});
  }

  async #begin(): Promise<string> {
    const { key, what, signal } = this.#options;
    const answer = await this.#link.ask({ method: "POST", key, query: { uploads: "" }, what, signal });
    const id = /<UploadId>([^<]+)<\/UploadId>/.exec(await answer?.text() ?? "")?.[1];
    if (id === undefined) throw new StorageError("other", what, { cause: new Error("the store began no upload") });
    return id;
  }

  async #send(part: Uint8Array<ArrayBuffer>): Promise<void> {
    const { key, what, signal } = this.#options;
    const query = { partNumber: `${this.#tags.length + 1}`, uploadId: this.#uploadId! };
    const answer = await this.#link.ask({ method: "PUT", key, query, body: part, what, signal });
    const tag = answer?.headers.get("etag") ?? undefined;
    await answer?.body?.cancel();
    if (tag === undefined) throw new StorageError("other", what, { cause: new Error("the store named no part") });
    this.#tags.push(tag.replaceAll("&", "&amp;").replaceAll("<", "&lt;"));
  }
}
