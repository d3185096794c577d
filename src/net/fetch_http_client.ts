/**
 * An HTTP client on the global `fetch`, for Deno, Node and Bun.
 *
 * `fetch` keeps connections and has survived what made the client of `node:http` crash. What it does unasked is undone
 * or refused: it follows no redirection, no answer is decoded, and a target that it would change is a `TypeError`. What
 * cannot be helped: ports that browsers must not reach (6000, 6665 to 6669, 10080, ...) are `"unsupported"`, a streamed
 * body goes out in chunks on Deno even if its length is told, and Deno and Bun heed `HTTP_PROXY` unless `NO_PROXY` is set.
 *
 * @module
 */

import { onAbort } from "../base/abort.ts";
import { fetchError } from "./fetch_error.ts";
import type { HttpAnswer, HttpClient, HttpQuestion } from "./http_client.ts";
import { checkCoding, describeQuestion, fieldsOf, headersOf, urlOf } from "./http_question.ts";
import { NetError } from "./net_error.ts";

/** Returns the machine's HTTP client. */
export function fetchHttpClient(): HttpClient {
  return {
    async ask(to, question, { signal } = {}): Promise<HttpAnswer> {
      signal?.throwIfAborted();
      const url = urlOf(to, question.target);
      return await new Exchange(question, describeQuestion(to, question), signal).ask(url);
    },
  };
}

/** A body without bytes. */
const NOTHING: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

/** What `fetch` takes beside what its types say everywhere. */
type FetchInit = RequestInit & {
  /** Wanted by Node for a body in pieces. */
  duplex?: "half";
  /** Asks Bun not to decode. */
  decompress?: false;
};

/** One question and its answer. */
class Exchange {
  readonly #question: HttpQuestion;
  readonly #what: string;
  /** Ends the request: called off, or answered before all of it was sent. */
  readonly #end = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #upload: Upload | undefined;
  #off: () => void = () => {};

  constructor(question: HttpQuestion, what: string, signal: AbortSignal | undefined) {
    this.#question = question;
    this.#what = what;
    this.#signal = signal;
    const { body } = question;
    this.#upload = body === undefined || body instanceof Uint8Array ? undefined : new Upload(body);
  }

  async ask(url: string): Promise<HttpAnswer> {
    const { method = "GET", body } = this.#question;
    let response: Response;
    try {
      this.#off = onAbort(this.#signal, () => this.#end.abort(this.#signal?.reason));
      const init: FetchInit = {
        decompress: false,
        method,
        headers: headersOf(this.#question),
        redirect: "manual",
        signal: this.#end.signal,
      };
      if (this.#upload !== undefined) Object.assign(init, { body: this.#upload.stream, duplex: "half" });
      else if (body !== undefined) init.body = body as Uint8Array<ArrayBuffer>;
      response = await fetch(url, init);
    } catch (error) {
      const failure = this.#translate(error);
      this.#finish();
      // Deno would leave the connection open after a body whose source failed, and the server waiting.
      this.#end.abort();
      throw failure;
    }
    return await this.#answer(response);
  }

  async #answer(response: Response): Promise<HttpAnswer> {
    const { status } = response;
    const headers = fieldsOf(response.headers);
    const stream = response.body;
    if (stream === null) {
      this.#finish();
      return { status, headers, body: NOTHING };
    }
    try {
      checkCoding(headers, this.#what);
    } catch (error) {
      await stream.cancel().catch(() => {}); // The answer is refused, and why its rest cannot be had is of no interest.
      this.#finish();
      throw error;
    }
    const reader = stream.getReader();
    const release = async (): Promise<void> => {
      await reader.cancel().catch(() => {}); // A body that broke off is gone as well.
      this.#finish();
    };
    return { status, headers, body: bodyOf(this.#pieces(reader, release), release) };
  }

  async *#pieces(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    release: () => Promise<void>,
  ): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        // Node hands out its own kind of them.
        yield new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      }
    } catch (error) {
      const failure = this.#translate(error);
      throw failure instanceof NetError && failure.code === "other"
        ? new NetError("reset", this.#what, { cause: error })
        : failure;
    } finally {
      await release();
    }
  }

  /** The answer is over, one way or another: whatever of the request was not sent is not wanted any more. */
  #finish(): void {
    this.#off();
    if (this.#upload?.release() === true) this.#end.abort();
  }

  #translate(error: unknown): unknown {
    if (this.#signal?.aborted === true) return this.#signal.reason;
    if (this.#upload?.failure !== undefined) return this.#upload.failure.error;
    return fetchError(error, this.#what);
  }
}

/** A body that is sent in pieces. */
class Upload {
  readonly stream: ReadableStream<Uint8Array>;
  /** What the iteration over the pieces threw. */
  failure: { readonly error: unknown } | undefined;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #isOver = false;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#pieces = body[Symbol.asyncIterator]();
    this.stream = new ReadableStream({
      pull: (controller) => this.#pull(controller),
      cancel: () => void this.release(),
    }, { highWaterMark: 0 });
  }

  /** Lets go of the pieces. Returns whether there would have been more. */
  release(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    // Not waited for: an iteration that is stuck in a piece returns when it has it, or never.
    this.#pieces.return?.().catch(() => {}); // What a source says at its end, nobody can be told any more.
    return true;
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const { done, value } = await this.#pieces.next();
      if (this.#isOver) return;
      // Copied: fetch asks for the next piece before it has sent this one.
      if (done !== true) return controller.enqueue(value.slice());
      this.#isOver = true;
      controller.close();
    } catch (error) {
      if (this.#isOver) return;
      this.#isOver = true;
      this.failure = { error };
      controller.error(error);
    }
  }
}

/** A body that is released even if nobody began to read it, which a generator's own `return()` would not notice. */
function bodyOf(
  pieces: AsyncGenerator<Uint8Array, void, void>,
  release: () => void | Promise<void>,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => pieces.next(),
      async return(): Promise<IteratorResult<Uint8Array, void>> {
        await release();
        return await pieces.return();
      },
    }),
  };
}
