/**
 * What a store does with files over HTTP.
 *
 * @module
 */

import { type Digest, md5 } from "../../base/digest.ts";
import { KeyedLocks } from "../../base/keyed_locks.ts";
import { mayWrite } from "../../core/conditional_request.ts";
import type { EdgeObject } from "../../core/edge_object.ts";
import { compareHashes } from "../../core/file_version.ts";
import type { Env } from "../../env/env.ts";
import type { Counter } from "../../env/metrics.ts";
import { PUBLISHED_FIELD, readNodeId, readPublishedVersion, writeEdgeObject } from "../../protocol/edge_headers.ts";
import { fileReply, listReply } from "../../protocol/edge_json.ts";
import { fieldOf, type HttpFields } from "../../protocol/http_fields.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../../protocol/http.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { answerFile } from "../../services/answer_file.ts";
import { failure } from "../../services/http_failure.ts";
import { type ByteRoute, type JsonRoute, readRoute } from "../../services/http_routes.ts";
import { limitedBody } from "../../services/request_body.ts";
import type { Objects, WholeBytes } from "../../storage/objects.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { presentOf, type Publication, type StorePublisher } from "./store_publisher.ts";

/** The code of the error for bytes that are not those whose hash was sent. */
export const HASH_MISMATCH = "HASH_MISMATCH";

/** What it needs of the outside world. */
export type StoreFilesEnv = Pick<Env, "clock" | "metrics">;

/** Options of {@link StoreFiles}. */
export interface StoreFilesOptions {
  /** Where files are kept. */
  readonly objects: Objects;
  /** Who tells the meta server. */
  readonly publisher: StorePublisher;
  /** The most bytes of one file. */
  readonly limitBytes: number;
}

const CONDITIONS = ["if-match", "if-none-match", "if-unmodified-since"] as const;
const NOTHING = "There is no such file";

/** A write is not done, for what is there is not what the client wants it to be. */
class PreconditionError extends Error {}

/** The routes of a store. */
export class StoreFiles {
  readonly #env: StoreFilesEnv;
  readonly #objects: Objects;
  readonly #publisher: StorePublisher;
  readonly #limitBytes: number;
  /** One change of a name, with its publication, at a time: so the meta server hears of them in their order. */
  readonly #changes = new KeyedLocks();
  readonly #reads: Counter;
  readonly #writes: Counter;
  readonly #removals: Counter;

  /** Creates it. */
  constructor(env: StoreFilesEnv, { objects, publisher, limitBytes }: StoreFilesOptions) {
    this.#env = env;
    this.#objects = objects;
    this.#publisher = publisher;
    this.#limitBytes = limitBytes;
    this.#reads = env.metrics.counter("microcdn_store_reads_total", "Files read.");
    this.#writes = env.metrics.counter("microcdn_store_writes_total", "Files stored.");
    this.#removals = env.metrics.counter("microcdn_store_removals_total", "Files removed.");
  }

  /** Routes of files. */
  get bytes(): readonly ByteRoute[] {
    const read = {
      summary: "Reads a file, or a part of it",
      changes: false,
      errors: { 404: NOTHING, 412: "It is not what If-Match names", 416: "No such byte" },
      answer: (name: string, request: HttpRequest) => this.#read(name, request),
    };
    const write = {
      summary: "Stores a file",
      changes: true,
      takesFile: true,
      reply: fileReply,
      errors: {
        400: "The bytes are not those whose hash was sent",
        412: "What is there is not what If-Match or If-None-Match name",
        413: "It is too large",
        507: "No room is left",
      },
      answer: (name: string, request: HttpRequest) => this.#write(name, request),
    };
    const remove = {
      summary: "Removes a file",
      changes: true,
      reply: fileReply,
      errors: { 404: NOTHING, 412: "It is not what If-Match names" },
      answer: (name: string, request: HttpRequest) => this.#remove(name, request),
    };
    return [
      { prefix: "/get/", methods: { GET: read } },
      { prefix: "/post/", methods: { POST: write, PUT: write } },
      { prefix: "/delete/", methods: { DELETE: remove } },
    ];
  }

  /** Routes of JSON. */
  get json(): readonly JsonRoute[] {
    const list = async (): Promise<{ files: string[] }> => {
      const files: string[] = [];
      for await (const name of this.#objects.list()) files.push(name);
      return { files };
    };
    return [readRoute({ path: "/list", summary: "The names of all files", reply: listReply, answer: list })];
  }

  async #read(name: string, request: HttpRequest): Promise<HttpResponse> {
    const opened = await this.#objects.open(name);
    if (opened === undefined) return failure(404, NOTHING);
    this.#reads.add();
    return await answerFile(opened, request, { name, nowMs: this.#env.clock.unixMs() });
  }

  async #write(name: string, request: HttpRequest): Promise<HttpResponse> {
    const { headers } = request;
    const version = readPublishedVersion(headers);
    const nodeId = readNodeId(headers);
    const body = limitedBody(request, this.#limitBytes);
    // A client that waits to be told to continue need not send what is not wanted.
    if (hasConditions(headers) && !await this.#mayChange(name, headers)) return preconditionFailed();
    const digest = /^[0-9a-f]{32}$/i.test(version.hash) ? md5() : undefined;
    let free = (): void => {};
    let replaces = true;
    try {
      const object = await this.#objects.put(name, digest === undefined ? body : digested(body, digest), {
        version,
        limitBytes: this.#limitBytes,
        check: async (whole) => {
          checkHash(whole, digest);
          free = await this.#changes.take(name);
          if (!await this.#mayChange(name, headers)) throw new PreconditionError();
          replaces = await this.#isThere(name);
        },
      });
      this.#writes.add();
      return done(name, await this.#publisher.stored(name, object, { nodeId, replaces }), object);
    } catch (error) {
      if (!(error instanceof PreconditionError)) throw error;
      return preconditionFailed();
    } finally {
      free();
    }
  }

  async #remove(name: string, { headers }: HttpRequest): Promise<HttpResponse> {
    return await this.#changes.run(name, async () => {
      if (!await this.#mayChange(name, headers)) return preconditionFailed();
      if (!await this.#objects.remove(name)) return failure(404, NOTHING);
      this.#removals.add();
      return done(name, await this.#publisher.removed(name));
    });
  }

  /** Whether nodes may have bytes of a file: what is damaged here need not be so there. */
  async #isThere(name: string): Promise<boolean> {
    try {
      return await this.#objects.stat(name) !== undefined;
    } catch (error) {
      if (error instanceof StorageError && error.code === "corrupt") return true;
      throw error;
    }
  }

  async #mayChange(name: string, headers: HttpFields): Promise<boolean> {
    if (!hasConditions(headers)) return true;
    const present = await presentOf(this.#objects, name);
    const representation = present && { tag: present.sha256, ...present };
    return mayWrite(headers, representation, this.#env.clock.unixMs());
  }
}

function hasConditions(headers: HttpFields): boolean {
  return CONDITIONS.some((name) => fieldOf(headers, name) !== undefined);
}

function preconditionFailed(): HttpResponse {
  return failure(412, "Precondition Failed");
}

/** A change is done, and so far it is known. */
function done(name: string, publication: Publication, object?: EdgeObject): HttpResponse {
  const reply = jsonResponse(200, { status: "success", file: name });
  const fields: HttpResponse["headers"] = object === undefined
    ? []
    : [["etag", `"${object.sha256}"`], ...writeEdgeObject(object)];
  return { ...reply, headers: [...reply.headers, ...fields, [PUBLISHED_FIELD, publication]] };
}

async function* digested(body: AsyncIterable<Uint8Array>, digest: Digest): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of body) {
    digest.update(piece);
    yield piece;
  }
}

/** Refuses bytes that are not those whose hash was sent, if that is of a kind that is known here. */
function checkHash({ hash, sha256 }: WholeBytes, digest: Digest | undefined): void {
  const own = digest?.hex() ?? sha256;
  if (compareHashes(hash, own) !== "different") return;
  throw new ProtocolError(HASH_MISMATCH, `Cannot store the file: its hash is ${own}, not ${hash}`);
}
