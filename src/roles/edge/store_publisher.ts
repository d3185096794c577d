/**
 * How the meta server comes to know what the store has.
 *
 * The store is the truth. Each change is published when it is done; what could not be is kept in mind, and published when
 * a meta server is there again. At its start the store publishes all it has, so that nothing need be written down; and
 * again when a meta server turns out to have forgotten something. A publication says the present state of a name, and its
 * generation decides there, so it may come twice or late.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import { slept } from "../../base/clock.ts";
import { withDeadline } from "../../base/deadline.ts";
import type { EdgeObject } from "../../core/edge_object.ts";
import type { Env } from "../../env/env.ts";
import { filesReply, successReply } from "../../protocol/edge_json.ts";
import { publishReply, type PublishRequest, type StoredVersion } from "../../protocol/edge_meta_json.ts";
import { JsonPeers } from "../../services/ask_json.ts";
import { UpstreamError } from "../../services/upstream_error.ts";
import type { Objects } from "../../storage/objects.ts";
import { StorageError } from "../../storage/storage_error.ts";

/** Whether the meta server knows of a change: yes; it will be told later; there is none to tell. */
export type Publication = "yes" | "later" | "no";

/** What a {@link StorePublisher} needs of the outside world. */
export type PublisherEnv = Pick<Env, "httpClient" | "clock" | "log">;

/** Options of {@link StorePublisher}. */
export interface PublisherOptions {
  /** What there is to publish. */
  readonly objects: Objects;
  /** The meta servers, any of which may be told. */
  readonly meta: readonly Address[];
  /** Shown to them. Default: none. */
  readonly token: string | undefined;
}

/** How long a meta server may take: it answers when nobody serves older bytes, for which leases have to run out. */
const ANSWER_MS = 10_000;
/** How long all of them together may take before a write is answered without them. */
const PUBLISH_MS = 15_000;
/** How often a meta server is asked whether it still knows what it was told. */
const PROBE_MS = 5_000;
/** How soon to try again after a failure, at first and at most. */
const RETRY_MS = 250;
const MAX_RETRY_MS = 4_000;
/** How many names are published at once. */
const BATCH = 1_000;
/** How many objects are looked at at once. */
const LOOKS = 16;
/** How many names are kept in mind; with more, everything is published. */
const MAX_BEHIND = 100_000;

/** Publishes what a store has. */
export class StorePublisher {
  readonly #env: PublisherEnv;
  readonly #objects: Objects;
  readonly #peers: JsonPeers | undefined;
  /** Names of which a meta server may not know the present state. */
  readonly #behind = new Set<string>();
  #isAllBehind = true;
  #isAway = false;
  /** A name that was published, asked after to see whether a meta server has lost its memory. */
  #sample: string | undefined;

  /** Creates it; without meta servers it has nothing to do. */
  constructor(env: PublisherEnv, { objects, meta, token }: PublisherOptions) {
    this.#env = env;
    this.#objects = objects;
    this.#peers = meta.length === 0 ? undefined : new JsonPeers(env, meta, { deadlineMs: ANSWER_MS, token });
  }

  /** How many names a meta server may not know the present state of; `undefined` if that may be all of them. */
  get behind(): number | undefined {
    return this.#peers === undefined ? 0 : this.#isAllBehind ? undefined : this.#behind.size;
  }

  /**
   * Tells of a version that was stored. Whoever calls this has the name to himself until it is done.
   *
   * @param nodeId The node that has the bytes, too.
   * @param replaces Whether there were other bytes before.
   */
  stored(
    name: string,
    object: EdgeObject,
    { nodeId, replaces }: { readonly nodeId: number | undefined; readonly replaces: boolean },
  ): Promise<Publication> {
    return this.#tell(name, (signal) => this.#publish([versionOf(name, object)], { nodeId, replaces, signal }));
  }

  /** Tells of a removal. Whoever calls this has the name to himself until it is done. */
  removed(name: string): Promise<Publication> {
    return this.#tell(name, (signal) => this.#withdraw(name, signal));
  }

  /** Publishes what is behind, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#peers === undefined) return;
    let retryMs = RETRY_MS;
    for (let waitMs = 0; await slept(this.#env.clock, waitMs, signal);) {
      try {
        await this.#catchUp(signal);
        this.#back();
        retryMs = RETRY_MS;
        waitMs = PROBE_MS;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof StorageError)) this.#away(error);
        waitMs = retryMs;
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  }

  async #tell(name: string, tell: (signal: AbortSignal) => Promise<unknown>): Promise<Publication> {
    if (this.#peers === undefined) return "no";
    // Nobody is kept waiting for one who has just not answered.
    if (!this.#isAway) {
      try {
        const deadline = { deadlineMs: PUBLISH_MS, what: `publish ${name}` };
        await withDeadline(this.#env.clock, deadline, tell);
        this.#behind.delete(name);
        this.#sample ??= name;
        return "yes";
      } catch (error) {
        // Who refuses this is there for others.
        if (isRefusal(error)) this.#refused(name, error);
        else this.#away(error);
      }
    }
    this.#leaveBehind(name);
    return "later";
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    if (this.#isAllBehind) await this.#publishAll(signal);
    while (this.#behind.size > 0) await this.#publishNames([...this.#behind].slice(0, BATCH), signal);
    if (this.#sample !== undefined && await this.#publishNames([this.#sample], signal)) {
      this.#env.log.info("publishing everything", { reason: "a meta server does not know what it was told" });
      await this.#publishAll(signal);
    }
  }

  async #publishAll(signal: AbortSignal): Promise<void> {
    this.#isAllBehind = true;
    const known = new Set<string>();
    let batch: string[] = [];
    for await (const name of this.#objects.list({ signal })) {
      known.add(name);
      batch.push(name);
      if (batch.length < BATCH) continue;
      await this.#publishNames(batch, signal);
      batch = [];
    }
    await this.#publishNames(batch, signal);
    // A removal that nobody was told of, by a process that is gone.
    const { files } = await this.#peers!.ask({ method: "GET", target: "/meta/files", reply: filesReply }, { signal });
    const strange = files.map(({ name }) => name).filter((name) => !known.has(name));
    for (const name of strange) this.#leaveBehind(name);
    this.#isAllBehind = this.#behind.size >= MAX_BEHIND;
    this.#env.log.info("everything published", { files: known.size, toBeWithdrawn: strange.length });
  }

  /** Tells the present state of names. Returns whether one was news that should not have been. */
  async #publishNames(names: readonly string[], signal: AbortSignal): Promise<boolean> {
    if (names.length === 0) return false;
    const states = await this.#look(names, signal);
    const there = names.flatMap((name, at) => states[at] === undefined ? [] : [versionOf(name, states[at])]);
    let isNews = false;
    if (there.length > 0) isNews = await this.#publishSome(there, signal);
    for (const [at, name] of names.entries()) if (states[at] === undefined) await this.#withdraw(name, signal);
    // What changed meanwhile has been published by whoever changed it; this may have come after that, and undone it.
    const after = await this.#look(names, signal);
    for (const [at, name] of names.entries()) {
      if (states[at]?.generation === after[at]?.generation) this.#behind.delete(name);
      else this.#leaveBehind(name);
    }
    const last = there.at(-1)?.file_name;
    if (last !== undefined) this.#sample = last;
    else if (names.includes(this.#sample ?? "")) this.#sample = undefined;
    return isNews;
  }

  /** Publishes versions together; where one is refused, one by one, so that it holds up none of the others. */
  async #publishSome(files: readonly StoredVersion[], signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#publish(files, { signal });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (files.length === 1) {
        this.#refused(files[0]!.file_name, error);
        return false;
      }
    }
    let isNews = false;
    for (const file of files) isNews = await this.#publishSome([file], signal) || isNews;
    return isNews;
  }

  /** The present state of names. One that is damaged counts as not there: nobody can have it. */
  async #look(names: readonly string[], signal: AbortSignal): Promise<(EdgeObject | undefined)[]> {
    const states: (EdgeObject | undefined)[] = [];
    for (let at = 0; at < names.length; at += LOOKS) {
      const some = names.slice(at, at + LOOKS).map((name) => presentOf(this.#objects, name, signal));
      states.push(...await Promise.all(some));
    }
    return states;
  }

  async #publish(
    files: readonly StoredVersion[],
    { nodeId, replaces, signal }: { nodeId?: number | undefined; replaces?: boolean; signal: AbortSignal },
  ): Promise<boolean> {
    const body: PublishRequest = { files, cdn_id: nodeId, replaces };
    const question = { method: "POST", target: "/meta/publish", body, reply: publishReply };
    const reply = await this.#peers!.ask(question, { signal });
    return reply.files.some(({ kind }) => kind === "new");
  }

  async #withdraw(name: string, signal: AbortSignal): Promise<void> {
    const question = { method: "DELETE", target: "/meta/delete", body: { file_name: name }, reply: successReply };
    try {
      await this.#peers!.ask(question, { signal });
    } catch (error) {
      // It does not know the file: all the better.
      if (!(error instanceof UpstreamError && error.status === 404)) throw error;
    }
  }

  #leaveBehind(name: string): void {
    if (this.#behind.size < MAX_BEHIND) this.#behind.add(name);
    else this.#isAllBehind = true;
  }

  #refused(name: string, { message }: Error): void {
    this.#env.log.warn("publication refused", { file: name, reason: message });
  }

  #away(error: unknown): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#env.log.warn("meta server away", { reason: error instanceof Error ? error.message : String(error) });
  }

  #back(): void {
    if (this.#isAway) this.#env.log.info("meta server back");
    this.#isAway = false;
  }
}

/** Whether a meta server does not take what it is told, for what that is. */
function isRefusal(error: unknown): error is UpstreamError {
  return error instanceof UpstreamError && [400, 413, 422].includes(error.status);
}

/** What is stored under a name; `undefined` for nothing, and for what is damaged. */
export async function presentOf(
  objects: Objects,
  name: string,
  signal?: AbortSignal,
): Promise<EdgeObject | undefined> {
  try {
    return await objects.stat(name, { signal });
  } catch (error) {
    if (error instanceof StorageError && error.code === "corrupt") return undefined;
    throw error;
  }
}

function versionOf(name: string, { hash, timestamp, sha256, generation }: EdgeObject): StoredVersion {
  return { file_name: name, file_hash: hash, timestamp, sha256, generation };
}
