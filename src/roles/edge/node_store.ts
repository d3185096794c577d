/**
 * The store as an edge node asks it: heads, bytes, parts of a known version, and writes.
 *
 * @module
 */

import { type AbortOptions, onAbort } from "../../base/abort.ts";
import { type Address, formatAddress } from "../../base/address.ts";
import { DeadlineError } from "../../base/deadline.ts";
import type { ByteRange } from "../../core/byte_ranges.ts";
import type { EdgeObject } from "../../core/edge_object.ts";
import type { Env } from "../../env/env.ts";
import type { HttpAnswer, HttpQuestion } from "../../net/http_client.ts";
import { releaseBody } from "../../net/http_framing.ts";
import { NetError } from "../../net/net_error.ts";
import { readEdgeObject } from "../../protocol/edge_headers.ts";
import { writeEdgePath } from "../../protocol/edge_name.ts";
import { fieldOf, type HttpFields } from "../../protocol/http_fields.ts";
import { tokenFields } from "../../services/access.ts";
import { requireSuccess } from "../../services/ask_json.ts";
import { UpstreamError } from "../../services/upstream_error.ts";

/** How long the head of an answer may take. */
const HEAD_MS = 10_000;
/** How long the answer to a look may take: whoever has a copy can do without. */
const LOOK_MS = 2_000;
/** How long a body may make no progress. */
const STALL_MS = 30_000;
/** How long the store may take to store and publish what it has got: it waits for nodes that do not answer. */
const WRITE_MS = 40_000;

/** What the store has under a name. */
export interface StoreObject {
  /** What it is; `undefined` if the store is of another make, and does not say. */
  readonly object: EdgeObject | undefined;
  /** The fields of its answer. */
  readonly headers: HttpFields;
}

/** An object of the store that is being read. */
export interface StoreDownload extends StoreObject {
  /** Its bytes, iterated over once. Throws {@link NetError} or {@link DeadlineError} if they do not come. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives up what was not read. Idempotent. */
  cancel(): Promise<void>;
}

/** An answer whose body was not begun: only this call lets go of it, and of the limits on its time. */
export interface StoreAnswer extends HttpAnswer {
  /** Gives up what was not read. Idempotent. */
  cancel(): Promise<void>;
}

/** A write. */
export interface StoreWrite extends AbortOptions {
  /** Fields besides: versions, conditions, the node's id. */
  readonly headers: HttpFields;
  /** The bytes. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** The stores of a node, of which each knows all: the next one is asked when one cannot be reached. */
export class NodeStore {
  readonly #env: Pick<Env, "httpClient" | "clock">;
  readonly #addresses: readonly Address[];
  readonly #token: string | undefined;
  #first = 0;

  /** Takes their addresses. */
  constructor(
    env: Pick<Env, "httpClient" | "clock">,
    { addresses, token }: { readonly addresses: readonly Address[]; readonly token: string | undefined },
  ) {
    this.#env = env;
    this.#addresses = addresses;
    this.#token = token;
  }

  /**
   * Asks what is stored under a name; `undefined` for nothing.
   *
   * @throws {UpstreamError}, {@link NetError}, {@link DeadlineError}
   */
  async head(name: string, options: AbortOptions = {}): Promise<StoreObject | undefined> {
    const answer = await this.#ask({ method: "HEAD", target: getTarget(name) }, { ...options, headMs: LOOK_MS });
    const found = await this.#found(answer, name);
    await answer.cancel();
    return found;
  }

  /** Begins to read what is stored under a name; `undefined` for nothing. Throws as {@link NodeStore.head}. */
  async get(name: string, options: AbortOptions = {}): Promise<StoreDownload | undefined> {
    const answer = await this.#ask({ target: getTarget(name) }, options);
    const found = await this.#found(answer, name);
    return found && { ...found, body: answer.body, cancel: answer.cancel };
  }

  /** Reads bytes of one version; fails if that is not the present one any more. Throws as {@link NodeStore.head}. */
  async *read(
    name: string,
    object: EdgeObject,
    range: ByteRange,
    options: AbortOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const { start, end } = range;
    if (start >= end) return;
    const headers = [["range", `bytes=${start}-${end - 1}`], ["if-match", `"${object.sha256}"`]] as const;
    const answer = await this.#ask({ target: getTarget(name), headers }, options);
    const isWhole = start === 0 && end === object.sizeBytes && answer.status === 200;
    if (answer.status !== 206 && !isWhole) {
      await answer.cancel();
      throw new UpstreamError(answer.status, `read ${name}`, "it is not that version any more");
    }
    if (answer.status === 206 && fieldOf(answer.headers, "content-range") !== rangeText(range, object.sizeBytes)) {
      await answer.cancel();
      throw new UpstreamError(0, `read ${name}`, "it answers with another part");
    }
    let at = start;
    for await (const piece of answer.body) {
      at += piece.length;
      if (at > end) break;
      yield piece;
    }
    if (at !== end) throw new UpstreamError(0, `read ${name}`, "its answer has another length");
  }

  /** Writes. The answer's status is the caller's to look at; its body has to be read or given up. */
  async put(name: string, { headers, body, signal }: StoreWrite): Promise<StoreAnswer> {
    const question = { method: "POST", target: `/post/${writeEdgePath(name)}`, headers, body };
    return await this.#ask(question, { signal, isWrite: true, headMs: STALL_MS });
  }

  async #found(answer: StoreAnswer, name: string): Promise<StoreObject | undefined> {
    const { status, headers } = answer;
    if (status === 404) {
      await answer.cancel();
      return undefined;
    }
    await requireSuccess(answer, `get ${name} from the store`);
    return { object: readEdgeObject(headers), headers };
  }

  async #ask(question: HttpQuestion, options: AskOptions): Promise<StoreAnswer> {
    const { signal, isWrite = false } = options;
    let failure: unknown = new NetError("unreachable", "ask the store");
    for (let count = 0; count < this.#addresses.length; count++) {
      const at = (this.#first + count) % this.#addresses.length;
      try {
        const answer = await this.#askOne(this.#addresses[at]!, question, options);
        this.#first = at;
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        // A body can be sent once: only who was never reached has not begun it.
        const isUnsent = error instanceof NetError && ["refused", "unreachable", "unknown-host"].includes(error.code);
        if (isWrite && !isUnsent) throw error;
        if (!(error instanceof NetError || error instanceof DeadlineError)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async #askOne(to: Address, question: HttpQuestion, options: AskOptions): Promise<StoreAnswer> {
    const { signal, headMs = HEAD_MS } = options;
    const { clock, httpClient } = this.#env;
    const life = new AbortController();
    const off = onAbort(signal, () => life.abort(signal?.reason));
    const headers = [...tokenFields(this.#token), ...question.headers ?? []];
    const what = `ask the store at ${formatAddress(to)}`;
    const watched = watch(clock, headMs, (ms) => {
      life.abort(new DeadlineError(`Cannot ${what}: no progress within ${ms} ms`));
    });
    const body = question.body === undefined || question.body instanceof Uint8Array
      ? question.body
      : watched.pass(question.body, WRITE_MS);
    let isBegun = false;
    const stop = (): void => {
      watched.stop();
      off();
    };
    try {
      const answer = await httpClient.ask(to, { ...question, headers, ...(body === undefined ? {} : { body }) }, {
        signal: life.signal,
      });
      return {
        status: answer.status,
        headers: answer.headers,
        body: ended(watched.pass(answer.body, STALL_MS), {
          onBegin: () => void (isBegun = true),
          onEnd: stop,
        }),
        async cancel(): Promise<void> {
          stop();
          // Who is in the midst of it is woken up; one that was not begun gives its connection back in good order.
          if (isBegun) life.abort(new NetError("closed", what));
          else await releaseBody(answer.body).catch(() => {}); // What breaks off has given it back as well.
        },
      };
    } catch (error) {
      stop();
      throw life.signal.aborted && !signal?.aborted ? life.signal.reason : error;
    }
  }
}

interface AskOptions extends AbortOptions {
  /** Whether the body cannot be sent twice. */
  readonly isWrite?: boolean;
  /** How long the head of the answer may take. */
  readonly headMs?: number;
}

/** A time-out that progress puts off. */
interface Watch {
  /** Pieces that come through put it off, the end to `afterMs` from then. */
  pass(pieces: AsyncIterable<Uint8Array>, afterMs: number): AsyncIterable<Uint8Array>;
  stop(): void;
}

function watch(clock: Env["clock"], firstMs: number, onLate: (ms: number) => void): Watch {
  let cancel = clock.schedule(firstMs, () => onLate(firstMs));
  const putOff = (ms: number): void => {
    cancel();
    cancel = clock.schedule(ms, () => onLate(ms));
  };
  return {
    async *pass(pieces, afterMs): AsyncGenerator<Uint8Array> {
      putOff(STALL_MS);
      for await (const piece of pieces) {
        // Nobody may be blamed while the other side is not asked for more.
        cancel();
        yield piece;
        putOff(STALL_MS);
      }
      putOff(afterMs);
    },
    stop: () => cancel(),
  };
}

async function* ended(
  pieces: AsyncIterable<Uint8Array>,
  { onBegin, onEnd }: { readonly onBegin: () => void; readonly onEnd: () => void },
): AsyncGenerator<Uint8Array> {
  onBegin();
  try {
    yield* pieces;
  } finally {
    onEnd();
  }
}

function getTarget(name: string): string {
  return `/get/${writeEdgePath(name)}`;
}

function rangeText({ start, end }: ByteRange, sizeBytes: number): string {
  return `bytes ${start}-${end - 1}/${sizeBytes}`;
}
