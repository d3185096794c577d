/**
 * Where a downloaded file goes.
 *
 * @module
 */

import type { ByteRanges } from "../core/byte_ranges.ts";
import type { FileDigest } from "../protocol/cdn.ts";

/** What an earlier download left behind. */
export interface KeptPart {
  /** Of which version. */
  readonly version: FileDigest;
  /** Which bytes are there. */
  readonly have: ByteRanges;
}

/** Takes the bytes of one file. Its operations throw what the file system or the writer throws. */
export interface DownloadOutput {
  /** Whether bytes may come in any order, and be taken back: a file can do that, a pipe cannot. */
  readonly isSeekable: boolean;
  /** Looks whether the place is fit, and for what an earlier download left there. */
  load(): Promise<KeptPart | undefined>;
  /** Begins with nothing, whatever was there. */
  begin(): Promise<void>;
  /** Takes bytes at an offset. They may be reused once this resolves. */
  write(bytes: Uint8Array, offsetBytes: number): Promise<void>;
  /** Reads back bytes that were taken; 0 at the end. */
  read(into: Uint8Array, offsetBytes: number): Promise<number>;
  /**
   * Remembers which version the bytes are of, and which are there, so that a later download can go on. Without `have`,
   * all that is there is the version's beginning, now and later.
   */
  remember(version: FileDigest, have?: ByteRanges): Promise<void>;
  /** All bytes are there and right: shows the file to the world. */
  finish(sizeBytes: number): Promise<void>;
  /** Ends it without the file. What {@link DownloadOutput.remember} knows of stays, anything else goes. Never throws. */
  suspend(): Promise<void>;
}

/** Takes bytes in order, waiting while the reader is slow. */
export type ByteWriter = (bytes: Uint8Array) => Promise<void>;

/** Hands the bytes to `write` as they come. */
export function writerOutput(write: ByteWriter): DownloadOutput {
  return {
    isSeekable: false,
    load: () => Promise.resolve(undefined),
    begin: () => Promise.resolve(),
    write: (bytes) => write(bytes),
    read: () => Promise.resolve(0),
    remember: () => Promise.resolve(),
    finish: () => Promise.resolve(),
    suspend: () => Promise.resolve(),
  };
}
