/**
 * A part of an open file, piece by piece, all of one version or not to the end.
 *
 * @module
 */

import type { OpenFile } from "../env/files.ts";
import { type FoundFile, sameContent } from "../storage/folder.ts";
import { type HotFiles, type Loan, PIECE_BYTES } from "../storage/hot_files.ts";
import type { SendBudget, SendBuffers } from "./send_buffers.ts";

/** What to read, and with what. */
export interface FilePiecesOptions {
  /** The file as it was when its length was announced. */
  found: FoundFile;
  /** Where to begin. */
  offsetBytes: number;
  /** How much to read. */
  lengthBytes: number;
  /** Where pieces are kept. */
  hot: HotFiles;
  /** Where buffers for what is not kept come from. */
  budget: SendBudget;
}

/** Bytes of a file in memory: kept ones, or those that were just read. */
export class FilePieces {
  readonly #file: OpenFile;
  readonly #options: FilePiecesOptions;
  readonly #endBytes: number;
  #atBytes: number;
  #buffers: SendBuffers | undefined;
  /** Memory that is neither being read into nor lent. */
  #spare: Uint8Array[] = [];
  #made = 0;
  #onSpare: () => void = () => {};

  /** Creates it. The file stays the caller's to close, after {@link FilePieces.close}. */
  constructor(file: OpenFile, options: FilePiecesOptions) {
    this.#file = file;
    this.#options = options;
    this.#atBytes = options.offsetBytes;
    this.#endBytes = options.offsetBytes + options.lengthBytes;
  }

  /** Whether all of it has been asked for. */
  get isAtEnd(): boolean {
    return this.#atBytes >= this.#endBytes;
  }

  /**
   * Gives the next bytes, at least one. They stay as they are until they are released. Asking for more before that is
   * what reads ahead; it waits where there is no memory for it.
   *
   * The file is looked at after each read: what may be of another version is not given. A file replaced by a rename is no
   * such case, its old bytes stay readable.
   *
   * @returns `undefined` if the file was written to meanwhile.
   */
  async next(): Promise<Loan | undefined> {
    return await this.#nextKept() ?? await this.#nextRead();
  }

  /** Gives back what it holds. Not while {@link FilePieces.next} is under way. */
  close(): void {
    if (this.#buffers !== undefined) this.#options.budget.give(this.#buffers);
    this.#buffers = undefined;
    this.#spare = [];
  }

  async #nextKept(): Promise<Loan | undefined> {
    const { found, hot } = this.#options;
    if (!hot.keeps(found)) return undefined;
    const at = this.#atBytes;
    const index = Math.floor(at / PIECE_BYTES), beginBytes = index * PIECE_BYTES;
    const pieceEndBytes = Math.min(beginBytes + PIECE_BYTES, found.info.sizeBytes);
    const endBytes = Math.min(pieceEndBytes, this.#endBytes);
    // Whoever wants a few bytes of a piece does not wait for all of it.
    const isWorthIt = 2 * (endBytes - at) >= pieceEndBytes - beginBytes;
    const fill = isWorthIt ? (into: Uint8Array): Promise<boolean> => this.#readAll(into, beginBytes) : undefined;
    const loan = await hot.lend(found, index, fill);
    if (loan === undefined) return undefined;
    this.#atBytes = endBytes;
    return { bytes: loan.bytes.subarray(at - beginBytes, endBytes - beginBytes), release: () => loan.release() };
  }

  async #nextRead(): Promise<Loan | undefined> {
    const remainingBytes = this.#endBytes - this.#atBytes;
    this.#buffers ??= this.#options.budget.take(remainingBytes);
    const memory = await this.#takeMemory(this.#buffers);
    const readBytes = await this.#file.readAt(memory.subarray(0, remainingBytes), this.#atBytes);
    if (readBytes === 0 || !await this.#isUnchanged()) return undefined;
    this.#atBytes += readBytes;
    const release = (): void => {
      this.#spare.push(memory);
      this.#onSpare();
    };
    return { bytes: memory.subarray(0, readBytes), release };
  }

  async #takeMemory({ chunkBytes, count }: SendBuffers): Promise<Uint8Array> {
    if (this.#spare.length === 0) {
      if (this.#made++ < count) return new Uint8Array(chunkBytes);
      await new Promise<void>((resolve) => this.#onSpare = resolve);
    }
    return this.#spare.pop()!;
  }

  async #readAll(into: Uint8Array, offsetBytes: number): Promise<boolean> {
    for (let filled = 0; filled < into.length;) {
      const readBytes = await this.#file.readAt(into.subarray(filled), offsetBytes + filled);
      if (readBytes === 0) return false;
      filled += readBytes;
    }
    return await this.#isUnchanged();
  }

  async #isUnchanged(): Promise<boolean> {
    return sameContent(await this.#file.info(), this.#options.found.info);
  }
}
