/**
 * A file while it is being downloaded: bytes in `<target>.part`, and beside it what they are.
 *
 * @module
 */

import { ByteRanges } from "../core/byte_ranges.ts";
import { decodePartRecord, encodePartRecord, MAX_RECORD_BYTES, type PartRecord } from "../core/part_record.ts";
import { FileError, type FileInfo, type Files, type OpenFile, readWhole, writeWhole } from "../env/files.ts";
import type { FileDigest } from "../protocol/cdn.ts";
import type { DownloadOutput, KeptPart } from "./download_output.ts";

/** What the unfinished file is called: the target's name and this. */
export const PART_SUFFIX = ".part";
/** What the record beside it is called: the unfinished file's name and this. */
export const RECORD_SUFFIX = ".json";

/** How often to make a file that others make, too. */
const CREATE_ATTEMPTS = 10;
/** After how many bytes it looks again whether another download has taken its place. */
const CHECK_EVERY_BYTES = 4_194_304;

/** Options of {@link PartFile}. */
export interface PartFileOptions {
  /** Where the file is to be. What is there is replaced once the new one is whole. */
  readonly target: string;
  /** What the file is called in canonical form. */
  readonly name: string;
  /** Whether the file has to be on the disk before it is called by its name. Default: false. */
  readonly isSynced?: boolean | undefined;
}

/**
 * The target is touched only at the end, by a rename. Without a record the unfinished file is worth nothing and goes; with
 * one, the bytes that the record tells of are there, even if the program was killed.
 *
 * Of several downloads to one target the one that began last goes on: it takes over what is there by a new record, or
 * begins a new file. The others notice, and end. No lock is needed for that, and so none can be left behind.
 */
export class PartFile implements DownloadOutput {
  readonly isSeekable = true;
  readonly #files: Files;
  readonly #target: string;
  readonly #name: string;
  readonly #isSynced: boolean;
  readonly #part: string;
  readonly #record: string;
  #file: OpenFile | undefined;
  /** Whether the unfinished file is ours. */
  #isBegun = false;
  /** The record that we wrote. */
  #remembered: FileInfo | undefined;
  #uncheckedBytes = 0;

  /** Touches nothing yet. */
  constructor(files: Files, { target, name, isSynced = false }: PartFileOptions) {
    this.#files = files;
    this.#target = target;
    this.#name = name;
    this.#isSynced = isSynced;
    this.#part = `${target}${PART_SUFFIX}`;
    this.#record = `${this.#part}${RECORD_SUFFIX}`;
  }

  async load(): Promise<KeptPart | undefined> {
    await this.#checkTarget();
    const record = await this.#readRecord();
    const sizeBytes = record === undefined ? 0 : await this.#partSize();
    const have = record === undefined ? new ByteRanges() : presentOf(record, sizeBytes);
    if (record === undefined || have.totalBytes === 0) return undefined;
    await this.#remember(record);
    this.#file = await this.#files.openForWriting(this.#part);
    this.#isBegun = true;
    // What is past the known bytes is of no use, and must not pass for more of them.
    const keptBytes = Array.from(have).at(-1)!.end;
    if (sizeBytes > keptBytes) await this.#file.truncate(keptBytes);
    return { version: record.version, have };
  }

  async begin(): Promise<void> {
    this.#remembered = undefined;
    // First, or a crash would leave a record of bytes that are gone.
    await this.#files.remove(this.#record);
    await this.#close();
    // A file of its own, not the old one cut to nothing: closing one of those, ext4 first writes it to the disk.
    this.#file = await this.#create();
    this.#isBegun = true;
  }

  async write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    this.#uncheckedBytes += bytes.length;
    if (this.#uncheckedBytes >= CHECK_EVERY_BYTES) await this.#checkOurs();
    await this.#open.writeAt(bytes, offsetBytes);
  }

  async read(into: Uint8Array, offsetBytes: number): Promise<number> {
    return await this.#open.readAt(into, offsetBytes);
  }

  async remember(version: FileDigest, have?: ByteRanges): Promise<void> {
    await this.#checkOurs();
    await this.#remember({ name: this.#name, version, have });
  }

  async finish(sizeBytes: number): Promise<void> {
    const file = this.#open;
    if ((await file.info()).sizeBytes !== sizeBytes) await file.truncate(sizeBytes);
    if (this.#isSynced) await file.sync();
    await this.#checkOurs();
    await this.#close();
    await this.#files.rename(this.#part, this.#target);
    this.#isBegun = false;
    if (this.#isSynced) await this.#files.syncFolder(folderOf(this.#target));
    await this.#files.remove(this.#record);
  }

  async suspend(): Promise<void> {
    try {
      const isWorthless = this.#isBegun && this.#remembered === undefined && await this.#isOurs();
      await this.#close();
      if (isWorthless) await this.#files.remove(this.#part);
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

  /** Makes a file of its own, whoever else does so at the same time. */
  async #create(): Promise<OpenFile> {
    for (let attempt = 1;; attempt++) {
      await this.#files.remove(this.#part);
      try {
        return await this.#files.create(this.#part);
      } catch (error) {
        if (!(error instanceof FileError && error.code === "exists") || attempt === CREATE_ATTEMPTS) throw error;
      }
    }
  }

  async #remember(record: PartRecord): Promise<void> {
    await writeWhole(this.#files, this.#record, new TextEncoder().encode(encodePartRecord(record)));
    this.#remembered = await this.#files.info(this.#record);
  }

  async #checkOurs(): Promise<void> {
    this.#uncheckedBytes = 0;
    if (await this.#isOurs()) return;
    const isGone = await this.#infoOf(this.#part) === undefined;
    const reason = isGone ? "it was taken away meanwhile" : "another download to the same place has begun meanwhile";
    throw new FileError("other", `write ${this.#part}`, { cause: new Error(reason) });
  }

  /** Whether the file has its name still, and the record is the one that we wrote. */
  async #isOurs(): Promise<boolean> {
    if ((await this.#infoOf(this.#part))?.id !== (await this.#file?.info())?.id) return false;
    if (this.#remembered === undefined) return true;
    const record = await this.#infoOf(this.#record);
    return record !== undefined && record.id === this.#remembered.id &&
      record.modifiedMs === this.#remembered.modifiedMs;
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

function folderOf(path: string): string {
  return path.match(/^.*[/\\]/s)?.[0] ?? ".";
}

/** Which of the bytes that a record tells of can be in a file of this length. */
function presentOf({ version, have }: PartRecord, sizeBytes: number): ByteRanges {
  const limitBytes = Math.min(sizeBytes, version.sizeBytes);
  if (have === undefined) return new ByteRanges([{ start: 0, end: limitBytes }]);
  return new ByteRanges(Array.from(have, ({ start, end }) => ({ start, end: Math.min(end, limitBytes) })));
}
