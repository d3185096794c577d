/**
 * A digest for each block of an object, so that a block can be checked before it is given out.
 *
 * Shape: the first 16 bytes of each block's SHA-256, one after the other.
 *
 * @module
 */

import { type Digest, sha256 } from "../base/digest.ts";

/** The length of a block; the last one may be shorter. */
export const BLOCK_BYTES = 131_072;

/** The length of one digest: what happens by itself is noticed all the same. */
const DIGEST_BYTES = 16;

/** How many blocks a new table has room for. */
const FIRST_BLOCKS = 64;

/** How long the digests of so many bytes are. */
export function tableBytesFor(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * DIGEST_BYTES;
}

/** Digests of blocks, by their place. */
export class BlockDigests {
  #table: Uint8Array<ArrayBuffer>;
  #count: number;
  /** The block that is not whole yet. */
  #digest: Digest = sha256();
  #filled = 0;

  /** Creates a table without blocks, or takes over one that was stored. */
  constructor(stored?: Uint8Array<ArrayBuffer>) {
    this.#table = stored ?? new Uint8Array(DIGEST_BYTES * FIRST_BLOCKS);
    this.#count = stored === undefined ? 0 : Math.floor(stored.length / DIGEST_BYTES);
  }

  /** The table as it is stored. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#table.subarray(0, this.#count * DIGEST_BYTES);
  }

  /** The SHA-256 of the table in hex. */
  get digest(): string {
    const digest = sha256();
    digest.update(this.bytes);
    return digest.hex();
  }

  /** Adds the next bytes. */
  update(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const piece = bytes.subarray(done, done + BLOCK_BYTES - this.#filled);
      this.#digest.update(piece);
      done += piece.length;
      this.#filled += piece.length;
      if (this.#filled === BLOCK_BYTES) this.#end();
    }
  }

  /** Says that no more bytes come. */
  end(): void {
    if (this.#filled > 0) this.#end();
  }

  /** Whether a block is the one that was added at this place. */
  matches(index: number, block: Uint8Array): boolean {
    const digest = sha256();
    digest.update(block);
    const expected = shortened(digest);
    const at = index * DIGEST_BYTES;
    return at < this.bytes.length && expected.every((byte, place) => byte === this.#table[at + place]);
  }

  #end(): void {
    const at = this.#count++ * DIGEST_BYTES;
    if (at >= this.#table.length) {
      const larger = new Uint8Array(this.#table.length * 2);
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#table.set(shortened(this.#digest), at);
    this.#digest = sha256();
    this.#filled = 0;
  }
}

function shortened(digest: Digest): Uint8Array<ArrayBuffer> {
  const hex = digest.hex();
  return Uint8Array.from({ length: DIGEST_BYTES }, (_, at) => parseInt(hex.slice(at * 2, at * 2 + 2), 16));
}
