/**
 * SHA-256 over a stream of bytes.
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
  /** Ends it. Shape: 64 lower-case hex digits. Call once. */
  hex(): string;
  /** Returns a digest of its own that goes on from what was added so far. */
  copy(): Digest;
}

/** Begins a SHA-256. */
export function sha256(): Digest {
  return digestOf(createHash("sha256"));
}

function digestOf(hash: Hash): Digest {
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => hash.digest("hex"),
    copy: () => digestOf(hash.copy()),
  };
}
