/**
 * The digest of a registration's list, by which a content server and its index see that they mean the same.
 *
 * Source: PROTOCOL.md, "cdn: renewal".
 *
 * @module
 */

import { sha256 } from "../base/digest.ts";
import type { FileEntry } from "../protocol/cdn.ts";

/** How much text is digested at once: little enough to be held by every registration under way. */
const PIECE_CHARS = 4_096;

const encoder = new TextEncoder();

/**
 * SHA-256 over the files of a list in the order in which they are registered, `<name> <size>` and LF for each, the name in
 * canonical form. Nothing of the list has to be kept for it.
 */
export class ListDigest {
  readonly #digest = sha256();
  #pending = "";

  /** Adds the next file. */
  add({ name, sizeBytes }: FileEntry): void {
    this.#pending += `${name} ${sizeBytes}\n`;
    if (this.#pending.length >= PIECE_CHARS) this.#flush();
  }

  /** Ends it. Shape: 64 lower-case hex digits. Call once. */
  hex(): string {
    this.#flush();
    return this.#digest.hex();
  }

  #flush(): void {
    this.#digest.update(encoder.encode(this.#pending));
    this.#pending = "";
  }
}
