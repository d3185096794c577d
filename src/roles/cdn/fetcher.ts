/**
 * Gets what one holder can contribute to a transfer.
 *
 * @module
 */

import { formatAddress } from "../../base/address.ts";
import { sleep } from "../../base/clock.ts";
import { sha256 } from "../../base/digest.ts";
import type { Holder } from "../../core/holder_pool.ts";
import type { RateLimiter } from "../../core/rate_limiter.ts";
import { pieceBytesFor, type Segment } from "../../core/segment_plan.ts";
import type { FileDigest } from "../../protocol/cdn.ts";
import type { AskEnv } from "../../services/ask.ts";
import { HolderError } from "./client_error.ts";
import { type DigestAnswer, DigestQuestion } from "./digest_question.ts";
import { type ClientTimes, type HolderBody, openBody } from "./holder.ts";
import { drain, newPieces, type Pace, type Pieces, pump } from "./pump.ts";
import type { Transfer } from "./transfer.ts";

/** On what terms a file is fetched. */
export interface FetchTerms extends ClientTimes {
  /** What the file may be called, the likelier first. */
  readonly names: readonly string[];
  /** The rate of all connections together; undefined for no limit. */
  readonly limiter: RateLimiter | undefined;
  /** How many connections share the work. */
  readonly parallel: number;
}

/** Options of {@link Fetcher}. */
export interface FetcherOptions extends FetchTerms {
  /** Called when it becomes known which version the bytes are of: from then on others can help. */
  readonly onVersion: () => void;
}

/** How one connection goes about it. */
export interface FetchOptions {
  /** Calls it off. */
  readonly signal: AbortSignal;
  /**
   * The leader begins, works from the front, and makes do with holders that know `GET` alone. Helpers come once the version
   * is known.
   */
  readonly isLeader: boolean;
}

/** How long the first byte of a digest's answer may take besides the time for the bytes, in milliseconds. */
const DIGEST_FIRST_BYTE_MS = 5_000;
/** How long a digest may take besides the time for the bytes, in milliseconds. */
const DIGEST_BASE_MS = 30_000;
/** The slowest that a holder may be with a digest, in bytes a millisecond. */
const DIGEST_BYTES_PER_MS = 20_000;
/** How often a connection that has nothing to do looks for something. */
const IDLE_LOOK_MS = 1_000;

/** Fetches from holders into one transfer. */
export class Fetcher {
  readonly #env: AskEnv;
  readonly #transfer: Transfer;
  readonly #options: FetcherOptions;
  /** What holders say their digests are, each asked once a round. */
  #questions = new Map<string, DigestQuestion>();
  #untoldBy: Holder | undefined;

  /** Creates a fetcher that has asked nobody. */
  constructor(env: AskEnv, transfer: Transfer, options: FetcherOptions) {
    this.#env = env;
    this.#transfer = transfer;
    this.#options = options;
  }

  /** Who sent the last bytes without telling their digest, although it is not known to be too old for that. */
  get untoldBy(): Holder | undefined {
    return this.#untoldBy;
  }

  /** Forgets what holders said: by now they may have another version. */
  forget(): void {
    for (const question of this.#questions.values()) question.close();
    this.#questions = new Map();
    this.#untoldBy = undefined;
  }

  /**
   * Gets from a holder all that nobody else fetches.
   *
   * @throws {HolderError} if the holder fails before that.
   */
  async fetch(holder: Holder, options: FetchOptions): Promise<void> {
    const transfer = this.#transfer;
    if (transfer.sha256 === undefined) return await this.#stream(holder, options.signal);
    // Others may have the file, too: here nobody waits longer for a slow one because the file is large.
    const firstByteMs = DIGEST_FIRST_BYTE_MS;
    const { signal } = options;
    const told = await this.#questionFor(holder, signal).wait({ firstByteMs, wholeMs: this.#digestMs, signal });
    const mayStream = (): boolean => options.isLeader && transfer.isPrefix;
    if (told.kind !== "digest") {
      if (mayStream()) return await this.#stream(holder, options.signal);
      throw new HolderError("other-version", holder, "it cannot tell which version it has");
    }
    if (!transfer.agrees(told.digest)) throw new HolderError("other-version", holder, "it has another version");
    await transfer.confirm();
    try {
      await this.#fetchSegments(holder, options);
    } catch (error) {
      const isRefusal = error instanceof HolderError && error.fault === "refused";
      if (!isRefusal || !mayStream()) throw error;
      await this.#stream(holder, options.signal);
    }
  }

  async #fetchSegments(holder: Holder, { signal, isLeader }: FetchOptions): Promise<void> {
    const { clock } = this.#env;
    const pieces = newPieces(this.#pace(signal), this.#transfer.plan.sizeBytes);
    let bytesPerMs = 0;
    for (;;) {
      const segment = await this.#nextSegment(bytesPerMs, { signal, isLeader });
      if (segment === undefined) return;
      const beganMs = clock.now();
      try {
        await this.#fetchSegment(holder, segment, { pieces, signal });
      } finally {
        this.#transfer.plan.release(segment);
      }
      bytesPerMs = (segment.next - segment.start) / Math.max(1, clock.now() - beganMs);
    }
  }

  /** Finds something to do; waits for it while others are at work, for they may fail or slow down. */
  async #nextSegment(bytesPerMs: number, { signal, isLeader }: FetchOptions): Promise<Segment | undefined> {
    const { clock } = this.#env;
    const { plan } = this.#transfer;
    while (!plan.complete) {
      const nowMs = clock.now();
      // From the front, where the digest follows. The leader's stream ends where it meets a helper, so that has to show
      // first, at the back, that it gets something at all.
      const free = isLeader || bytesPerMs > 0 ? plan.claimFirst(nowMs) : plan.claimLast(nowMs);
      const segment = free ?? plan.claimTwin(bytesPerMs, nowMs);
      if (segment !== undefined) return segment;
      await sleep(clock, IDLE_LOOK_MS, { signal });
    }
    return undefined;
  }

  async #fetchSegment(
    holder: Holder,
    segment: Segment,
    { pieces, signal }: { readonly pieces: Pieces; readonly signal: AbortSignal },
  ): Promise<void> {
    const part = { offsetBytes: segment.next, lengthBytes: segment.end - segment.next };
    const body = await openBody(this.#env, holder, { ...this.#options, part, signal });
    try {
      // A part that is cut short is of a file that has become shorter.
      if (body.sizeBytes !== part.lengthBytes) {
        const reason = `it announces ${body.sizeBytes} bytes for a part of ${part.lengthBytes}`;
        throw new HolderError("other-version", holder, reason);
      }
      const pace = this.#pace(signal);
      await pump(body, segment, this.#transfer, { holder, pieces, isOpenEnded: false, ...pace });
    } finally {
      body.close();
    }
  }

  /** Fetches by `GET`, which begins at the first byte, whatever is there already. */
  async #stream(holder: Holder, signal: AbortSignal): Promise<void> {
    const transfer = this.#transfer;
    // At the same time: a holder may take long to read a large file for its digest.
    const question = this.#questionFor(holder, signal);
    const learn = async (): Promise<void> => {
      const { digest } = question;
      if (digest === undefined || transfer.sha256 !== undefined || transfer.sizeBytes === undefined) return;
      await this.#learn(holder, digest);
    };
    const body = await openBody(this.#env, holder, { ...this.#options, signal });
    try {
      // An empty file is whole as soon as it is begun: a holder that sends bytes of it must be found out before.
      if (body.sizeBytes === 0) await body.read(new Uint8Array(1));
      await this.#agreeOnStart(holder, body, signal);
      try {
        await this.#fillFrom(holder, body, { between: learn, signal });
        body.close();
        if (transfer.sha256 === undefined) await this.#hearOut(question, holder, signal);
      } finally {
        // Also if the holder failed: others can go on from there once it is clear what it is.
        if (!signal.aborted) await learn();
      }
    } finally {
      body.close();
    }
  }

  async #fillFrom(
    holder: Holder,
    body: HolderBody,
    { between, signal }: { readonly between: () => Promise<void>; readonly signal: AbortSignal },
  ): Promise<void> {
    const { plan } = this.#transfer;
    const segment = plan.claimFirst(this.#env.clock.now());
    if (segment === undefined) return;
    const pace = this.#pace(signal);
    const pieces = newPieces(pace, body.sizeBytes);
    try {
      await pump(body, segment, this.#transfer, { holder, pieces, isOpenEnded: true, between, ...pace });
    } finally {
      plan.release(segment);
    }
  }

  /** Begins a transfer, or makes sure that the body begins with what is there already. */
  async #agreeOnStart(holder: Holder, body: HolderBody, signal: AbortSignal): Promise<void> {
    const transfer = this.#transfer;
    if (transfer.sizeBytes === undefined || (transfer.doneBytes === 0 && transfer.sha256 === undefined)) {
      return await transfer.begin(body.sizeBytes);
    }
    if (body.sizeBytes !== transfer.sizeBytes) {
      throw new HolderError("other-version", holder, `it has ${body.sizeBytes} bytes, not ${transfer.sizeBytes}`);
    }
    const prefix = sha256();
    await drain(body, transfer.doneBytes, {
      take: (bytes) => {
        prefix.update(bytes);
        transfer.skipped(bytes.length);
      },
      ...this.#pace(signal),
    });
    if (prefix.hex() !== await transfer.prefixDigest(signal)) {
      throw new HolderError("other-version", holder, "its file begins with other bytes");
    }
    await transfer.confirm();
  }

  /** Takes in which digest the holder of the bytes promises. */
  async #learn(holder: Holder, { sizeBytes, sha256 }: FileDigest): Promise<void> {
    const transfer = this.#transfer;
    if (sizeBytes === transfer.sizeBytes) {
      await transfer.expect(sha256);
      this.#options.onVersion();
      return;
    }
    // Which of the two is right, nobody knows.
    if (transfer.isRestartable) await transfer.discard();
    const reason = `its HASH tells of ${sizeBytes} bytes, its GET of others`;
    throw new HolderError("wrong-bytes", holder, reason);
  }

  #questionFor(holder: Holder, signal: AbortSignal): DigestQuestion {
    const key = formatAddress(holder.address);
    const known = this.#questions.get(key);
    if (known !== undefined) return known;
    const question = new DigestQuestion(this.#env, holder, { ...this.#options, signal });
    this.#questions.set(key, question);
    return question;
  }

  /** All bytes are there: waits for their digest as long as their number justifies. */
  async #hearOut(question: DigestQuestion, holder: Holder, signal: AbortSignal): Promise<void> {
    const firstByteMs = Math.max(DIGEST_FIRST_BYTE_MS, DIGEST_FIRST_BYTE_MS + this.#readingMs - question.ageMs);
    const told = await question.wait({ firstByteMs, wholeMs: this.#digestMs, signal }).catch(asUntold);
    if (told.kind === "untold") this.#untoldBy = holder;
  }

  /** How long a holder may take to read the file. */
  get #readingMs(): number {
    return (this.#transfer.sizeBytes ?? 0) / DIGEST_BYTES_PER_MS;
  }

  /** How long a holder may take for all of a digest. */
  get #digestMs(): number {
    return DIGEST_BASE_MS + this.#readingMs;
  }

  #pace(signal: AbortSignal): Pace {
    const { limiter, parallel } = this.#options;
    return { clock: this.#env.clock, limiter, pieceBytes: pieceBytesFor(parallel), signal };
  }
}

/** The bytes are there already: that their holder cannot be asked is no reason to drop it. */
function asUntold(error: unknown): DigestAnswer {
  if (error instanceof HolderError) return { kind: "untold", reason: error.message };
  throw error;
}
