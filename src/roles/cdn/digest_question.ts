/**
 * Asks a holder which digest its file has, and bears with one that is slow to tell.
 *
 * @module
 */

import { type AbortOptions, onAbort } from "../../base/abort.ts";
import { sleep } from "../../base/clock.ts";
import { DeadlineError, withDeadline } from "../../base/deadline.ts";
import type { Holder } from "../../core/holder_pool.ts";
import { encodeContentRequest, type FileDigest, parseDigest } from "../../protocol/cdn.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { parseError } from "../../protocol/replies.ts";
import type { AskEnv } from "../../services/ask.ts";
import type { LineConn } from "../../services/line_conn.ts";
import { askNewer } from "../../services/newer_verb.ts";
import { reasonOf } from "./client_error.ts";
import { guarded } from "./holder.ts";

/**
 * What a holder makes of the question.
 *
 * - `digest`: tells
 * - `old`: does not know the question, or has no such file
 * - `untold`: knows it for all we know, but has not told; `reason` is for people
 */
export type DigestAnswer =
  | { readonly kind: "digest"; readonly digest: FileDigest }
  | { readonly kind: "old" }
  | { readonly kind: "untold"; readonly reason: string };

/** Options of {@link DigestQuestion}. */
export interface DigestQuestionOptions extends AbortOptions {
  /** What the file may be called, the likelier first. */
  readonly names: readonly string[];
  /** Milliseconds until the connection is open. */
  readonly dialMs: number;
}

/** Options of {@link DigestQuestion.wait}. */
export interface DigestWait extends AbortOptions {
  /** Milliseconds, from now, until the first byte of the answer. As long, too, a holder is asked again that is busy. */
  readonly firstByteMs: number;
  /** Milliseconds, from now, until all of the answer. */
  readonly wholeMs: number;
}

/** How long a holder may work on a digest while the bytes come, in milliseconds. */
const DIGEST_MS = 3_600_000;
/** How long a holder that is busy is left alone, in milliseconds. */
const BUSY_PAUSE_MS = 1_000;
/** What a holder answers that has too many digests under way: it is to be asked later. */
const BUSY = "BUSY";

type Heard = DigestAnswer | { readonly kind: "busy" };

/** `HASH`, said to one holder: at once, and again for as long as that is busy. */
export class DigestQuestion {
  readonly #env: AskEnv;
  readonly #holder: Holder;
  readonly #options: DigestQuestionOptions;
  readonly #controller = new AbortController();
  readonly #off: () => void;
  readonly #askedMs: number;
  #lines: LineConn | undefined;
  #heard: Heard | undefined;
  #asking: Promise<Heard>;

  /** Asks the question. */
  constructor(env: AskEnv, holder: Holder, options: DigestQuestionOptions) {
    this.#env = env;
    this.#holder = holder;
    this.#options = options;
    this.#askedMs = env.clock.now();
    this.#off = onAbort(options.signal, () => this.#controller.abort(options.signal?.reason));
    this.#asking = this.#ask();
  }

  /** What the holder has told so far. */
  get digest(): FileDigest | undefined {
    return this.#heard?.kind === "digest" ? this.#heard.digest : undefined;
  }

  /** How long ago the question was asked first, in milliseconds. */
  get ageMs(): number {
    return this.#env.clock.now() - this.#askedMs;
  }

  /**
   * Waits for the answer. The question stays asked when the wait is over.
   *
   * @throws {HolderError} if the holder cannot be reached, or breaks off.
   */
  async wait({ firstByteMs, wholeMs, signal }: DigestWait): Promise<DigestAnswer> {
    const { clock } = this.#env;
    const beganMs = clock.now();
    const left = (limitMs: number): number => Math.max(0, beganMs + limitMs - clock.now());
    for (let pauseMs = 0;; pauseMs = BUSY_PAUSE_MS) {
      if (this.#heard?.kind === "busy") {
        if (pauseMs > left(firstByteMs)) return { kind: "untold", reason: "it is too busy to tell its SHA-256" };
        await sleep(clock, pauseMs, { signal });
        // Somebody else who waits may have asked meanwhile.
        if (this.#heard?.kind === "busy") this.#asking = this.#ask();
      }
      const firstMs = Math.min(left(firstByteMs), left(wholeMs));
      let heard = await this.#hear(firstMs, signal);
      if (heard === undefined && this.#hasBegun) heard = await this.#hear(left(wholeMs), signal);
      if (heard === undefined) return { kind: "untold", reason: "it did not tell its SHA-256 in time" };
      if (heard.kind !== "busy") return heard;
    }
  }

  /** Asks no more. Idempotent. */
  close(): void {
    this.#off();
    this.#controller.abort();
  }

  get #hasBegun(): boolean {
    return this.#lines !== undefined && this.#lines.conn.receivedBytes > 0;
  }

  /** Undefined if nothing is heard in time. */
  async #hear(deadlineMs: number, signal: AbortSignal | undefined): Promise<Heard | undefined> {
    const wait = { deadlineMs, what: "wait for a digest", signal };
    try {
      return await withDeadline(this.#env.clock, wait, () => this.#asking);
    } catch (error) {
      if (error instanceof DeadlineError) return undefined;
      throw error;
    }
  }

  #ask(): Promise<Heard> {
    this.#heard = undefined;
    this.#lines = undefined;
    const asking = this.#askByNames();
    asking.then((heard) => this.#heard = heard, () => {});
    return asking;
  }

  async #askByNames(): Promise<Heard> {
    const { names, dialMs } = this.#options;
    const { signal } = this.#controller;
    for (const name of names) {
      const line = encodeContentRequest({ kind: "hash", name });
      const outcome = await guarded(this.#holder, signal, () =>
        askNewer(this.#env, this.#holder.address, line, {
          deadlineMs: DIGEST_MS,
          dialMs,
          signal,
          // Who reads a large file before the first word is slow, not old. How slow one may be is up to who waits.
          silenceMs: Infinity,
          onOpen: (lines) => this.#lines = lines,
          read: (first) => Promise.resolve(first),
        }));
      if (outcome.kind !== "answered") {
        const isBusy = outcome.kind === "refused" && outcome.code === BUSY;
        return isBusy ? { kind: "busy" } : { kind: "old" };
      }
      if (parseError(outcome.answer) === undefined) return readDigest(outcome.answer);
    }
    return { kind: "old" };
  }
}

function readDigest(line: string): DigestAnswer {
  try {
    return { kind: "digest", digest: parseDigest(line) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    // An old peer may refuse in words of its own. Who begins as the answer does has broken off, or errs.
    return line.startsWith("OK ") ? { kind: "untold", reason: reasonOf(error) } : { kind: "old" };
  }
}
