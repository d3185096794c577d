/**
 * A file while it is being downloaded: bytes in `<target>.part`, and beside it what they are.
 *
 * @module
 */

import { ByteRanges } from "../../core/byte_ranges.ts";
import { decodePartRecord, encodePartRecord, MAX_RECORD_BYTES, type PartRecord } from "../../core/part_record.ts";
import { FileError, type FileInfo, type Files, type OpenFile, readWhole, writeWhole } from "../../env/files.ts";
import type { FileDigest } from "../../protocol/cdn.ts";
import type { DownloadOutput, KeptPart } from "./output.ts";

/** What the unfinished file is called: the target's name and this. */
export const PART_SUFFIX = ".part";
/** What the record beside it is called: the unfinished file's name and this. */
export const RECORD_SUFFIX = ".json";

/** Options of {@link PartFile}. */
export interface PartFileOptions {
  /** Where the file is to be. What is there is replaced once the new one is whole. One download at a time. */
  readonly target: string;
  /** What the file is called in canonical form. */
  readonly name: string;
}

/**
 * The target is touched only at the end, by a rename. Without a record the unfinished file is worth nothing and goes; with
 * one, the bytes that the record tells of are there, even if the program was killed.
 */
export class PartFile implements DownloadOutput {
  readonly isSeekable = true;
  readonly #files: Files;
  readonly #target: string;
  readonly #name: string;
  readonly #part: string;
  readonly #record: string;
  #file: OpenFile | undefined;
  /** Whether the unfinished file is ours. */
  #isBegun = false;
  #isRemembered = false;

  /** Touches nothing yet. */
  constructor(files: Files, { target, name }: PartFileOptions) {
    this.#files = files;
    this.#target = target;
    this.#name = name;
    this.#part = `${target}${PART_SUFFIX}`;
    this.#record = `${this.#part}${RECORD_SUFFIX}`;
  }

  async load(): Promise<KeptPart | undefined> {
    await this.#checkTarget();
    const record = await this.#readRecord();
    const sizeBytes = record === undefined ? 0 : await this.#partSize();
    const have = record === undefined ? new ByteRanges() : presentOf(record, sizeBytes);
    if (record === undefined || have.totalBytes === 0) return undefined;
    this.#file = await this.#files.openForWriting(this.#part);
    this.#isBegun = true;
    this.#isRemembered = true;
    // What is past the known bytes is of no use, and must not pass for more of them.
    const keptBytes = Array.from(have).at(-1)!.end;
    if (sizeBytes > keptBytes) await this.#file.truncate(keptBytes);
    return { version: record.version, have };
  }

  async begin(): Promise<void> {
    this.#isRemembered = false;
    // First, or a crash would leave a record of bytes that are gone.
    await this.#files.remove(this.#record);
    this.#file ??= await this.#files.openForWriting(this.#part);
    this.#isBegun = true;
    await this.#file.truncate(0);
  }

  async write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    await this.#open.writeAt(bytes, offsetBytes);
  }

  async read(into: Uint8Array, offsetBytes: number): Promise<number> {
    return await this.#open.readAt(into, offsetBytes);
  }

  async remember(version: FileDigest, have?: ByteRanges): Promise<void> {
    const text = encodePartRecord({ name: this.#name, version, have });
    await writeWhole(this.#files, this.#record, new TextEncoder().encode(text));
    this.#isRemembered = true;
  }

  async finish(sizeBytes: number): Promise<void> {
    const file = this.#open;
    if ((await file.info()).sizeBytes !== sizeBytes) await file.truncate(sizeBytes);
    await this.#close();
    await this.#files.rename(this.#part, this.#target);
    this.#isBegun = false;
    await this.#files.remove(this.#record);
  }

  async suspend(): Promise<void> {
    try {
      await this.#close();
      if (this.#isBegun && !this.#isRemembered) await this.#files.remove(this.#part);
    } catch (error) {
      // The download has failed already, and why is what matters.
      if (!(error instanceof FileError)) throw error;
    }
  }

  get #open(): OpenFile {
    if (this.#file === undefined) throw new Error("Broken invariant: the part file is not open");
    return this.#file;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Refuses early what a rename would refuse at the end. */
  async #checkTarget(): Promise<void> {
    const kind = (await this.#infoOf(this.#target))?.kind;
    if (kind === "folder" || kind === "other") throw new FileError("not-a-file", `write ${this.#target}`);
  }

  async #partSize(): Promise<number> {
    const info = await this.#infoOf(this.#part);
    return info?.kind === "file" ? info.sizeBytes : 0;
  }

  async #infoOf(path: string): Promise<FileInfo | undefined> {
    try {
      return await this.#files.info(path);
    } catch (error) {
      if (error instanceof FileError && error.code === "not-found") return undefined;
      throw error;
    }
  }

  async #readRecord(): Promise<PartRecord | undefined> {
    try {
      const bytes = await readWhole(this.#files, this.#record, MAX_RECORD_BYTES);
      const record = decodePartRecord(new TextDecoder().decode(bytes));
      return record?.name === this.#name ? record : undefined;
    } catch (error) {
      // Without a record there is nothing to go on from, whatever the reason.
      if (error instanceof FileError) return undefined;
      throw error;
    }
  }
}

/** Which of the bytes that a record tells of can be in a file of this length. */
function presentOf({ version, have }: PartRecord, sizeBytes: number): ByteRanges {
  const limitBytes = Math.min(sizeBytes, version.sizeBytes);
  if (have === undefined) return new ByteRanges([{ start: 0, end: limitBytes }]);
  return new ByteRanges(Array.from(have, ({ start, end }) => ({ start, end: Math.min(end, limitBytes) })));
}
