/**
 * A server that stands in for a meta server or a store: it answers what a test tells it to.
 *
 * @module
 */

import type { Address } from "../src/base/address.ts";
import { type MemoryHttpServers, readBody } from "../src/net/memory_http.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../src/protocol/http.ts";

/** What was asked: `POST /meta/query`, and its body. */
export type Asked = readonly [what: string, body: unknown];

/** Answers by method and path; what is not there is 404. */
export type Script = Readonly<Record<string, (body: unknown, request: HttpRequest) => HttpResponse>>;

/** A server that answers by a script, and notes what it was asked. */
export class ScriptedHttpServer {
  /** What it was asked, in order. */
  readonly asked: Asked[] = [];
  /** What it answers. */
  script: Script;
  readonly #at: Address;

  private constructor(at: Address, script: Script) {
    this.#at = at;
    this.script = script;
  }

  /** Serves a script at an address. */
  static async start(servers: MemoryHttpServers, at: Address, script: Script): Promise<ScriptedHttpServer> {
    const server = new ScriptedHttpServer(at, script);
    await servers.serve(at, (request) => server.#answer(request));
    return server;
  }

  /** Where it serves. */
  get address(): Address {
    return this.#at;
  }

  async #answer(request: HttpRequest): Promise<HttpResponse> {
    const text = new TextDecoder().decode(await readBody({ status: 200, headers: [], body: request.body }));
    const what = `${request.method} ${request.target}`;
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    this.asked.push([what, body]);
    return this.script[what]?.(body, request) ?? jsonResponse(404, { detail: "Not Found" });
  }
}
