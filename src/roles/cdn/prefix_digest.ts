/**
 * The digest of a download's first bytes, computed while the others come.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { sha256 } from "../../base/digest.ts";
import { invariant } from "../../base/invariant.ts";
import { beginInline, type BufferDigest, DigestError, type Digests } from "../../env/digests.ts";
import { ClientError } from "./client_error.ts";
import type { DownloadOutput } from "../../services/download_output.ts";

/** The digest of the bytes without a gap from the first on. */
export interface PrefixDigest {
  /** Notes that `bytes` were taken, and that the first `prefixBytes` are there for good. Never waits, never throws. */
  arrived(bytes: Uint8Array, prefixBytes: number): void;
  /**
   * Waits for the digest of the first `prefixBytes`, which are all that is there without a gap. Shape: hex.
   *
   * @throws {ClientError} `"local"` if they are gone; what the output throws; the signal's reason.
   */
  hexOf(prefixBytes: number, signal: AbortSignal): Promise<string>;
  /** Ends it, and waits until it has let go of the output. Idempotent. */
  close(): Promise<void>;
}

/** Options of {@link beginPrefixDigest}. */
export interface PrefixDigestOptions {
  /** Computes it. */
  readonly digests: Digests;
  /** Takes the bytes. */
  readonly output: DownloadOutput;
  /** How long the file is. */
  readonly sizeBytes: number;
  /** The file's name as it was asked for, for messages. */
  readonly name: string;
}

/** Begins the digest of one version of a file. */
export function beginPrefixDigest(options: PrefixDigestOptions): PrefixDigest {
  return options.output.isSeekable ? new FollowingDigest(options) : passingDigest();
}

/** What went to a reader cannot be read back: it is hashed on its way. */
function passingDigest(): PrefixDigest {
  const digest = sha256();
  let doneBytes = 0;
  return {
    arrived(bytes): void {
      digest.update(bytes);
      doneBytes += bytes.length;
    },
    hexOf(prefixBytes): Promise<string> {
      invariant(prefixBytes === doneBytes, "what goes to a reader goes there in order");
      return Promise.resolve(digest.copy().hex());
    },
    close: () => Promise.resolve(),
  };
}

/**
 * How much is read back at once, twice over: one piece is read while the one before is hashed. With smaller ones, which
 * are hashed in less time than it takes until it is their turn again here, the thread that hashes would wait.
 */
const READ_BACK_BYTES = 4_194_304;

/**
 * Reads back what was written, in order, as far as it is there. So what is hashed is what the file holds, whoever wrote it
 * and when; bytes of an earlier download are taken along; and it never holds up the download, but catches up later.
 */
class FollowingDigest implements PrefixDigest {
  readonly #options: PrefixDigestOptions;
  #digest: BufferDigest | undefined;
  #thereBytes = 0;
  #readBytes = 0;
  #spare: Uint8Array<ArrayBuffer> | undefined;
  /** What is being hashed. Its buffer comes back. */
  #hashing: Promise<Uint8Array<ArrayBuffer>> | undefined;
  #following: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: PrefixDigestOptions) {
    this.#options = options;
  }

  arrived(_bytes: Uint8Array, prefixBytes: number): void {
    this.#thereBytes = prefixBytes;
    // Whoever asks for the digest is told what was wrong.
    this.#follow().catch(() => {});
  }

  async hexOf(prefixBytes: number, signal: AbortSignal): Promise<string> {
    this.#thereBytes = prefixBytes;
    return await abortable(this.#hex(), signal);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#digest?.close();
    await this.#following?.catch(() => {});
  }

  async #hex(): Promise<string> {
    // What could not be read a moment ago is tried again.
    await this.#following?.catch(() => {});
    for (;;) {
      while (this.#readBytes < this.#thereBytes && !this.#isClosed) await this.#follow();
      try {
        await this.#hashing;
        return await this.#begun.hex();
      } catch (error) {
        this.#recover(error);
      }
    }
  }

  /** Catches up with what is there. */
  #follow(): Promise<void> {
    return this.#following ??= this.#readAll().finally(() => this.#following = undefined);
  }

  async #readAll(): Promise<void> {
    while (this.#readBytes < this.#thereBytes && !this.#isClosed) {
      try {
        await this.#readPiece();
      } catch (error) {
        this.#recover(error);
      }
    }
  }

  async #readPiece(): Promise<void> {
    const { output, sizeBytes, name } = this.#options;
    const buffer = this.#spare ?? new Uint8Array(Math.min(READ_BACK_BYTES, sizeBytes));
    this.#spare = undefined;
    const count = await output.read(buffer.subarray(0, this.#thereBytes - this.#readBytes), this.#readBytes);
    if (count === 0) {
      throw new ClientError("local", `Cannot get ${name}: the unfinished file was cut by another program`);
    }
    this.#readBytes += count;
    this.#spare = await this.#hashing;
    this.#hashing = this.#begun.update(buffer, count);
    // It is waited for later; until then a failure must not count as one that nobody handles.
    this.#hashing.catch(() => {});
  }

  get #begun(): BufferDigest {
    const { digests, sizeBytes } = this.#options;
    return this.#digest ??= digests.begin(sizeBytes);
  }

  /** Begins anew without a thread, if it was that which failed. */
  #recover(error: unknown): void {
    if (!(error instanceof DigestError) || this.#isClosed) throw error;
    this.#digest?.close();
    this.#digest = beginInline();
    this.#readBytes = 0;
    this.#spare = undefined;
    this.#hashing = undefined;
  }
}
