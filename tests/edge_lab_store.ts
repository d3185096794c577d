/**
 * The store of the edge lab: objects in memory, published one after the other a name.
 *
 * @module
 */

import type { Address } from "../src/base/address.ts";
import { sleep } from "../src/base/clock.ts";
import { withDeadline } from "../src/base/deadline.ts";
import type { VirtualClock } from "../src/base/virtual_clock.ts";
import type { EdgeObject } from "../src/core/edge_object.ts";
import type { HttpServer } from "../src/net/http.ts";
import { releaseBody } from "../src/net/http_framing.ts";
import { type MemoryHttpServers, readBody } from "../src/net/memory_http.ts";
import { readPublishedVersion, writeEdgeObject } from "../src/protocol/edge_headers.ts";
import { readEdgePath } from "../src/protocol/edge_name.ts";
import { fieldOf } from "../src/protocol/http_fields.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../src/protocol/http.ts";
import { answerFile } from "../src/services/answer_file.ts";
import { failure } from "../src/services/http_failure.ts";
import { shaOf } from "./download_lab.ts";

/** Where the store is. */
export const STORE: Address = { host: "10.0.0.3", port: 5050 };
/** Where the meta server is. */
export const META: Address = { host: "10.0.0.2", port: 8002 };

/** The world that store and meta server are in. */
export interface LabWorld {
  readonly clock: VirtualClock;
  readonly http: MemoryHttpServers;
}

/** The store, in memory. */
export class LabStore {
  readonly objects = new Map<string, { readonly object: EdgeObject; readonly bytes: Uint8Array }>();
  /** Requests in order: `GET a`. */
  readonly asked: string[] = [];
  /** Told before each piece of an answer is sent: may wait. */
  onPiece: (sentBytes: number) => Promise<void> = async () => {};
  /** Told when a write is stored and published, before it is answered: may wait, or throw. */
  onWritten: () => Promise<void> = async () => {};
  /** Changes the pieces of answers. */
  spoil: (piece: Uint8Array) => Uint8Array = (piece) => piece;
  /** What is said of publication; `undefined` to publish. */
  says: "no" | undefined;
  /** Whether answers tell what objects are. */
  isForeign = false;
  readonly #lab: LabWorld;
  readonly #turns = new Map<string, Promise<unknown>>();
  #server: HttpServer | undefined;
  #generation = 0;

  constructor(lab: LabWorld) {
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
    await this.onWritten();
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
