/**
 * SHA-256 beside other work: hashing a large file takes as long as moving it. Implementations: {@link inlineDigests},
 * and `thread_digests.ts` for the machine.
 *
 * @module
 */

import { sha256 } from "../base/digest.ts";

/** A SHA-256 under way. One call at a time. */
export interface BufferDigest {
  /**
   * Adds the first `count` bytes of `buffer`, which is lent: nobody else may touch it, or anything that it is a part of.
   *
   * @returns a buffer as large in its place, often the same.
   * @throws {DigestError} if it cannot go on.
   */
  update(buffer: Uint8Array<ArrayBuffer>, count: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Tells the digest of what was added so far; it goes on. Shape: 64 lower-case hex digits.
   *
   * @throws {DigestError} if it cannot.
   */
  hex(): Promise<string>;
  /** Ends it; what is under way is left undone. Idempotent. */
  close(): void;
}

/** Begins digests. */
export interface Digests {
  /** Begins a SHA-256 of about `sizeBytes` bytes. It has to be closed. */
  begin(sizeBytes: number): BufferDigest;
}

/** A digest cannot go on, through no fault of the bytes: the same bytes may be hashed another way. */
export class DigestError extends Error {
  /** The name of this class. */
  override readonly name = "DigestError";
}

/** Returns digests that are computed where they are asked for. */
export function inlineDigests(): Digests {
  return { begin: beginInline };
}

/** Begins a SHA-256 that is computed where it is asked for. */
export function beginInline(): BufferDigest {
  const digest = sha256();
  return {
    update(buffer, count): Promise<Uint8Array<ArrayBuffer>> {
      digest.update(buffer.subarray(0, count));
      return Promise.resolve(buffer);
    },
    hex: () => Promise.resolve(digest.copy().hex()),
    close: () => {},
  };
}
