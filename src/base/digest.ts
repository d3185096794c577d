/**
 * SHA-256, and MD5, over a stream of bytes.
 *
 * Web Crypto takes whole buffers only; `node:crypto` streams, on every runtime, at about 2 GB/s.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";

/** A digest under way. */
export interface Digest {
  /** Adds bytes. They may be reused as soon as this returns. */
  update(bytes: Uint8Array): void;
  /** Ends it. Shape: lower-case hex digits, 64 of a SHA-256. Call once. */
  hex(): string;
  /** Returns a digest of its own that goes on from what was added so far. */
  copy(): Digest;
}

/** Begins a SHA-256. */
export function sha256(): Digest {
  return digestOf(createHash("sha256"));
}

/** Begins an MD5: no proof against anybody who wants two files to look alike, and still what some publishers name. */
export function md5(): Digest {
  return digestOf(createHash("md5"));
}

function digestOf(hash: Hash): Digest {
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => hash.digest("hex"),
    copy: () => digestOf(hash.copy()),
  };
}
