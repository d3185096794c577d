/**
 * HTTP servers on `node:http`: Deno, Node and Bun.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type Address, formatAddress } from "../base/address.ts";
import { type HttpResponse, jsonResponse, textResponse } from "../protocol/http.ts";
import type { HttpHandler, HttpServeOptions, HttpServer, HttpServers } from "./http.ts";
import { NetError } from "./net_error.ts";
import { Incoming, peerOf, refusalOf, requestOf } from "./node_http_request.ts";
import { Outgoing, sendResponse } from "./node_http_response.ts";
import { toNetError } from "./system_error.ts";

/** Limits of a server, and who hears of failures. */
export interface NodeHttpOptions {
  /** How long the head of a request may take, in milliseconds. Default: 10,000. */
  headTimeoutMs?: number;
  /** How long a connection may be idle between requests, in milliseconds; a second is allowed on top. Default: 5,000. */
  idleTimeoutMs?: number;
  /**
   * How long a client may take over 256 KiB of an answer, or over 64 KiB of a body that is being read, or over the rest of
   * either, in milliseconds. Default: 60,000.
   */
  stallTimeoutMs?: number;
  /** How long `close()` waits for answers under way before it cuts them off, in milliseconds. Default: 10,000. */
  drainMs?: number;
  /** The longest head of a request; a longer one is answered with 431. Default: 16,384. */
  maxHeadBytes?: number;
  /** The most connections of one server; another one is closed at once. Default: 4,096. */
  maxConnections?: number;
  /** See {@link HttpServeOptions.onError}: for servers that are started without one. Default: nobody is told. */
  onError?: NonNullable<HttpServeOptions["onError"]>;
}

const DEFAULTS: Required<NodeHttpOptions> = {
  headTimeoutMs: 10_000,
  idleTimeoutMs: 5_000,
  stallTimeoutMs: 60_000,
  drainMs: 10_000,
  maxHeadBytes: 16_384,
  maxConnections: 4_096,
  onError: () => {},
};

/** How exactly time limits are kept. */
const CHECK_MS = 1_000;

/** Connections that the operating system lets wait. */
const MAX_WAITING = 4_096;

/** The most requests on one connection that wait for their answers; a client that asks for more without waiting is cut off. */
const MAX_PIPELINED = 100;

/** The answers to what is no request, by the error's code. Anything else is 400. */
const REFUSALS: Record<string, string> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Returns the machine's HTTP servers. */
export function nodeHttpServers(options: NodeHttpOptions = {}): HttpServers {
  const settings = { ...DEFAULTS, ...options };
  return {
    async serve(at, handler, { onError = settings.onError } = {}): Promise<HttpServer> {
      const server = new NodeHttpServer(handler, { ...settings, onError });
      await server.listen(at);
      return server;
    },
  };
}

class NodeHttpServer implements HttpServer {
  readonly #handler: HttpHandler;
  readonly #settings: Required<NodeHttpOptions>;
  readonly #server: Server;
  /** Every connection, with the answers under way on it. */
  readonly #connections = new Map<Socket, Set<Outgoing>>();
  /** The bodies of requests that are being answered. */
  readonly #incoming = new Set<Incoming>();
  #address: Address = { host: "", port: 0 };
  #closing: Promise<void> | undefined;
  #allGone: (() => void) | undefined;
  #stallCheck: ReturnType<typeof setInterval> | undefined;

  constructor(handler: HttpHandler, settings: Required<NodeHttpOptions>) {
    this.#handler = handler;
    this.#settings = settings;
    const { headTimeoutMs } = settings;
    this.#server = createServer({
      headersTimeout: headTimeoutMs,
      // A large body on a slow line takes as long as it takes; what must come of it in which time, we say ourselves.
      requestTimeout: 0,
      keepAliveTimeout: settings.idleTimeoutMs,
      maxHeaderSize: settings.maxHeadBytes,
      // What is refused for that is refused here, with the reason.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(CHECK_MS, headTimeoutMs),
    });
    this.#server.on("connection", (socket) => this.#admit(socket));
    this.#server.on("request", (request, out) => void this.#answer(request, out));
    this.#server.on("checkContinue", (request, out) => void this.#answer(request, out, () => out.writeContinue()));
    this.#server.on("connect", (request, socket) => this.#answerConnect(request, socket as Socket));
    this.#server.on("clientError", (error, socket) => this.#refuse(error, socket as Socket));
  }

  get address(): Address {
    return this.#address;
  }

  async listen(at: Address): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once("error", reject);
        this.#server.listen({ host: at.host, port: at.port, backlog: MAX_WAITING }, () => {
          this.#server.off("error", reject);
          resolve();
        });
      });
    } catch (error) {
      const what = `serve HTTP at ${formatAddress(at)}`;
      // Deno's Node compatibility says EINVAL where Node says EADDRNOTAVAIL.
      const isForeign = error instanceof Error && "code" in error && error.code === "EINVAL";
      throw isForeign ? new NetError("unavailable", what, { cause: error }) : toNetError(error, what);
    }
    this.#server.on("error", (error) => this.#settings.onError(error, `serve HTTP at ${formatAddress(at)}`));
    const { address, port } = this.#server.address() as AddressInfo;
    this.#address = { host: address, port };
    this.#stallCheck = setInterval(() => this.#checkStalls(), Math.min(CHECK_MS, this.#settings.stallTimeoutMs));
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // A half-sent request keeps node:http waiting for ever: it gives up its own time limits when it closes.
    for (const [socket, answers] of this.#connections) if (answers.size === 0) socket.destroy();
    const cutOff = setTimeout(() => {
      for (const socket of this.#connections.keys()) socket.destroy();
    }, this.#settings.drainMs);
    if (this.#connections.size > 0) await new Promise<void>((resolve) => this.#allGone = resolve);
    clearTimeout(cutOff);
    clearInterval(this.#stallCheck);
    await closed;
  }

  #checkStalls(): void {
    const nowMs = performance.now();
    const { stallTimeoutMs } = this.#settings;
    for (const answers of this.#connections.values()) {
      for (const outgoing of answers) outgoing.checkStall(nowMs, stallTimeoutMs);
    }
    for (const incoming of this.#incoming) incoming.checkStall(nowMs, stallTimeoutMs);
  }

  /** Counts connections itself: `maxConnections` of `node:http` is not kept alike by all runtimes. */
  #admit(socket: Socket): void {
    if (this.#closing !== undefined || this.#connections.size >= this.#settings.maxConnections) {
      socket.destroy();
      return;
    }
    const answers = new Set<Outgoing>();
    this.#connections.set(socket, answers);
    socket.once("close", () => {
      this.#connections.delete(socket);
      for (const outgoing of answers) outgoing.connectionGone();
      if (this.#connections.size === 0) this.#allGone?.();
    });
  }

  async #answer(request: IncomingMessage, out: ServerResponse, sendContinue?: () => void): Promise<void> {
    const { socket } = request;
    const answers = this.#connections.get(socket);
    if (answers === undefined || answers.size >= MAX_PIPELINED) {
      socket.destroy();
      return;
    }
    const outgoing = new Outgoing(out);
    const before = [...answers].at(-1);
    answers.add(outgoing);
    // One after the other: answers made before their turn would all be kept for a client that reads none of them.
    await before?.settled;
    if (outgoing.isGone) return outgoing.settle();
    const incoming = new Incoming(request, sendContinue);
    this.#incoming.add(incoming);
    // Whether a client that was not told to continue sends its body after all is anybody's guess.
    if (sendContinue !== undefined) out.shouldKeepAlive = false;
    const response = await this.#responseTo(request, incoming, out);
    if (this.#closing !== undefined || incoming.hasStalled) out.shouldKeepAlive = false;
    if (!await this.#send(outgoing, response)) socket.destroy();
    else if (!request.complete && !socket.destroyed) this.#discardRest(request);
    this.#incoming.delete(incoming);
    answers.delete(outgoing);
    outgoing.settle();
    if (this.#closing !== undefined && answers.size === 0) socket.destroySoon();
  }

  async #responseTo(request: IncomingMessage, incoming: Incoming, out: ServerResponse): Promise<HttpResponse> {
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      out.shouldKeepAlive = false;
      return refusal;
    }
    try {
      return await this.#handler(requestOf(request, incoming));
    } catch (error) {
      if (incoming.hasStalled) return jsonResponse(408, { detail: "Request Timeout" });
      if (!request.socket.destroyed) this.#settings.onError(error, describe(request));
      return textResponse(500, "Internal Server Error\n");
    }
  }

  /** Sends an answer, or 500 in its place. Returns false if the connection must be cut. */
  async #send(outgoing: Outgoing, response: HttpResponse): Promise<boolean> {
    const { out } = outgoing;
    try {
      await sendResponse(outgoing, response);
      return true;
    } catch (error) {
      if (error instanceof NetError && error.code === "reset") return false;
      this.#settings.onError(error, describe(out.req));
      // A client can tell a part of an answer from the whole only by how the connection ends.
      if (out.headersSent) return false;
    }
    out.shouldKeepAlive = false;
    out.statusMessage = "";
    return await sendResponse(outgoing, textResponse(500, "Internal Server Error\n")).then(() => true, () => false);
  }

  /** Takes in what is left of a request whose answer is sent: closing at once could cost the client the answer. */
  #discardRest(request: IncomingMessage): void {
    const { socket } = request;
    const timer = setTimeout(() => socket.destroy(), this.#settings.idleTimeoutMs);
    const done = (): void => clearTimeout(timer);
    request.once("end", done);
    socket.once("close", done);
    request.resume();
  }

  /** `node:http` lets go of a connection at CONNECT; here it is a request like others, and the last one. */
  #answerConnect(request: IncomingMessage, socket: Socket): void {
    socket.on("error", () => socket.destroy());
    const out = new ServerResponse(request);
    out.shouldKeepAlive = false;
    out.assignSocket(socket);
    void this.#answer(request, out).then(() => socket.destroySoon());
  }

  #refuse(error: Error & { code?: string }, socket: Socket): void {
    const [first, second] = this.#connections.get(socket) ?? [];
    const isAnswered = second !== undefined || first?.out.headersSent === true;
    if (!socket.writable || isAnswered || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const status = REFUSALS[error.code ?? ""] ?? "400 Bad Request";
    const body = `${JSON.stringify({ detail: status.slice("400 ".length) })}\n`;
    const head = `content-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n`;
    socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n${body}`, () => socket.destroy());
  }
}

function describe(request: IncomingMessage): string {
  return `${request.method} ${request.url} from ${formatAddress(peerOf(request))}`;
}
