/**
 * How an edge node answers `PUT` and `DELETE`: a file goes through it to the store, which publishes it, and stays here.
 *
 * @module
 */

import { sha256 } from "../../base/digest.ts";
import type { EdgeObject } from "../../core/edge_object.ts";
import type { Env } from "../../env/env.ts";
import {
  PUBLISHED_FIELD,
  readEdgeObject,
  readGenerationBelow,
  readPublishedVersion,
  writeEdgeObject,
  writePublishedVersion,
} from "../../protocol/edge_headers.ts";
import { putEnvelope } from "../../protocol/edge_json.ts";
import { fieldOf } from "../../protocol/http_fields.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../../protocol/http.ts";
import { requireSuccess } from "../../services/ask_json.ts";
import { failure } from "../../services/http_failure.ts";
import { MAX_JSON_BYTES } from "../../services/http_routes.ts";
import { declaredBytes, limitedBody, wholeBody } from "../../services/request_body.ts";
import { UpstreamError } from "../../services/upstream_error.ts";
import type { CacheLayer, CopyDraft } from "../../storage/cache_layer.ts";
import { StorageError } from "../../storage/storage_error.ts";
import type { NodeReads } from "./node_reads.ts";
import type { NodeStanding } from "./node_standing.ts";
import type { NodeStore, StoreAnswer } from "./node_store.ts";

/** What writes need. */
export interface NodeWritesOptions {
  /** The copies. */
  readonly cache: CacheLayer;
  /** Where files go. */
  readonly store: NodeStore;
  /** Which copies may be served. */
  readonly standing: NodeStanding;
  /** What drops a name. */
  readonly reads: NodeReads;
  /** The most bytes that a file may have. */
  readonly limitBytes: number;
}

/** What is put. */
interface Upload {
  readonly body: AsyncIterable<Uint8Array>;
  readonly sizeBytes: number | undefined;
  readonly version: { readonly hash: string; readonly timestamp: string };
}

/** The generation of a draft of which the store has yet to say it: it outlives what is said of known ones. */
const NEWEST = Number.MAX_SAFE_INTEGER;
/** Conditions of a write, which the store decides on: it alone knows what is there. */
const CONDITIONS = ["if-match", "if-none-match", "if-unmodified-since"];
/** Answers of the store that are meant for whoever sent the file. */
const HANDED_ON = new Set([400, 408, 409, 412, 413, 415, 422, 507]);

/** Writes of one node. */
export class NodeWrites {
  readonly #env: Pick<Env, "clock" | "log">;
  readonly #options: NodeWritesOptions;

  /** Creates it. */
  constructor(env: Pick<Env, "clock" | "log">, options: NodeWritesOptions) {
    this.#env = env;
    this.#options = options;
  }

  /**
   * Answers a `PUT`. It has succeeded when the store has the bytes, and no node serves older ones any more; this one is
   * told to drop them like any other. The store is not told that this node has the new bytes: it might publish them
   * when nobody here knows of it any more, and then nobody would be told to drop what is here instead.
   */
  async put(name: string, request: HttpRequest): Promise<HttpResponse> {
    const { cache, store } = this.#options;
    const upload = await this.#uploadOf(request);
    const { sizeBytes } = upload;
    const draft = sizeBytes === undefined ? undefined : await cache.begin(name, { sizeBytes, generation: NEWEST });
    try {
      const tee = new Tee(upload.body, draft);
      const headers: [string, string][] = [
        ...writePublishedVersion(upload.version),
        ...CONDITIONS.flatMap((field): [string, string][] => {
          const value = fieldOf(request.headers, field);
          return value === undefined ? [] : [[field, value]];
        }),
        ...(sizeBytes === undefined ? [] : [["content-length", String(sizeBytes)] as [string, string]]),
      ];
      const answer = await store.put(name, { headers, body: tee.pieces() });
      const refusal = await refusalOf(answer, name);
      if (refusal !== undefined) return refusal;
      const object = readEdgeObject(answer.headers);
      const published = await this.#publish(name, upload, { object, said: fieldOf(answer.headers, PUBLISHED_FIELD) });
      if (published !== "yes") {
        const detail = "It is stored, but no meta server could be told yet: send it again, or wait";
        return failure(503, detail, [[PUBLISHED_FIELD, published]]);
      }
      await this.#keep(name, { object, tee, draft });
      const reply = jsonResponse(200, { status: "success", file: name });
      const told = object === undefined ? [] : writeEdgeObject(object);
      return { ...reply, headers: [...reply.headers, ...told, [PUBLISHED_FIELD, published]] };
    } finally {
      await draft?.close();
    }
  }

  /** Answers a `DELETE`: this node has no copy any more. The file stays in the store. */
  async remove(name: string, { headers }: HttpRequest): Promise<HttpResponse> {
    const below = readGenerationBelow(headers);
    const wasThere = await this.#options.reads.drop(name, below);
    // Whoever looks after the copies of many nodes wants to know that none is here, not whether one was.
    if (!wasThere && below === undefined) return failure(404, "File not found");
    return jsonResponse(200, { status: "success", file: name });
  }

  /** Sees to it that a version is published: the store does it, if it knows a meta server. */
  async #publish(
    name: string,
    { version }: Upload,
    { object, said }: { readonly object: EdgeObject | undefined; readonly said: string | undefined },
  ): Promise<string> {
    const { standing } = this.#options;
    if (said === "yes" || said === "later") return said;
    try {
      if (object === undefined) await standing.update(name, version);
      else await standing.publish(name, object);
      return "yes";
    } catch (error) {
      this.#env.log.warn("not published", { name, reason: error instanceof Error ? error.message : String(error) });
      return "later";
    }
  }

  /** Keeps what was put, if it is what the store has, and has it put on record. */
  async #keep(
    name: string,
    { object, tee, draft }: {
      readonly object: EdgeObject | undefined;
      readonly tee: Tee;
      readonly draft: CopyDraft | undefined;
    },
  ): Promise<void> {
    const { reads, standing } = this.#options;
    if (object === undefined) {
      await reads.drop(name);
      return;
    }
    await reads.drop(name, object.generation);
    if (draft === undefined || !tee.isWhole || tee.hex !== object.sha256 || !await draft.commit(object)) return;
    // A later version may have been published since; what is not on record is asked about before it is served.
    const verdict = await standing.hold(name, object);
    if (verdict === "stale" || verdict === "unknown") await reads.drop(name, object.generation + 1);
  }

  /** What a request puts: its body, or what the JSON in it says. */
  async #uploadOf(request: HttpRequest): Promise<Upload> {
    const { limitBytes } = this.#options;
    const version = readPublishedVersion(request.headers);
    const sizeBytes = declaredBytes(request.headers);
    const type = fieldOf(request.headers, "content-type")?.split(";")[0]?.trim().toLowerCase();
    if (type !== "application/json" || sizeBytes === undefined || sizeBytes > MAX_JSON_BYTES) {
      return { body: limitedBody(request, limitBytes), sizeBytes, version };
    }
    const bytes = await wholeBody(request, limitBytes);
    const envelope = readEnvelope(bytes);
    if (envelope === undefined) return { body: one(bytes), sizeBytes: bytes.length, version };
    const content = new TextEncoder().encode(envelope.content);
    const { file_hash: hash, timestamp } = envelope;
    return { body: one(content), sizeBytes: content.length, version: { hash, timestamp } };
  }
}

/** Bytes on their way to the store, of which the cache gets a copy as well, as long as it can take it. */
class Tee {
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #digest = sha256();
  #draft: CopyDraft | undefined;
  #hex: string | undefined;

  constructor(body: AsyncIterable<Uint8Array>, draft: CopyDraft | undefined) {
    this.#body = body;
    this.#draft = draft;
  }

  /** Whether all of it has gone through, to the cache as well. */
  get isWhole(): boolean {
    return this.#draft !== undefined && this.#hex !== undefined;
  }

  /** The digest of all that has gone through, at its end. */
  get hex(): string | undefined {
    return this.#hex;
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#body) {
      this.#digest.update(piece);
      try {
        await this.#draft?.write(piece);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        this.#draft = undefined;
      }
      yield piece;
    }
    this.#hex = this.#digest.hex();
  }
}

/** The answer to a write that the store did not take. */
async function refusalOf(answer: StoreAnswer, name: string): Promise<HttpResponse | undefined> {
  try {
    await requireSuccess(answer, `put ${name} into the store`);
    await answer.cancel();
    return undefined;
  } catch (error) {
    if (error instanceof UpstreamError && HANDED_ON.has(error.status)) return failure(error.status, error.detail);
    throw error;
  }
}

function readEnvelope(bytes: Uint8Array): { content: string; file_hash: string; timestamp: string } | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const checked = putEnvelope.safeParse(value);
    return checked.success && checked.data.content.isWellFormed() ? checked.data : undefined;
  } catch {
    return undefined;
  }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield await Promise.resolve(bytes);
}
