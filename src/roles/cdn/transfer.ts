/**
 * One version of a file on its way: what has arrived, and whether it is right.
 *
 * @module
 */

import { formatAddress } from "../../base/address.ts";
import type { Clock } from "../../base/clock.ts";
import { invariant } from "../../base/invariant.ts";
import type { ByteRanges } from "../../core/byte_ranges.ts";
import type { Holder } from "../../core/holder_pool.ts";
import { type Segment, segmentBytesFor, SegmentPlan } from "../../core/segment_plan.ts";
import type { Digests } from "../../env/digests.ts";
import type { FileDigest } from "../../protocol/cdn.ts";
import type { DownloadOutput } from "../../services/download_output.ts";
import { beginPrefixDigest, type PrefixDigest } from "./prefix_digest.ts";

/** How far a download has come. */
export interface DownloadProgress {
  /** The file's name as it was asked for. */
  readonly name: string;
  /** How many of its bytes are there, those of an earlier download included. Falls when it has to begin anew. */
  readonly doneBytes: number;
  /** How long the file is. */
  readonly totalBytes: number;
  /** Who sent the last of them. */
  readonly holder: Holder;
}

/** Options of {@link Transfer}. */
export interface TransferOptions {
  /** Times how fast segments come. */
  readonly clock: Clock;
  /** Computes their digest. */
  readonly digests: Digests;
  /** Takes the bytes. */
  readonly output: DownloadOutput;
  /** The file's name as it was asked for, for messages. */
  readonly name: string;
  /** How many connections share the work. 1 has the bytes come in order. */
  readonly parallel: number;
  /** Told of each piece that arrived. */
  readonly onProgress: (progress: DownloadProgress) => void;
}

/** After how many bytes the record of a download by several connections is brought up to date. */
const RECORD_EVERY_BYTES = 16_777_216;

/** The state of a download, whoever sends it. */
export class Transfer {
  readonly #options: TransferOptions;
  #plan: SegmentPlan | undefined;
  #sha256: string | undefined;
  /** Whether a holder that is there today has this very version. */
  #isConfirmed = false;
  #digest: PrefixDigest | undefined;
  /** The last write, of all connections. */
  #writing: Promise<void> = Promise.resolve();
  #recordedBytes = 0;
  /** Whether the record leaves it to the unfinished file's length how far it is. */
  #isRecordedByLength = false;
  #recording: Promise<void> | undefined;
  #contributors = new Map<string, Holder>();
  #receivedBytes = 0;

  /** Creates a download of which nothing is known. */
  constructor(options: TransferOptions) {
    this.#options = options;
  }

  /** Who has which part; there once the length is known. */
  get plan(): SegmentPlan {
    invariant(this.#plan !== undefined, "a transfer has no plan before its length is known");
    return this.#plan;
  }

  /** How long the file is; undefined as long as nobody said. */
  get sizeBytes(): number | undefined {
    return this.#plan?.sizeBytes;
  }

  /** The digest that the bytes must have; undefined as long as nobody said. */
  get sha256(): string | undefined {
    return this.#sha256;
  }

  /** Whether all bytes are there, of a version that a holder has today. */
  get complete(): boolean {
    return this.#isConfirmed && this.#plan?.complete === true;
  }

  /** Whether it can begin anew. */
  get isRestartable(): boolean {
    return this.#options.output.isSeekable || this.doneBytes === 0;
  }

  /** Whether what is there is the beginning of the file, and nobody else adds to it. */
  get isPrefix(): boolean {
    return this.#plan === undefined || (this.#plan.have.isPrefix && this.#plan.active === 0);
  }

  /** How many bytes are there. */
  get doneBytes(): number {
    return this.#plan?.have.totalBytes ?? 0;
  }

  /** How many bytes came from holders, again and again if need be. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Whose bytes these are, as far as they did not come with an earlier download. */
  get contributors(): readonly Holder[] {
    return [...this.#contributors.values()];
  }

  /** Takes up what an earlier download left. Returns how many bytes that is. */
  async load(): Promise<number> {
    const kept = await this.#options.output.load();
    if (kept === undefined) return 0;
    this.#setPlan(kept.version.sizeBytes, kept.have);
    this.#sha256 = kept.version.sha256;
    return this.doneBytes;
  }

  /** Begins a version of this length. */
  async begin(sizeBytes: number): Promise<void> {
    await this.#endDigest();
    await this.#options.output.begin();
    this.#setPlan(sizeBytes);
    this.#isConfirmed = true;
  }

  /** Learns which digest the bytes must have. */
  async expect(digest: string): Promise<void> {
    this.#sha256 = digest;
    await this.#record();
  }

  /** Whether a holder's version is this one. */
  agrees({ sizeBytes, sha256 }: FileDigest): boolean {
    return sizeBytes === this.sizeBytes && sha256 === this.#sha256;
  }

  /** A holder has this very version. Makes ready to add to what is there. */
  async confirm(): Promise<void> {
    if (this.#isConfirmed) return;
    this.#isConfirmed = true;
    await this.#record();
  }

  /** The digest of the bytes without a gap from the first on. */
  async prefixDigest(signal: AbortSignal): Promise<string> {
    invariant(this.#digest !== undefined, "a transfer has no digest before its length is known");
    return await this.#digest.hexOf(this.plan.have.prefixBytes, signal);
  }

  /**
   * Takes the next bytes of a segment. They may be reused once this resolves.
   *
   * One write at a time, and never twice to the same place: bytes that were hashed must not change after.
   */
  async write(segment: Segment, bytes: Uint8Array, holder: Holder): Promise<void> {
    const before = this.#writing;
    this.#writing = before.catch(() => {}).then(() => this.#write(segment, bytes, holder));
    await this.#writing;
  }

  /** Notes bytes that came only to be compared. */
  skipped(bytes: number): void {
    this.#receivedBytes += bytes;
  }

  /** Forgets all bytes. */
  async discard(): Promise<void> {
    invariant(this.isRestartable, "a transfer to a reader cannot begin anew");
    await this.#recording;
    await this.#endDigest();
    this.#plan = undefined;
    this.#sha256 = undefined;
    this.#isConfirmed = false;
    this.#recordedBytes = 0;
    this.#isRecordedByLength = false;
    this.#contributors = new Map();
    await this.#options.output.begin();
  }

  /** All is well: shows the file to the world. */
  async finish(): Promise<void> {
    await this.#recording;
    await this.#endDigest();
    await this.#options.output.finish(this.plan.sizeBytes);
  }

  /** Gives up for now; what a later download can use stays. */
  async suspend(): Promise<void> {
    // The reason for giving up may well be that nothing can be written any more: the last record has to do then.
    if (this.#isConfirmed && !this.#isRecordedByLength) await this.#record().catch(() => {});
    await this.#endDigest();
    await this.#options.output.suspend();
  }

  #setPlan(sizeBytes: number, have?: ByteRanges): void {
    const segmentBytes = segmentBytesFor(sizeBytes, this.#options.parallel);
    this.#digest = beginPrefixDigest({ ...this.#options, sizeBytes });
    this.#plan = new SegmentPlan({ sizeBytes, segmentBytes, ...(have === undefined ? {} : { have }) });
    this.#recordedBytes = this.doneBytes;
  }

  /** Writes down what is there, one writing at a time. */
  async #record(): Promise<void> {
    while (this.#recording !== undefined) await this.#recording;
    this.#recording = this.#writeRecord();
    try {
      await this.#recording;
    } finally {
      this.#recording = undefined;
    }
  }

  async #writeRecord(): Promise<void> {
    const { output, parallel } = this.#options;
    const { sizeBytes, have } = this.plan;
    if (this.#sha256 === undefined) return;
    this.#recordedBytes = this.doneBytes;
    // Of bytes that come in order, the file's own length tells, and the record need not be written again.
    const isByLength = parallel === 1 && have.isPrefix;
    await output.remember({ sizeBytes, sha256: this.#sha256 }, isByLength ? undefined : have);
    this.#isRecordedByLength = isByLength;
  }

  async #endDigest(): Promise<void> {
    const digest = this.#digest;
    this.#digest = undefined;
    await digest?.close();
  }

  async #write(segment: Segment, bytes: Uint8Array, holder: Holder): Promise<void> {
    const { output, clock, name, onProgress } = this.#options;
    const { plan } = this;
    const start = segment.next;
    const end = start + bytes.length;
    invariant(end <= plan.sizeBytes, "a transfer takes no bytes past the end");
    for (const gap of plan.have.missing({ start, end })) {
      await output.write(bytes.subarray(gap.start - start, gap.end - start), gap.start);
    }
    plan.arrived(segment, bytes.length, clock.now());
    this.#digest?.arrived(bytes, plan.have.prefixBytes);
    this.#receivedBytes += bytes.length;
    this.#contributors.set(formatAddress(holder.address), holder);
    onProgress({ name, doneBytes: this.doneBytes, totalBytes: plan.sizeBytes, holder });
    const isDue = this.doneBytes - this.#recordedBytes >= RECORD_EVERY_BYTES;
    if (isDue && !this.#isRecordedByLength) await this.#record();
  }
}
