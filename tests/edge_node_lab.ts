/**
 * Edge nodes in a virtual world: real nodes, beside a store and a meta server that keep to PROTOCOL.md with as little as
 * it takes, so that what a test finds wrong is the node.
 *
 * @module
 */

import { type Address, parseAddress } from "../src/base/address.ts";
import { sleep } from "../src/base/clock.ts";
import { withDeadline } from "../src/base/deadline.ts";
import { seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import type { EdgeObject } from "../src/core/edge_object.ts";
import {
  bytesOf,
  holdVersion,
  type MetaFile,
  noteHolder,
  publishVersion,
  purgeFile,
  releaseHolder,
  splitHolders,
} from "../src/core/meta_file.ts";
import { MemoryFiles } from "../src/env/memory_files.ts";
import { type VirtualEnv, virtualEnv } from "../src/env/virtual.ts";
import type { HttpServer } from "../src/net/http.ts";
import type { HttpClient } from "../src/net/http_client.ts";
import { releaseBody } from "../src/net/http_framing.ts";
import { MemoryNetwork } from "../src/net/memory.ts";
import { MemoryHttpServers, readBody } from "../src/net/memory_http.ts";
import { readPublishedVersion, writeEdgeObject } from "../src/protocol/edge_headers.ts";
import { readEdgePath, writeEdgePath } from "../src/protocol/edge_name.ts";
import { fieldOf, type HttpFields } from "../src/protocol/http_fields.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../src/protocol/http.ts";
import { type NodeOptions, type NodeRole, startNode } from "../src/roles/edge/node.ts";
import { answerFile } from "../src/services/answer_file.ts";
import { failure } from "../src/services/http_failure.ts";
import { DiskLayer } from "../src/storage/disk_layer.ts";
import { MemoryLayer } from "../src/storage/memory_layer.ts";
import { TieredCache } from "../src/storage/tiered_cache.ts";
import { shaOf } from "./download_lab.ts";

/** Where the store is. */
export const STORE: Address = { host: "10.0.0.3", port: 5050 };
/** Where the meta server is. */
export const META: Address = { host: "10.0.0.2", port: 8002 };
/** Where clients are. */
export const CLIENT = "10.0.9.1";

const LEASE_MS = 8_000;

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
  readonly #seed: number;
  readonly #nodes: LabNode[] = [];

  /** Makes a world of a seed. */
  constructor(seed = 1) {
    this.#seed = seed;
    this.http = new MemoryHttpServers({ clock: this.clock, random: seededRandom(seed) });
    this.meta = new LabMeta(this);
    this.store = new LabStore(this);
  }

  /** Starts store and meta server. */
  static async start(seed?: number): Promise<EdgeLab> {
    const lab = new EdgeLab(seed);
    await Promise.all([lab.store.start(), lab.meta.start()]);
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
    await this.clock.until(Promise.all([this.store.stop(), this.meta.stop()]));
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

/** The path of a file at a node. */
export function targetOf(name: string): string {
  return `/cdn/cache/${writeEdgePath(name)}`;
}

/** The store, in memory. */
export class LabStore {
  readonly objects = new Map<string, { readonly object: EdgeObject; readonly bytes: Uint8Array }>();
  /** Requests in order: `GET a`. */
  readonly asked: string[] = [];
  /** Told before each piece of an answer is sent: may wait. */
  onPiece: (sentBytes: number) => Promise<void> = async () => {};
  /** Changes the pieces of answers. */
  spoil: (piece: Uint8Array) => Uint8Array = (piece) => piece;
  /** What is said of publication; `undefined` to publish. */
  says: "no" | undefined;
  /** Whether answers tell what objects are. */
  isForeign = false;
  readonly #lab: EdgeLab;
  readonly #turns = new Map<string, Promise<unknown>>();
  #server: HttpServer | undefined;
  #generation = 0;

  constructor(lab: EdgeLab) {
    this.#lab = lab;
  }

  /** Starts it, with what it had before. */
  async start(): Promise<void> {
    this.#server = await this.#lab.http.serve(STORE, (request) => this.#answer(request));
  }

  /** Stops it. */
  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** Stores bytes that nobody is told of. */
  set(name: string, bytes: Uint8Array<ArrayBuffer>, version: { hash?: string; timestamp?: string } = {}): EdgeObject {
    const sha256 = shaOf(bytes);
    const object: EdgeObject = {
      hash: version.hash || sha256,
      timestamp: version.timestamp ?? "",
      sha256,
      generation: ++this.#generation,
      sizeBytes: bytes.length,
      modifiedMs: Math.floor(this.#lab.clock.unixMs()),
    };
    this.objects.set(name, { object, bytes });
    return object;
  }

  /** Stores and publishes bytes, as a `POST` does. Returns whether they are published. */
  async publish(name: string, bytes: Uint8Array<ArrayBuffer>, nodeId?: number): Promise<boolean> {
    return (await this.#put(name, bytes, { hash: "", timestamp: "" }, nodeId)).isPublished;
  }

  async #answer(request: HttpRequest): Promise<HttpResponse> {
    const [, verb = "", path = ""] = /^\/(get|post)\/(.*)$/.exec(request.target) ?? [];
    const name = readEdgePath(path);
    this.asked.push(`${request.method} ${name}${fieldOf(request.headers, "range") === undefined ? "" : " part"}`);
    if (verb === "post") return await this.#post(name, request);
    const found = this.objects.get(name);
    if (found === undefined) return failure(404, "File not found");
    const { object, bytes } = found;
    const source = {
      object,
      read: (range = { start: 0, end: bytes.length }) => this.#pieces(bytes, range),
      close: async () => {},
    };
    const answer = await answerFile(source, request, { name, nowMs: this.#lab.clock.unixMs() });
    if (!this.isForeign) return answer;
    return { ...answer, headers: answer.headers.filter(([field]) => !field.toLowerCase().startsWith("x-file-")) };
  }

  async *#pieces(bytes: Uint8Array, { start, end }: { start: number; end: number }): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += 65_536) {
      await this.onPiece(at);
      yield this.spoil(bytes.slice(at, Math.min(end, at + 65_536)));
    }
  }

  async #post(name: string, request: HttpRequest): Promise<HttpResponse> {
    const bytes = await readBody({ status: 200, headers: [], body: request.body }) as Uint8Array<ArrayBuffer>;
    const id = fieldOf(request.headers, "x-cdn-node");
    const version = readPublishedVersion(request.headers);
    const { object, isPublished } = await this.#put(name, bytes, version, id === undefined ? undefined : Number(id));
    const reply = jsonResponse(200, { status: "success", file: name });
    const told = this.isForeign
      ? []
      : [...writeEdgeObject(object), ["x-published", this.says ?? (isPublished ? "yes" : "later")] as const];
    return { ...reply, headers: [...reply.headers, ...told] };
  }

  /** One after the other a name: stored, then published. */
  async #put(
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
    version: { hash: string; timestamp: string },
    nodeId: number | undefined,
  ): Promise<{ object: EdgeObject; isPublished: boolean }> {
    const before = this.#turns.get(name) ?? Promise.resolve();
    const turn = before.then(async () => {
      const object = this.set(name, bytes, version);
      if (this.says === "no" || this.isForeign) return { object, isPublished: false };
      return { object, isPublished: await this.#tell(name, object, nodeId) };
    });
    this.#turns.set(name, turn);
    return await turn;
  }

  /** Publishes, for 10 s at most; then goes on beside other work. */
  async #tell(name: string, object: EdgeObject, nodeId: number | undefined): Promise<boolean> {
    const { clock } = this.#lab;
    const endMs = clock.now() + 10_000;
    const client = this.#lab.http.client(STORE.host);
    const { hash, timestamp, sha256, generation } = object;
    const files = [{ file_name: name, file_hash: hash, timestamp, sha256, generation }];
    const body = new TextEncoder().encode(JSON.stringify({ files, cdn_id: nodeId }));
    for (;;) {
      try {
        const question = { method: "POST", target: "/meta/publish", body };
        const options = { deadlineMs: 15_000, what: "publish" };
        const answer = await withDeadline(clock, options, (signal) => client.ask(META, question, { signal }));
        await releaseBody(answer.body);
        if (answer.status === 200) return true;
      } catch {
        // Again, until it is over.
      }
      if (clock.now() >= endMs) return false;
      await sleep(clock, 500);
    }
  }

  /** Publishes everything again, as a store does that finds a meta server back. */
  async tellAll(): Promise<void> {
    for (const [name, { object }] of this.objects) await this.#tell(name, object, undefined);
  }
}

/** A meta server, with the rules of `src/core/meta_file.ts` and a catalogue that outlives it. */
export class LabMeta {
  readonly files = new Map<string, MetaFile>();
  /** Requests in order: `POST /meta/hold`. */
  readonly asked: string[] = [];
  readonly #lab: EdgeLab;
  readonly #nodes = new Map<number, { readonly address: string; beatMs: number }>();
  #server: HttpServer | undefined;

  constructor(lab: EdgeLab) {
    this.#lab = lab;
  }

  /** Starts it. Nodes have as much time as if they had been heard just now. */
  async start(): Promise<void> {
    for (const node of this.#nodes.values()) node.beatMs = this.#lab.clock.now();
    this.#server = await this.#lab.http.serve(META, (request) => this.#answer(request));
  }

  /** Stops it. */
  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** Forgets every node and every file. */
  forget(): void {
    this.#nodes.clear();
    this.files.clear();
  }

  /** The nodes that hold the present version of a file. */
  holders(name: string): readonly number[] {
    const file = this.files.get(name);
    return file === undefined ? [] : splitHolders(file).current;
  }

  async #answer(request: HttpRequest): Promise<HttpResponse> {
    this.asked.push(`${request.method} ${request.target}`);
    const text = new TextDecoder().decode(await readBody({ status: 200, headers: [], body: request.body }));
    const body = JSON.parse(text);
    switch (request.target) {
      case "/meta/register":
        return this.#register(body.IP);
      case "/meta/heartbeat":
        return this.#heartbeat(body);
      case "/meta/hold":
        return this.#hold(body);
      case "/meta/publish":
        for (const file of body.files) await this.#publish(file, body.cdn_id);
        return jsonResponse(200, { files: [] });
      case "/meta/purge": {
        const file = this.files.get(body.file_name);
        if (file !== undefined) {
          this.files.set(file.name, purgeFile(file));
          await this.#invalidate(file.name);
        }
        return jsonResponse(200, { status: "success" });
      }
      default:
        return jsonResponse(200, { status: "success" });
    }
  }

  #register(address: string): HttpResponse {
    for (const [id, node] of this.#nodes) if (node.address === address) return jsonResponse(200, { cdn_id: id });
    const id = this.#nodes.size + 1;
    this.#nodes.set(id, { address, beatMs: -Infinity });
    return jsonResponse(200, { cdn_id: id });
  }

  #heartbeat(
    { cdn_id: id, cdn_address: address, dropped }: { cdn_id: number; cdn_address: string; dropped: string[] },
  ): HttpResponse {
    const node = this.#nodes.get(id);
    if (node === undefined || node.address !== address) return failure(404, "Register again");
    node.beatMs = this.#lab.clock.now();
    for (const name of dropped) {
      const file = this.files.get(name);
      if (file !== undefined && splitHolders(file).stale.includes(id)) {
        this.#keep(name, releaseHolder(file, id, undefined));
      }
    }
    const stale = [...this.files.values()].filter((file) => splitHolders(file).stale.includes(id)).map(({ name }) =>
      name
    );
    return jsonResponse(200, { status: "success", lease_ms: LEASE_MS, stale });
  }

  #hold(
    body: {
      file_name: string;
      file_hash: string;
      timestamp: string;
      sha256: string;
      generation: number;
      cdn_id: number;
    },
  ): HttpResponse {
    if (!this.#nodes.has(body.cdn_id)) return failure(404, "Register again");
    const version = {
      hash: body.file_hash,
      timestamp: body.timestamp,
      sha256: body.sha256,
      generation: body.generation,
    };
    const { file, verdict } = holdVersion(this.files.get(body.file_name), version, {
      nodeId: body.cdn_id,
      nowMs: this.#lab.clock.unixMs(),
    });
    this.#keep(body.file_name, file);
    return jsonResponse(200, { verdict });
  }

  async #publish(
    file: { file_name: string; file_hash: string; timestamp: string; sha256: string; generation: number },
    nodeId: number | undefined,
  ): Promise<void> {
    const name = file.file_name;
    const { sha256, generation, timestamp, file_hash: hash } = file;
    const version = { name, hash, timestamp, sha256, generation };
    const published = publishVersion(this.files.get(name), version, this.#lab.clock.unixMs());
    const isPresent = nodeId !== undefined && bytesOf(published.file) === sha256;
    this.#keep(name, isPresent ? noteHolder(published.file, nodeId, sha256) : published.file);
    await this.#invalidate(name);
  }

  /** Waits until nobody serves older bytes: each holder has said so, or its lease is over. */
  async #invalidate(name: string): Promise<void> {
    const file = this.files.get(name);
    if (file === undefined) return;
    const client = this.#lab.http.client(META.host);
    const { clock } = this.#lab;
    await Promise.all(
      splitHolders(file).stale.map(async (id) => {
        const held = file.holders.get(id);
        const node = this.#nodes.get(id);
        while (node !== undefined && clock.now() < node.beatMs + LEASE_MS + 1_000) {
          try {
            const below: HttpFields = file.generation === undefined || held === "purged"
              ? []
              : [["x-generation-below", String(file.generation)]];
            const question = { method: "DELETE", target: targetOf(name), headers: below };
            const options = { deadlineMs: 1_000, what: "invalidate" };
            const answer = await withDeadline(clock, options, (signal) => {
              return client.ask(parseAddress(node.address), question, { signal });
            });
            await releaseBody(answer.body);
            if (answer.status === 200 || answer.status === 404) {
              const now = this.files.get(name);
              if (now !== undefined) this.#keep(name, releaseHolder(now, id, held));
              return;
            }
          } catch {
            // Again, until its lease is over.
          }
          await sleep(clock, 200);
        }
      }),
    );
  }

  #keep(name: string, file: MetaFile | undefined): void {
    if (file === undefined) this.files.delete(name);
    else this.files.set(name, file);
  }
}
