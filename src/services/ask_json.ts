/**
 * Questions in JSON to other roles over HTTP: to one, or to several of a kind of which any may answer.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import { type Address, formatAddress } from "../base/address.ts";
import { DeadlineError, withDeadline } from "../base/deadline.ts";
import type { Env } from "../env/env.ts";
import type { HttpAnswer } from "../net/http_client.ts";
import { NetError } from "../net/net_error.ts";
import type { Schema } from "../protocol/edge_json.ts";
import { tokenFields } from "./access.ts";
import { UpstreamError } from "./upstream_error.ts";

/** What questions need of the outside world. */
export type AskJsonEnv = Pick<Env, "httpClient" | "clock">;

/** A question. */
export interface JsonQuestion<T> {
  /** `GET`, `POST`, `DELETE`. */
  readonly method: string;
  /** The path: `/meta/query`. */
  readonly target: string;
  /** What to send, as JSON. Default: nothing. */
  readonly body?: unknown;
  /** What the answer must be. */
  readonly reply: Schema<T>;
}

/** Options of {@link askJson}. */
export interface AskJsonOptions extends AbortOptions {
  /** Milliseconds for all of it. Default: 5,000. */
  deadlineMs?: number | undefined;
  /** Shown to others than this machine. Default: none. */
  token?: string | undefined;
  /** The longest answer that is read, in bytes. Default: 67,108,864. */
  limitBytes?: number | undefined;
}

/** The longest answer that is read unless told: about half a million files. */
const LIMIT_BYTES = 67_108_864;
/** How long one server may take unless told. */
const DEADLINE_MS = 5_000;
/** The longest text of an error that is read. */
const MAX_DETAIL_BYTES = 65_536;
/** How much of it is handed on, in characters. */
const MAX_DETAIL_LENGTH = 500;

/**
 * Asks a server.
 *
 * @throws {UpstreamError} if it answers with an error, or with something else than the reply must be; {@link NetError},
 *   {@link DeadlineError} if it does not answer. Rejects with the signal's reason.
 */
export async function askJson<T>(
  { httpClient, clock }: AskJsonEnv,
  to: Address,
  { method, target, body, reply }: JsonQuestion<T>,
  { deadlineMs = DEADLINE_MS, token, limitBytes = LIMIT_BYTES, signal }: AskJsonOptions = {},
): Promise<T> {
  const what = `${method} ${formatAddress(to)}${target}`;
  const headers = tokenFields(token);
  const question = body === undefined ? { method, target, headers } : {
    method,
    target,
    headers: [...headers, ["content-type", "application/json"] as const],
    body: new TextEncoder().encode(JSON.stringify(body)),
  };
  return await withDeadline(clock, { deadlineMs, what, signal }, async (within) => {
    const answer = await httpClient.ask(to, question, { signal: within });
    await requireSuccess(answer, what);
    const checked = reply.safeParse(parse(await textOf(answer, limitBytes, what)));
    if (!checked.success) throw new UpstreamError(0, what, "the answer is not what it should be");
    return checked.data;
  });
}

/**
 * Checks that an answer is none of an error. If it is, its body is read, and gone.
 *
 * @throws {UpstreamError} with what it says is wrong.
 */
export async function requireSuccess(answer: HttpAnswer, what: string): Promise<void> {
  if (answer.status >= 200 && answer.status < 300) return;
  const text = await textOf(answer, MAX_DETAIL_BYTES, what);
  throw new UpstreamError(answer.status, what, detailOf(parse(text)) ?? "without a reason");
}

/**
 * Whether it is worth asking another server of the same kind, or the same one later: this one is away, slow, or broken.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof UpstreamError) return error.isPassing;
  return error instanceof DeadlineError || error instanceof NetError;
}

/** Several servers of which any may answer: the one that answered last is asked first. */
export class JsonPeers {
  /** Where they are. */
  readonly addresses: readonly Address[];
  readonly #env: AskJsonEnv;
  readonly #options: AskJsonOptions;
  #first = 0;

  /**
   * Takes their addresses.
   *
   * @param options For each question to each of them.
   * @throws {RangeError} if there is none.
   */
  constructor(env: AskJsonEnv, addresses: readonly Address[], options: Omit<AskJsonOptions, "signal"> = {}) {
    if (addresses.length === 0) throw new RangeError("Cannot ask nobody: expected an address or more");
    this.#env = env;
    this.addresses = addresses;
    this.#options = options;
  }

  /**
   * Asks one after the other until one answers, each once. So a question may be heard by several of them.
   *
   * @throws as {@link askJson}: what the last one failed with, or the first one's refusal.
   */
  async ask<T>(question: JsonQuestion<T>, { signal }: AbortOptions = {}): Promise<T> {
    let failure: unknown;
    for (let count = 0; count < this.addresses.length; count++) {
      const at = (this.#first + count) % this.addresses.length;
      try {
        const reply = await askJson(this.#env, this.addresses[at]!, question, { ...this.#options, signal });
        this.#first = at;
        return reply;
      } catch (error) {
        signal?.throwIfAborted();
        if (!isPassing(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }
}

async function textOf({ body }: HttpAnswer, limitBytes: number, what: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const piece of body) {
    sizeBytes += piece.length;
    if (sizeBytes > limitBytes) throw new UpstreamError(0, what, `the answer has over ${limitBytes} bytes`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The `detail` of an error: a text, or the list of a validation. */
function detailOf(value: unknown): string | undefined {
  const detail: unknown = typeof value === "object" && value !== null && "detail" in value ? value.detail : undefined;
  if (detail === undefined) return undefined;
  return (typeof detail === "string" ? detail : JSON.stringify(detail)).slice(0, MAX_DETAIL_LENGTH);
}
