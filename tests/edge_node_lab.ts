/**
 * Edge nodes in a virtual world: real nodes, beside a store and a meta server that keep to PROTOCOL.md with as little as
 * it takes, so that what a test finds wrong is the node.
 *
 * @module
 */

import type { Address } from "../src/base/address.ts";
import { seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import { MemoryFiles } from "../src/env/memory_files.ts";
import { type VirtualEnv, virtualEnv } from "../src/env/virtual.ts";
import type { HttpClient } from "../src/net/http_client.ts";
import { MemoryNetwork } from "../src/net/memory.ts";
import { MemoryHttpServers, readBody } from "../src/net/memory_http.ts";
import { fieldOf, type HttpFields } from "../src/protocol/http_fields.ts";
import { type NodeOptions, type NodeRole, startNode } from "../src/roles/edge/node.ts";
import { DiskLayer } from "../src/storage/disk_layer.ts";
import { MemoryLayer } from "../src/storage/memory_layer.ts";
import { TieredCache } from "../src/storage/tiered_cache.ts";
import { shaOf } from "./download_lab.ts";
import { LabMeta, targetOf } from "./edge_lab_meta.ts";
import { LabStore, META, STORE } from "./edge_lab_store.ts";
import { RealWorld } from "./edge_real_world.ts";

/** Where clients are. */
export const CLIENT = "10.0.9.1";

/** An answer that was read to its end. */
export interface Got {
  /** Its status. */
  readonly status: number;
  /** Its fields. */
  readonly headers: HttpFields;
  /** Its body. */
  readonly bytes: Uint8Array;
  /** The body as text. */
  readonly text: string;
  /** `X-Cache`. */
  readonly cache: string | undefined;
}

/** The virtual world. */
export class EdgeLab implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly http: MemoryHttpServers;
  readonly store: LabStore;
  readonly meta: LabMeta;
  /** Store and meta server of the project itself, in place of those; `undefined` without. */
  readonly real: RealWorld | undefined;
  readonly #seed: number;
  readonly #nodes: LabNode[] = [];

  /** Makes a world of a seed. */
  constructor(seed = 1, isReal = false) {
    this.#seed = seed;
    this.http = new MemoryHttpServers({ clock: this.clock, random: seededRandom(seed) });
    this.meta = new LabMeta(this);
    this.store = new LabStore(this);
    this.real = isReal ? new RealWorld(this, (host, files) => this.env(host, files)) : undefined;
  }

  /** Starts store and meta server. */
  static async start(seed?: number, { isReal = false }: { isReal?: boolean } = {}): Promise<EdgeLab> {
    const lab = new EdgeLab(seed, isReal);
    if (lab.real !== undefined) await lab.clock.until(lab.real.start());
    else await Promise.all([lab.store.start(), lab.meta.start()]);
    return lab;
  }

  /** Starts a node, and waits until it has a lease. */
  async node(number = 1, options: Partial<NodeOptions> = {}): Promise<LabNode> {
    const node = new LabNode(this, number, options);
    await node.start();
    this.#nodes.push(node);
    await this.clock.advance(100);
    return node;
  }

  /** The outside world of a host. */
  env(host: string, files?: MemoryFiles): VirtualEnv {
    const random = seededRandom(this.#seed + shaOf(new TextEncoder().encode(host)).charCodeAt(0));
    const net = new MemoryNetwork({ clock: this.clock, random }).host(host);
    const options = { clock: this.clock, random, net, http: this.http, httpHost: host, source: host };
    return virtualEnv(files === undefined ? options : { ...options, files });
  }

  /** Asks as a client, and reads the answer while time goes on. */
  async ask(to: Address, method: string, target: string, question: Question = {}): Promise<Got> {
    return await this.clock.until(this.asking(to, method, target, question));
  }

  /** Asks as a client; time is the caller's. */
  async asking(to: Address, method: string, target: string, { headers, body }: Question = {}): Promise<Got> {
    const client: HttpClient = this.http.client(CLIENT);
    const answer = await client.ask(to, {
      method,
      target,
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
    });
    const bytes = await readBody(answer);
    const { status, headers: fields } = answer;
    return { status, headers: fields, bytes, text: new TextDecoder().decode(bytes), cache: fieldOf(fields, "x-cache") };
  }

  /** Stops everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await this.clock.until(node.stop());
    await this.clock.until(Promise.all([this.store.stop(), this.meta.stop(), this.real?.stop()]));
  }
}

/** What a test asks. */
export interface Question {
  /** Fields. */
  headers?: HttpFields;
  /** The body. */
  body?: Uint8Array | AsyncIterable<Uint8Array>;
}

/** A node, its disk, and the way to ask it. */
export class LabNode {
  readonly at: Address;
  readonly files: MemoryFiles;
  role!: NodeRole;
  env!: VirtualEnv;
  readonly #lab: EdgeLab;
  readonly #options: Partial<NodeOptions>;
  memory!: MemoryLayer;

  constructor(lab: EdgeLab, number: number, options: Partial<NodeOptions>) {
    this.#lab = lab;
    this.#options = options;
    this.at = { host: `10.0.1.${number}`, port: 4000 };
    this.files = new MemoryFiles({ clock: lab.clock });
  }

  /** Starts it, with what is on its disk. */
  async start(): Promise<void> {
    this.env = this.#lab.env(this.at.host, this.files);
    this.memory = new MemoryLayer(this.env);
    const disk = await DiskLayer.open(this.env, { folder: "/cache" });
    const cache = new TieredCache(this.env, this.memory, disk);
    this.role = await startNode(this.env, {
      listen: this.at,
      place: { lat: 0, lng: 0 },
      meta: [META],
      store: [STORE],
      insecure: true,
      cache,
      ...this.#options,
    });
  }

  /** Stops it. */
  async stop(): Promise<void> {
    await this.role.stop();
  }

  /** Ends it as `kill -9` does: nobody hears of it any more, and nothing goes on. */
  async kill(): Promise<void> {
    const heal = this.#lab.http.faults.cut(this.at.host, "refused");
    await this.role.stop();
    heal();
  }

  /** Asks for a file. */
  async get(name: string, headers: HttpFields = [], method = "GET"): Promise<Got> {
    return await this.#lab.ask(this.at, method, targetOf(name), { headers });
  }

  /** Puts a file. */
  async put(name: string, text: string | Uint8Array, headers: HttpFields = []): Promise<Got> {
    const body = typeof text === "string" ? new TextEncoder().encode(text) : text;
    return await this.#lab.ask(this.at, "PUT", targetOf(name), { headers, body });
  }

  /** Drops a copy. */
  async remove(name: string, headers: HttpFields = []): Promise<Got> {
    return await this.#lab.ask(this.at, "DELETE", targetOf(name), { headers });
  }
}
