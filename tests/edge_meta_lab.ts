/**
 * A meta server in memory, with nodes that do as they are told, or do not.
 *
 * @module
 */

import { parseAddress } from "../src/base/address.ts";
import { seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import { type VirtualEnv, virtualEnv } from "../src/env/virtual.ts";
import { MemoryHttpServers, readBody } from "../src/net/memory_http.ts";
import { MemoryNetwork } from "../src/net/memory.ts";
import type { HttpServer } from "../src/net/http.ts";
import type { HeartbeatReply } from "../src/protocol/edge_meta_json.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../src/protocol/http.ts";
import { type MetaOptions, type MetaRole, startMeta } from "../src/roles/edge/meta.ts";
import { MemoryCatalogue } from "../src/storage/memory_catalogue.ts";
import type { MetaCatalogue } from "../src/storage/meta_catalogue.ts";

/** A status and the value of the JSON. */
export type Answer = readonly [status: number, value: unknown];

/** Digests of two versions. */
export const [SHA_A, SHA_B] = ["a".repeat(64), "b".repeat(64)] as const;

const META = { host: "127.0.0.1", port: 8002 };

/** A version as the store tells of it. */
export function stored(name: string, sha256: string, generation: number): Record<string, unknown> {
  return { file_name: name, file_hash: sha256, timestamp: "t", sha256, generation };
}

/** The meta server and what it reaches. */
export class MetaLab implements AsyncDisposable {
  readonly clock: VirtualClock = new VirtualClock();
  readonly env: VirtualEnv;
  readonly #random = seededRandom(1);
  readonly #nodes: FakeNode[] = [];
  #meta: MetaRole | undefined;

  constructor() {
    const { clock } = this;
    const random = this.#random;
    const network = new MemoryNetwork({ clock, random });
    this.env = virtualEnv({
      clock,
      random,
      net: network.host("127.0.0.1"),
      http: new MemoryHttpServers({ clock, random }),
    });
  }

  /** Starts the meta server. */
  async start(
    catalogue: MetaCatalogue = new MemoryCatalogue(),
    options: Partial<MetaOptions> = {},
  ): Promise<MetaRole> {
    return this.#meta = await startMeta(this.env, { catalogue, listen: META, ...options });
  }

  /** Stops the meta server. */
  async stop(): Promise<void> {
    await this.clock.until(this.#meta?.stop() ?? Promise.resolve());
    this.#meta = undefined;
  }

  /** Asks the meta server. */
  async ask(method: string, target: string, body?: unknown, from = "127.0.0.1"): Promise<Answer> {
    const question = body === undefined ? { method, target } : {
      method,
      target,
      body: new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
    };
    const answer = await this.env.http.client(from).ask(META, question);
    return [answer.status, JSON.parse(new TextDecoder().decode(await readBody(answer)))];
  }

  /** Asks, and lets time pass until the answer comes. Returns it, and how long that took. */
  async timed(method: string, target: string, body?: unknown): Promise<[Answer, tookMs: number]> {
    const startMs = this.clock.now();
    const answer = await this.clock.until(this.ask(method, target, body));
    return [answer, this.clock.now() - startMs];
  }

  /** Starts a node, and registers it. */
  async node(address: string, lat = 37.7749, lng = -122.4194): Promise<FakeNode> {
    const node = new FakeNode(this, address, { lat, lng });
    this.#nodes.push(node);
    await node.start();
    await node.register();
    return node;
  }

  /** Lets time pass, with a heartbeat of each of these nodes every 2 s. */
  async pass(durationMs: number, beating: readonly FakeNode[] = []): Promise<void> {
    for (let leftMs = durationMs; leftMs > 0; leftMs -= 2_000) {
      for (const node of beating) await node.beat();
      await this.clock.advance(Math.min(2_000, leftMs));
    }
  }

  /** Whom a client beside the first node is sent to for a file. */
  async holderOf(name: string): Promise<number> {
    const question = { file_name: name, client_lat: 37.7749, client_lng: -122.4194 };
    const [, value] = await this.ask("POST", "/meta/query", question);
    return (value as { cdn_id: number }).cdn_id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    for (const node of this.#nodes) await node.stop();
  }
}

/** A node without copies, which notes what it is told. */
export class FakeNode {
  /** Its id. */
  id = 0;
  /** What it was told to drop: `a.txt`, and `< generation` behind it. */
  readonly told: string[] = [];
  /** What it answers when it is told to drop something. */
  dropStatus = 200;
  readonly address: string;
  readonly #lab: MetaLab;
  readonly #place: { lat: number; lng: number };
  #server: HttpServer | undefined;

  constructor(lab: MetaLab, address: string, place: { lat: number; lng: number }) {
    this.#lab = lab;
    this.address = address;
    this.#place = place;
  }

  async start(): Promise<void> {
    this.#server = await this.#lab.env.http.serve(parseAddress(this.address), (request) => this.#answer(request));
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  async register(): Promise<void> {
    const { lat, lng } = this.#place;
    const [, value] = await this.#lab.ask("POST", "/meta/register", { Type: 0, IP: this.address, Lat: lat, Lng: lng });
    this.id = (value as { cdn_id: number }).cdn_id;
  }

  /** Sends a heartbeat. */
  async beat(dropped: readonly string[] = []): Promise<HeartbeatReply> {
    const question = { cdn_id: this.id, cdn_address: this.address, dropped };
    return (await this.#lab.ask("POST", "/meta/heartbeat", question))[1] as HeartbeatReply;
  }

  /** Asks whether it may keep bytes. */
  async hold(name: string, sha256: string, generation: number): Promise<unknown> {
    const [, value] = await this.#lab.ask("POST", "/meta/hold", {
      ...stored(name, sha256, generation),
      cdn_id: this.id,
    });
    return (value as { verdict: unknown }).verdict;
  }

  #answer({ method, target, headers }: HttpRequest): Promise<HttpResponse> {
    if (target === "/health") return Promise.resolve(jsonResponse(200, { status: "healthy" }));
    if (method !== "DELETE") return Promise.resolve(jsonResponse(404, { detail: "Not Found" }));
    const below = headers.find(([name]) => name.toLowerCase() === "x-generation-below")?.[1];
    const name = decodeURIComponent(target.replace("/cdn/cache/", ""));
    this.told.push(below === undefined ? name : `${name} < ${below}`);
    return Promise.resolve(jsonResponse(this.dropStatus, {}));
  }
}
