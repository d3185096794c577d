/**
 * HTTP servers in memory, and their clients: a request is a call. For tests and simulation.
 *
 * @module
 */

import { type Address, formatAddress, isWildcard } from "../base/address.ts";
import { type HttpRequest, type HttpResponse, textResponse } from "../protocol/http.ts";
import type { HttpHandler, HttpServeOptions, HttpServer, HttpServers } from "./http.ts";
import type { HttpClient } from "./http_client.ts";
import { framingOf, releaseBody } from "./http_framing.ts";
import { memoryHttpClient } from "./memory_http_client.ts";
import { MemoryHttpFaults, type MemoryHttpFaultsOptions } from "./memory_http_faults.ts";
import { NetError } from "./net_error.ts";

/** The first port that port 0 takes. */
const FIRST_FREE_PORT = 49_152;

/** The first port that a client's connections come from. */
const FIRST_CLIENT_PORT = 32_768;

/** How many failures are kept. */
const MAX_FAILURES = 1_000;

/** A request as a test writes it: `GET /` from loopback unless told. */
export type MemoryHttpRequest = Partial<Omit<HttpRequest, "body">> & {
  /** The body: whole, or in pieces. Default: none. */
  body?: Uint8Array | AsyncIterable<Uint8Array>;
};

/**
 * Servers of all hosts, and the ways to ask them: `client(host)` as a host does, over a network that has faults and takes
 * time, or `request()` as a test does, at once.
 */
export class MemoryHttpServers implements HttpServers {
  /** What goes wrong between clients and servers, and what takes time. */
  readonly faults: MemoryHttpFaults;
  /** What handlers threw on servers that report to nobody, and what cannot be sent, oldest first, at most 1,000. */
  readonly failures: unknown[] = [];
  readonly #servers = new Map<string, MemoryHttpServer>();
  #nextPort = FIRST_FREE_PORT;
  #nextClientPort = FIRST_CLIENT_PORT;

  /** Starts no server yet. A clock is needed for delays, and chance for those that vary. */
  constructor(options: MemoryHttpFaultsOptions = {}) {
    this.faults = new MemoryHttpFaults(options);
  }

  /**
   * Returns the client of a host.
   *
   * @param host What servers see as its address: `10.0.0.1`.
   */
  client(host: string): HttpClient {
    return memoryHttpClient({
      host,
      faults: this.faults,
      nextPort: () => this.#nextClientPort++,
      deliver: (to, request) => this.#serverAt(to)?.answer(request),
    });
  }

  /** See {@link HttpServers.serve}. */
  // deno-lint-ignore require-await -- a throw must become a rejection
  async serve(at: Address, handler: HttpHandler, { onError }: HttpServeOptions = {}): Promise<HttpServer> {
    let address = at;
    if (at.port === 0) { do address = { host: at.host, port: this.#nextPort++ }; while (this.#serverAt(address)); }
    if (this.#serverAt(address)) throw new NetError("in-use", `serve HTTP at ${formatAddress(at)}`);
    const key = formatAddress(address);
    const report = onError ?? ((error: unknown): void => this.#keepFailure(error));
    const server = new MemoryHttpServer(address, handler, report, () => this.#servers.delete(key));
    this.#servers.set(key, server);
    return server;
  }

  /**
   * Asks a server.
   *
   * @throws {NetError} `"refused"` if nobody serves there.
   */
  async request(to: Address, request: MemoryHttpRequest = {}): Promise<HttpResponse> {
    const server = this.#serverAt(to);
    if (server === undefined) throw new NetError("refused", `ask ${formatAddress(to)}`);
    const { method = "GET", target = "/", headers = [["host", formatAddress(to)]], body = new Uint8Array() } = request;
    const { peer = { host: "127.0.0.1", port: FIRST_CLIENT_PORT } } = request;
    return await server.answer({ method, target, headers, body: piecesOf(body), peer });
  }

  #keepFailure(error: unknown): void {
    if (this.failures.length < MAX_FAILURES) this.failures.push(error);
  }

  #serverAt(to: Address): MemoryHttpServer | undefined {
    const exact = this.#servers.get(formatAddress(to));
    if (exact !== undefined) return exact;
    for (const server of this.#servers.values()) {
      if (server.address.port === to.port && isWildcard(server.address.host)) return server;
    }
    return undefined;
  }
}

class MemoryHttpServer implements HttpServer {
  readonly address: Address;
  readonly #handler: HttpHandler;
  readonly #onError: NonNullable<HttpServeOptions["onError"]>;
  readonly #onClose: () => void;
  readonly #answers = new Set<Promise<HttpResponse>>();

  constructor(
    address: Address,
    handler: HttpHandler,
    onError: NonNullable<HttpServeOptions["onError"]>,
    onClose: () => void,
  ) {
    this.address = address;
    this.#handler = handler;
    this.#onError = onError;
    this.#onClose = onClose;
  }

  async answer(request: HttpRequest): Promise<HttpResponse> {
    const answer = this.#answer(request);
    this.#answers.add(answer);
    try {
      return await answer;
    } finally {
      this.#answers.delete(answer);
    }
  }

  async #answer(request: HttpRequest): Promise<HttpResponse> {
    const { method, target } = request;
    try {
      return await asSent(method, await this.#handler(request));
    } catch (error) {
      this.#onError(error, `${method} ${target} from memory`);
      return await asSent(method, textResponse(500, "Internal Server Error\n"));
    }
  }

  async close(): Promise<void> {
    this.#onClose();
    await Promise.allSettled(this.#answers);
  }
}

/** Reads the whole body of an answer. */
export async function readBody({ body }: HttpResponse): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece.slice());
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function* piecesOf(body: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  if (!(body instanceof Uint8Array)) yield* body;
  else if (body.length > 0) yield body;
}

/** What of an answer would reach a client. */
async function asSent(method: string, response: HttpResponse): Promise<HttpResponse> {
  const { status, body } = response;
  const { headers, hasBody } = framingOf(method, response);
  if (hasBody) return { status, headers, body };
  await releaseBody(body);
  return { status, headers, body: new Uint8Array() };
}
