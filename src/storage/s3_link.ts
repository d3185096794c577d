/**
 * Requests to an S3 store that end in time, whatever the store does.
 *
 * The client library neither has deadlines nor lets a request be called off. So one that takes too long is left to itself,
 * and nothing else is sent but a question each moment, until the store has answered one: what hangs stays bounded.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import { sleep, slept } from "../base/clock.ts";
import { DeadlineError, withDeadline } from "../base/deadline.ts";
import type { Env } from "../env/env.ts";
import { lateModule } from "../env/late_modules.ts";
import { describeS3, type S3Address } from "./s3_address.ts";
import { StorageError, type StorageErrorCode } from "./storage_error.ts";

type Library = typeof import("@bradenmacdonald/s3-lite-client");
type Client = InstanceType<Library["S3Client"]>;

/** How long an answer may take, and a body without a byte of it. */
export const ANSWER_MS = 5_000;
/** What a body that is sent may take on top: a slow uplink moves as much in a millisecond. */
const BYTES_A_MS = 256;
/** How often to try what may go through the next time, and how long to wait before, growing by as much. */
const ATTEMPTS = 3;
const RETRY_MS = 150;
/** How often to ask a store that is away. */
const PROBE_MS = 500;
const MAX_PROBE_MS = 4_000;
/** The most requests that may hang. A store that only hangs lets go of them when it goes on or ends. */
const MAX_HANGING = 1_000;

/** What it needs of the outside world. */
export type S3Env = Pick<Env, "clock" | "random" | "log">;

/** A request. */
export interface S3Question extends AbortOptions {
  /** `GET`, `PUT`, ... */
  readonly method: string;
  /** The key without the prefix; `undefined` for the bucket itself. */
  readonly key: string | undefined;
  /** Parameters. */
  readonly query?: Readonly<Record<string, string>>;
  /** Header fields. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent. */
  readonly body?: Uint8Array<ArrayBuffer>;
  /** The status of success. Default: 200. */
  readonly status?: number;
  /** What is being done, for errors: `read a.txt`. */
  readonly what: string;
}

/** A bucket of a store. */
export class S3Link {
  readonly #env: S3Env;
  readonly #address: S3Address;
  readonly #client: Client;
  readonly #isServerError: (error: unknown) => error is InstanceType<Library["S3Errors"]["ServerError"]>;
  readonly #closing = new AbortController();
  #failure: string | undefined;
  #probing: Promise<void> | undefined;
  #hanging = 0;

  private constructor(env: S3Env, address: S3Address, { S3Client, S3Errors }: Library) {
    const { endpoint, bucket, region, accessKey, secretKey, sessionToken } = address;
    this.#env = env;
    this.#address = address;
    this.#client = new S3Client({
      endPoint: endpoint,
      bucket,
      region,
      accessKey,
      secretKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    });
    this.#isServerError = (error) => error instanceof S3Errors.ServerError;
  }

  /**
   * Loads the client, and makes the bucket if it is missing. A store that is away is waited for later.
   *
   * @throws {StorageError} `"denied"` and the like, if that will not get better by itself.
   */
  static async open(env: S3Env, address: S3Address): Promise<S3Link> {
    const library = await lateModule<Library>("@bradenmacdonald/s3-lite-client");
    const link = new S3Link(env, address, library);
    try {
      await link.#makeBucket();
    } catch (error) {
      if (!isPassing(error)) throw error;
      link.#lose(error);
    }
    return link;
  }

  /** Why nothing can be had at present; `undefined` while it can. */
  get failure(): string | undefined {
    return this.#closing.signal.aborted ? "it is closed" : this.#failure;
  }

  /**
   * Sends a request, again if that may help.
   *
   * @returns the answer, whose body must be read or cancelled; `undefined` if there is no such thing.
   * @throws {StorageError} `"unavailable"` at once while the store is away. The signal's reason.
   */
  async ask(question: S3Question): Promise<Response | undefined> {
    const { what, signal } = question;
    for (let attempt = 1;; attempt++) {
      const { failure } = this;
      if (failure !== undefined) throw new StorageError("unavailable", what, { cause: new Error(failure) });
      try {
        return await this.#send(question);
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (error.code === "timeout" || attempt === ATTEMPTS) {
          this.#lose(error);
          throw error;
        }
      }
      await sleep(this.#env.clock, RETRY_MS * attempt, { signal });
    }
  }

  /** Gives up what waits. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#probing;
  }

  /** Sends a request once. */
  async #send(
    { method, key, query = {}, headers = {}, body, status = 200, what, signal }: S3Question,
  ): Promise<Response | undefined> {
    const objectName = key === undefined ? "" : this.#address.prefix + key;
    const asking = this.#client.makeRequest({
      method,
      objectName,
      query,
      headers: new Headers(headers),
      statusCode: status,
      returnBody: true,
      ...(body === undefined ? {} : { payload: body }),
    });
    const deadlineMs = ANSWER_MS + Math.ceil((body?.length ?? 0) / BYTES_A_MS);
    try {
      return await withDeadline(this.#env.clock, { deadlineMs, what, signal }, () => asking);
    } catch (error) {
      if (signal?.aborted || error instanceof DeadlineError) this.#leave(asking);
      signal?.throwIfAborted();
      if (this.#isServerError(error)) {
        const isNothing = error.statusCode === 404 && method !== "PUT" && method !== "POST";
        if (isNothing) return undefined;
        const reason = new Error(`${error.statusCode} ${error.code}`);
        // A bucket that somebody removed is made again, by whoever needs it.
        if (error.code === "NoSuchBucket") await this.#makeBucket();
        throw new StorageError(codeOf(error.statusCode, error.code), what, { cause: reason });
      }
      if (error instanceof DeadlineError) {
        throw new StorageError("timeout", what, { cause: new Error(`no answer within ${deadlineMs} ms`) });
      }
      throw new StorageError("unavailable", what, { cause: new Error(reasonOf(error)) });
    }
  }

  /** Lets a request go that nobody waits for any more, nor would hear of its failure. */
  #leave(asking: Promise<Response>): void {
    this.#hanging++;
    asking.then((response) => response.body?.cancel()).catch(() => {}).finally(() => this.#hanging--);
  }

  async #makeBucket(): Promise<void> {
    const what = `use the bucket ${this.#address.bucket} at ${this.#address.endpoint}`;
    const found = await this.#send({ method: "HEAD", key: undefined, what });
    await found?.body?.cancel();
    if (found !== undefined) return;
    try {
      const made = await this.#send({ method: "PUT", key: undefined, what, body: new Uint8Array(this.#location()) });
      await made?.body?.cancel();
      this.#env.log.info("bucket made", { bucket: this.#address.bucket });
    } catch (error) {
      // Somebody else was faster.
      if (!(error instanceof StorageError && /409 BucketAlready/.test(error.message))) throw error;
    }
  }

  /** AWS wants to hear again in which region a bucket is to be, unless it is the first one. */
  #location(): Uint8Array {
    const { region, endpoint } = this.#address;
    if (region === "us-east-1" || !/\.amazonaws\.com(:|$)/.test(endpoint)) return new Uint8Array(0);
    return new TextEncoder().encode(
      `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`,
    );
  }

  /** Takes the store for away until it answers again. */
  #lose(error: StorageError): void {
    if (this.#failure !== undefined || this.#closing.signal.aborted) return;
    this.#failure = this.#describe(error);
    this.#env.log.warn("object store away", { reason: this.#failure });
    this.#probing = this.#probe();
  }

  #describe({ cause, message }: StorageError): string {
    return `${describeS3(this.#address)}: ${cause instanceof Error ? cause.message : message}`;
  }

  async #probe(): Promise<void> {
    const { clock, log } = this.#env;
    const { signal } = this.#closing;
    for (let delayMs = PROBE_MS; await slept(clock, delayMs, signal); delayMs = Math.min(delayMs * 1.5, MAX_PROBE_MS)) {
      if (this.#hanging >= MAX_HANGING) continue;
      try {
        await this.#makeBucket();
        this.#failure = undefined;
        log.info("object store back", { store: describeS3(this.#address) });
        return;
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        this.#failure = this.#describe(error);
      }
    }
  }
}

/** Whether something may go through another time. */
function isPassing(error: unknown): error is StorageError {
  return error instanceof StorageError && (error.code === "unavailable" || error.code === "timeout");
}

function codeOf(status: number, code: string): StorageErrorCode {
  if (status === 507 || /StorageFull|Quota|InsufficientStorage|EntityTooLarge/.test(code)) return "full";
  if (status >= 500 || status === 429 || status === 408 || code === "NoSuchBucket") return "unavailable";
  // It is shorter than what stands in its head.
  if (status === 416) return "corrupt";
  return status === 401 || status === 403 ? "denied" : "other";
}

/** What a runtime says of a request that failed, without the URL and in a few words. */
function reasonOf(error: unknown): string {
  const texts: string[] = [];
  for (let one = error; one instanceof Error && texts.length < 5; one = one.cause) texts.push(one.message);
  const text = texts.join(": ");
  return /refused/i.test(text)
    ? "connection refused"
    : /reset|closed|EPIPE|eof/i.test(text)
    ? "connection lost"
    : "no connection";
}
