/**
 * How an edge node answers `GET` and `HEAD`: from its cache, if it may, and otherwise from the store, once for all who ask.
 *
 * Source: PROTOCOL.md, "edge: what a node may serve".
 *
 * @module
 */

import { unreachable } from "../../base/invariant.ts";
import type { ByteRange } from "../../core/byte_ranges.ts";
import type { EdgeObject } from "../../core/edge_object.ts";
import { decideServing, mayServeStale } from "../../core/serve_decision.ts";
import type { Env } from "../../env/env.ts";
import { contentTypeOf } from "../../protocol/content_type.ts";
import { CACHE_FIELD } from "../../protocol/edge_headers.ts";
import { fieldOf } from "../../protocol/http_fields.ts";
import type { HttpRequest, HttpResponse } from "../../protocol/http.ts";
import { answerFile, type ReadableObject } from "../../services/answer_file.ts";
import { isPassing } from "../../services/ask_json.ts";
import { failure } from "../../services/http_failure.ts";
import { SharedLooks } from "../../services/shared_looks.ts";
import type { CachedCopy, CacheLayer } from "../../storage/cache_layer.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { Fill } from "./fill.ts";
import type { HoldAnswer, NodeStanding } from "./node_standing.ts";
import type { NodeStore, StoreDownload, StoreObject } from "./node_store.ts";
import { PassingObject } from "./passing_object.ts";

/** What reads need. */
export interface NodeReadsOptions {
  /** The copies. */
  readonly cache: CacheLayer;
  /** Where everything is. */
  readonly store: NodeStore;
  /** Which copies may be served. */
  readonly standing: NodeStanding;
  /** How old a copy may be that nobody can tell anything about, in milliseconds; 0 for never. */
  readonly staleMs: number;
}

/** How a request was answered, for `X-Cache`. */
type CacheResult = "HIT" | "MISS" | "REVALIDATED" | "STALE";

/** Something to answer with. */
interface Found {
  readonly source: ReadableObject;
  readonly result: CacheResult;
  readonly layer: string | undefined;
  /** When it was last known to be the present version. */
  readonly currentMs: number;
}

/** What the store has to offer. */
type Start =
  | { readonly kind: "missing" }
  /** Bytes of a store that does not say what they are. */
  | { readonly kind: "foreign"; readonly download: StoreDownload }
  | { readonly kind: "pass"; readonly source: ReadableObject }
  | { readonly kind: "fill"; readonly fill: Fill; readonly verdict: Promise<HoldAnswer> };

/** A fill from the moment that it is asked for. */
interface Pending {
  start: Promise<Start>;
  /** What comes, as soon as that is known. */
  object: EdgeObject | undefined;
  /** Whether it must not be joined or kept any more: something was heard of the name. */
  isDetached: boolean;
}

/** Reads of one node. */
export class NodeReads {
  readonly #env: Pick<Env, "clock" | "metrics" | "log">;
  readonly #options: NodeReadsOptions;
  readonly #fills = new Map<string, Pending>();
  /** Every fill that is under way, also those that nobody may join. */
  readonly #running = new Set<Fill>();
  readonly #looks: SharedLooks<StoreObject | undefined>;
  #isStopped = false;

  /** Creates it. */
  constructor(env: Pick<Env, "clock" | "metrics" | "log">, options: NodeReadsOptions) {
    this.#env = env;
    this.#options = options;
    this.#looks = new SharedLooks((name) => options.store.head(name));
    env.metrics.gauge("microcdn_edge_fills", "Downloads from the store under way.", () => this.#running.size);
  }

  /** Answers a request. What it throws is answered as `answerFailure()` says. */
  async answer(name: string, request: HttpRequest): Promise<HttpResponse> {
    const nowMs = this.#env.clock.unixMs();
    const found = await this.#find(name, request.method === "HEAD");
    if (found === undefined) return failure(404, "File not found");
    if ("status" in found) return found;
    const { source, result, layer, currentMs } = found;
    this.#count(result);
    const headers: [string, string][] = [
      [CACHE_FIELD, layer === undefined ? result : `${result} ${layer}`],
      ["age", String(Math.max(0, Math.floor((nowMs - currentMs) / 1_000)))],
    ];
    return await answerFile(source, request, { name, nowMs, headers });
  }

  /**
   * Drops whatever there is of a name, or of its generations below one. When it resolves nobody gets it from here any more;
   * who reads it reads on.
   *
   * @returns whether there was a copy.
   */
  async drop(name: string, below?: number): Promise<boolean> {
    this.#options.standing.held.drop(name, below);
    this.#detach(name, below);
    return await this.#options.cache.remove(name, { below });
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(Array.from(this.#running, (fill) => fill.stop()));
  }

  async #find(name: string, isHead: boolean): Promise<Found | HttpResponse | undefined> {
    const copy = await this.#options.cache.open(name);
    if (copy !== undefined) {
      const found = await this.#judge(name, copy);
      if (found === "missing") return undefined;
      if (found !== "other") return found;
    }
    const pending = this.#fills.get(name);
    if (pending !== undefined) {
      const source = await this.#join(name, pending);
      if (source !== undefined) return this.#missed(source);
    }
    if (isHead) return await this.#head(name);
    // Whoever could not join does not make others wait once more: of what cannot be shared each gets his own.
    return await this.#download(name, pending === undefined);
  }

  #missed(source: ReadableObject): Found {
    return { source, result: "MISS", layer: undefined, currentMs: this.#env.clock.unixMs() };
  }

  /** Decides about a copy; closes it unless it is to be served. */
  async #judge(name: string, copy: CachedCopy): Promise<Found | "missing" | "other"> {
    const { store } = this.#options;
    const source: ReadableObject = {
      object: copy.object,
      read: (range) => readOn(copy, range, (rest) => store.read(name, copy.object, rest)),
      close: () => copy.close(),
    };
    try {
      const verdict = await this.#verdictOn(name, copy);
      if (typeof verdict === "object") return { source, layer: copy.layer, ...verdict };
      await copy.close();
      return verdict;
    } catch (error) {
      await copy.close();
      throw error;
    }
  }

  async #verdictOn(
    name: string,
    copy: CachedCopy,
  ): Promise<Pick<Found, "result" | "currentMs"> | "missing" | "other"> {
    const { standing } = this.#options;
    const { object } = copy;
    const nowMs = this.#env.clock.unixMs();
    const step = decideServing(standing.of(name, object));
    if (step === "serve") return { result: "HIT", currentMs: standing.currentMs(name, object) ?? nowMs };
    if (step === "ask-meta") {
      const verdict = await standing.hold(name, object);
      if (verdict === "current") return { result: "REVALIDATED", currentMs: nowMs };
      if (verdict === "stale") {
        await this.drop(name, object.generation + 1);
        return "other";
      }
    }
    let present: StoreObject | undefined;
    try {
      present = await this.#looks.ask(name);
    } catch (error) {
      // The store could not be asked, or is broken: what is here may be better than nothing.
      if (!isPassing(error)) throw error;
      const currentMs = Math.max(standing.currentMs(name, object) ?? 0, copy.keptMs);
      if (!mayServeStale(nowMs - currentMs, this.#options.staleMs)) throw error;
      return { result: "STALE", currentMs };
    }
    if (present?.object?.sha256 === object.sha256) return { result: "REVALIDATED", currentMs: nowMs };
    await this.drop(name, object.generation + 1);
    return present === undefined ? "missing" : "other";
  }

  /** Joins a fill, if what comes is known to be the present version. */
  async #join(name: string, pending: Pending): Promise<ReadableObject | undefined> {
    const start = await pending.start;
    if (start.kind !== "fill") return undefined;
    const { fill, verdict } = start;
    const isKnown = await verdict === "current";
    const { isHeld, hasLease } = this.#options.standing.of(name, fill.object);
    if (isKnown && isHeld && hasLease && !pending.isDetached && !fill.hasFailed) return fill.reader();
    const present = await this.#looks.ask(name);
    return present?.object?.sha256 === fill.object.sha256 && !fill.hasFailed ? fill.reader() : undefined;
  }

  async #head(name: string): Promise<Found | HttpResponse | undefined> {
    const present = await this.#looks.ask(name);
    if (present === undefined) return undefined;
    const { object, headers } = present;
    if (object === undefined) return foreignAnswer(name, headers, new Uint8Array());
    // Nothing is read of it: the answer to a HEAD has no body.
    return this.#missed({ object, read: () => nothing(), close: () => Promise.resolve() });
  }

  /** Downloads from the store; for others too, if they may join. */
  async #download(name: string, isShared: boolean): Promise<Found | HttpResponse | undefined> {
    const pending: Pending = { start: undefined!, object: undefined, isDetached: false };
    pending.start = this.#begin(name, pending);
    if (isShared) {
      this.#fills.set(name, pending);
      const forget = (): void => {
        if (this.#fills.get(name) === pending) this.#fills.delete(name);
      };
      pending.start.then((start) => start.kind === "fill" ? void start.fill.done.then(forget) : forget(), forget);
    }
    const start = await pending.start;
    switch (start.kind) {
      case "missing":
        return undefined;
      case "foreign":
        this.#count("MISS");
        return foreignAnswer(name, start.download.headers, start.download.body);
      case "pass":
        return this.#missed(start.source);
      case "fill":
        return this.#missed(start.fill.firstReader());
      default:
        return unreachable(start);
    }
  }

  async #begin(name: string, pending: Pending): Promise<Start> {
    const { cache, store, standing } = this.#options;
    const download = await store.get(name);
    if (download === undefined) return { kind: "missing" };
    const { object } = download;
    if (object === undefined) return { kind: "foreign", download };
    pending.object = object;
    const { sizeBytes, generation } = object;
    const draft = this.#isStopped ? undefined : await cache.begin(name, { sizeBytes, generation });
    if (draft === undefined) {
      return { kind: "pass", source: new PassingObject(name, object, { store, download }) };
    }
    // Asked before the bytes can be found: whoever changes the file from now on waits until they cannot.
    const verdict = standing.hold(name, object);
    const fill = new Fill({
      name,
      object,
      download,
      draft,
      store,
      mayKeep: async () => !["stale", "unknown"].includes(await verdict ?? "") && !pending.isDetached,
    });
    this.#running.add(fill);
    void fill.done.then(() => this.#running.delete(fill));
    return { kind: "fill", fill, verdict };
  }

  #detach(name: string, below = Infinity): void {
    const pending = this.#fills.get(name);
    if (pending === undefined || (pending.object?.generation ?? -1) >= below) return;
    pending.isDetached = true;
    this.#fills.delete(name);
  }

  #count(result: CacheResult): void {
    const help = "Requests that were answered with an object, by where it came from.";
    this.#env.metrics.counter("microcdn_edge_answers_total", help, { result: result.toLowerCase() }).add();
  }
}

/** Reads a copy, and the rest from elsewhere if it is lost meanwhile. */
async function* readOn(
  copy: CachedCopy,
  range: ByteRange = { start: 0, end: copy.object.sizeBytes },
  elsewhere: (rest: ByteRange) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let at = range.start;
  try {
    for await (const piece of copy.read(range)) {
      yield piece;
      at += piece.length;
    }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    yield* elsewhere({ start: at, end: range.end });
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Hands on what a store of another make sends. */
function foreignAnswer(name: string, headers: HttpResponse["headers"], body: HttpResponse["body"]): HttpResponse {
  const handedOn = ["content-type", "content-length", "etag", "last-modified"].flatMap((field) => {
    const value = fieldOf(headers, field);
    return value === undefined ? [] : [[field, value] as const];
  });
  const type = handedOn.some(([field]) => field === "content-type")
    ? []
    : [["content-type", contentTypeOf(name)] as const];
  return {
    status: 200,
    headers: [...handedOn, ...type, ["x-content-type-options", "nosniff"], [CACHE_FIELD, "MISS"]],
    body,
  };
}
