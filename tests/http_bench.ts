/**
 * What the cases of the HTTP contract stand on: a server, and clients that speak in raw bytes. Runs on Deno, Node and
 * Bun: nothing here knows a runtime.
 *
 * @module
 */

import type { Address } from "../src/base/address.ts";
import type { HttpHandler, HttpServer } from "../src/net/http.ts";
import type { Conn } from "../src/net/net.ts";
import { NetError } from "../src/net/net_error.ts";
import { nodeNet } from "../src/net/node.ts";
import { type NodeHttpOptions, nodeHttpServers } from "../src/net/node_http.ts";
import { type HttpResponse, textResponse } from "../src/protocol/http.ts";

/** One promise of an HTTP server. */
export interface HttpCase {
  /** What holds. */
  readonly name: string;
  /** Checks it; what it opens through the bench is closed afterwards. */
  run(bench: HttpBench): Promise<void>;
}

/** Opens servers and clients, and closes all of them at the end. */
export class HttpBench implements AsyncDisposable {
  /** What the servers reported: the request, and the error's message. */
  readonly errors: string[] = [];
  readonly #servers: HttpServer[] = [];
  readonly #clients: HttpClient[] = [];

  /** Serves a handler on loopback. */
  async serve(handler: HttpHandler, options: NodeHttpOptions = {}): Promise<HttpServer> {
    const onError = (error: unknown, what: string): void => {
      this.errors.push(`${what.replace(/ from .*/, "")}: ${error instanceof Error ? error.message : error}`);
    };
    const servers = nodeHttpServers({ drainMs: 5_000, onError, ...options });
    const server = await servers.serve({ host: "127.0.0.1", port: 0 }, handler);
    this.#servers.push(server);
    return server;
  }

  /** Connects to a server. */
  async dial(to: Address): Promise<HttpClient> {
    const client = new HttpClient(await nodeNet().dial(to));
    this.#clients.push(client);
    return client;
  }

  /** Sends raw text over a connection of its own, and returns all that comes back until the server ends it. */
  async exchange(to: Address, text: string): Promise<string> {
    const client = await this.dial(to);
    await client.send(text);
    return await client.rest();
  }

  /** Closes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    for (const server of this.#servers) await server.close();
  }
}

/** A client that speaks in raw bytes; text is one byte a character. */
export class HttpClient {
  readonly #conn: Conn;
  readonly #buffer: Uint8Array = new Uint8Array(65_536);
  #text = "";

  /** Takes over a connection. */
  constructor(conn: Conn) {
    this.#conn = conn;
  }

  /** Sends text. */
  async send(text: string): Promise<void> {
    await this.#conn.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }

  /**
   * Reads one answer: its head, and as much body as its content-length says.
   *
   * @param options Whether the answer has no body whatever its head says.
   */
  async answer({ bodiless = false } = {}): Promise<Answer> {
    const head = await this.until("\r\n\r\n");
    const length = bodiless ? 0 : Number(head.match(/content-length: (\d+)/i)?.[1] ?? 0);
    while (this.#text.length < length) await this.#more();
    const body = this.#take(length);
    return { status: Number(head.split(" ")[1]), head, body };
  }

  /** Reads up to and including `end`. */
  async until(end: string): Promise<string> {
    while (!this.#text.includes(end)) await this.#more();
    return this.#take(this.#text.indexOf(end) + end.length);
  }

  /** Reads to the end of the connection; one that breaks off is at its end too. */
  async rest(): Promise<string> {
    const parts = [this.#text];
    for (;;) {
      const count = await this.#read();
      if (count === null) return parts.join("");
      parts.push(latin1(this.#buffer.subarray(0, count)));
    }
  }

  /** Breaks off. */
  close(): void {
    this.#conn.close();
  }

  async #more(): Promise<void> {
    const count = await this.#read();
    if (count === null) throw new Error(`The connection ended after "${this.#text.slice(0, 1_000)}"`);
    this.#text += latin1(this.#buffer.subarray(0, count));
  }

  async #read(): Promise<number | null> {
    try {
      return await this.#conn.read(this.#buffer);
    } catch (error) {
      if (error instanceof NetError && error.code === "reset") return null;
      throw error;
    }
  }

  #take(length: number): string {
    const taken = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return taken;
  }
}

/** An answer as a client saw it. */
export interface Answer {
  /** Its status. */
  readonly status: number;
  /** Its head with the empty line. */
  readonly head: string;
  /** Its body. */
  readonly body: string;
}

/** A request's text: `GET / HTTP/1.1` with a Host field, unless told. */
export function requestText(target = "/", { method = "GET", headers = "", body = "" } = {}): string {
  return `${method} ${target} HTTP/1.1\r\nHost: test\r\n${headers}\r\n${body}`;
}

/** Answers 200 with the whole body of the request. */
export async function echo({ body }: { body: AsyncIterable<Uint8Array> }): Promise<HttpResponse> {
  let text = "";
  for await (const piece of body) text += latin1(piece);
  return textResponse(200, text);
}

/** A handler that answers the same every time. */
export function always(response: HttpResponse): HttpHandler {
  return () => Promise.resolve(response);
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return text;
}
