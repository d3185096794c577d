/**
 * An HTTP client in memory: the client of one host to the servers of `memory_http.ts`.
 *
 * @module
 */

import { type AbortOptions, onAbort } from "../base/abort.ts";
import { type Address, formatAddress } from "../base/address.ts";
import type { HttpRequest, HttpResponse } from "../protocol/http.ts";
import type { HttpAnswer, HttpClient, HttpQuestion } from "./http_client.ts";
import { releaseBody } from "./http_framing.ts";
import { checkCoding, describeQuestion, fieldsOf, headersOf, urlOf } from "./http_question.ts";
import type { MemoryHttpFaults } from "./memory_http_faults.ts";
import { NetError } from "./net_error.ts";

/** What a client in memory reaches servers through. */
export interface MemoryHttpWay {
  /** Which host it is of. */
  readonly host: string;
  /** What goes wrong. */
  readonly faults: MemoryHttpFaults;
  /** The next port that a connection of the host comes from. */
  nextPort(): number;
  /** Hands a request to a server; `undefined` if nobody serves there. */
  deliver(to: Address, request: HttpRequest): Promise<HttpResponse> | undefined;
}

/** Makes the client of a host. */
export function memoryHttpClient(way: MemoryHttpWay): HttpClient {
  return {
    async ask(to, question, options = {}): Promise<HttpAnswer> {
      options.signal?.throwIfAborted();
      urlOf(to, question.target);
      return await new Exchange(way, to, question, options).ask();
    },
  };
}

/** One question and its answer. */
class Exchange {
  readonly #way: MemoryHttpWay;
  readonly #to: Address;
  readonly #question: HttpQuestion;
  readonly #what: string;
  readonly #signal: AbortSignal | undefined;
  /** The client has gone: aborts what the server reads and what it waits for. */
  readonly #gone = new AbortController();
  readonly #off: () => void;
  #source: AsyncIterator<Uint8Array> | undefined;
  /** Told what the iteration over the question's body threw. */
  #sourceFailed: (error: unknown) => void = () => {};
  /** The pieces of the answer, until they are over. */
  #answer: AsyncIterator<Uint8Array> | undefined;
  /** Whether the server is busy with a piece of the answer. */
  #isReading = false;

  constructor(way: MemoryHttpWay, to: Address, question: HttpQuestion, { signal }: AbortOptions) {
    this.#way = way;
    this.#to = to;
    this.#question = question;
    this.#what = describeQuestion(to, question);
    this.#signal = signal;
    this.#off = onAbort(signal, () => void this.#end());
  }

  async ask(): Promise<HttpAnswer> {
    const { host, faults } = this.#way;
    try {
      await faults.travel(host, this.#to, this.#what, { signal: this.#signal });
      const response = await this.#respond();
      checkCoding(
        response.body instanceof Uint8Array && response.body.length === 0 ? [] : response.headers,
        this.#what,
      );
      return { status: response.status, headers: fieldsOf(response.headers), body: this.#body(response) };
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  /** Has the question answered, as far as the head. */
  async #respond(): Promise<HttpResponse> {
    const { host, faults } = this.#way;
    const answered = this.#way.deliver(this.#to, this.#request());
    if (answered === undefined) throw new NetError("refused", this.#what);
    const sourceFailed = new Promise<never>((_, reject) => this.#sourceFailed = reject);
    try {
      const head = Promise.race([answered, sourceFailed]);
      const response = await faults.await(host, this.#to, this.#what, head, { signal: this.#signal });
      await faults.travel(host, this.#to, this.#what, { signal: this.#signal });
      return response;
    } catch (error) {
      // Nobody waits for the answer any more; what the server holds for it is let go of when it comes.
      answered.then(({ body }) => releaseBody(body)).catch(() => {});
      throw error;
    }
  }

  #request(): HttpRequest {
    const { method = "GET", target, body } = this.#question;
    const headers: [string, string][] = [["host", formatAddress(this.#to)], ...headersOf(this.#question)];
    const isTold = headers.some(([name]) => name.toLowerCase() === "content-length");
    if (body instanceof Uint8Array) headers.push(["content-length", String(body.length)]);
    else if (body !== undefined && !isTold) headers.push(["transfer-encoding", "chunked"]);
    const peer = { host: this.#way.host, port: this.#way.nextPort() };
    return { method, target, headers, body: this.#upload(body), peer };
  }

  async *#upload(body: HttpQuestion["body"]): AsyncGenerator<Uint8Array, void, void> {
    if (body === undefined) return;
    if (body instanceof Uint8Array) {
      if (body.length > 0) yield body.slice();
      return;
    }
    const { host, faults } = this.#way;
    const what = `read the body of ${this.#what}`;
    const broken = (): NetError => new NetError("reset", what);
    this.#source = body[Symbol.asyncIterator]();
    for (;;) {
      if (this.#gone.signal.aborted) throw broken();
      const next = this.#source.next().catch((error: unknown) => {
        this.#source = undefined;
        this.#sourceFailed(error);
        throw broken();
      });
      const { done, value } = await faults.await(host, this.#to, what, next, { signal: this.#gone.signal })
        .catch((error: unknown) => Promise.reject(error instanceof NetError ? error : broken()));
      if (done === true) {
        this.#source = undefined;
        return;
      }
      yield value.slice();
    }
  }

  #body(response: HttpResponse): AsyncIterable<Uint8Array> {
    if (!(response.body instanceof Uint8Array)) this.#answer = response.body[Symbol.asyncIterator]();
    const pieces = this.#pieces(response);
    const end = this.#end.bind(this);
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => pieces.next(),
        async return(): Promise<IteratorResult<Uint8Array, void>> {
          await end();
          return await pieces.return();
        },
      }),
    };
  }

  async *#pieces({ headers, body }: HttpResponse): AsyncGenerator<Uint8Array, void, void> {
    const told = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
    let readBytes = 0;
    try {
      if (body instanceof Uint8Array) {
        await this.#arrival(Promise.resolve());
        if (body.length > 0) yield body.slice();
        return;
      }
      const source = this.#answer;
      while (source !== undefined) {
        const { done, value } = await this.#arrival(this.#next(source));
        if (done === true) break;
        readBytes += value.length;
        yield value.slice();
      }
      if (told !== undefined && Number(told) !== readBytes) throw new NetError("reset", this.#what);
    } finally {
      await this.#end();
    }
  }

  async #next(pieces: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    this.#isReading = true;
    try {
      return await pieces.next();
    } catch (cause) {
      throw new NetError("reset", this.#what, { cause });
    } finally {
      this.#isReading = false;
    }
  }

  async #arrival<T>(promise: Promise<T>): Promise<T> {
    return await this.#way.faults.await(this.#way.host, this.#to, this.#what, promise, { signal: this.#signal });
  }

  /** Ends both bodies, and waits until the server has let go of its one, unless it is busy with a piece. */
  async #end(): Promise<void> {
    this.#off();
    this.#gone.abort();
    const source = this.#source;
    this.#source = undefined;
    // Not waited for: an iteration that is stuck in a piece returns when it has it, or never. What it throws then, nobody
    // can be told any more.
    source?.return?.().catch(() => {});
    const returned = this.#answer === undefined ? undefined : this.#answer.return?.().catch(() => {});
    this.#answer = undefined;
    if (!this.#isReading) await returned;
  }
}
