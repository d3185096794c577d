/**
 * Whom an origin asks: meta servers, of which any may answer, and the store.
 *
 * @module
 */

import { type Address, formatAddress } from "../../base/address.ts";
import { withDeadline } from "../../base/deadline.ts";
import type { Env } from "../../env/env.ts";
import { releaseBody } from "../../net/http_framing.ts";
import { PUBLISHED_FIELD } from "../../protocol/edge_headers.ts";
import * as edge from "../../protocol/edge_json.ts";
import * as meta from "../../protocol/edge_meta_json.ts";
import { writeEdgePath } from "../../protocol/edge_name.ts";
import { fieldOf } from "../../protocol/http_fields.ts";
import { tokenFields } from "../../services/access.ts";
import { JsonPeers, requireSuccess } from "../../services/ask_json.ts";
import { isUnknownPath, UpstreamError } from "../../services/upstream_error.ts";

/** What a question may take: a meta server answers it from memory. */
const QUESTION_MS = 5_000;
/** What a change may take: a meta server waits until nodes have dropped their copies, or their leases have run out. */
const CHANGE_MS = 30_000;
/** The most questions at once to a meta server that takes files one by one. */
const MAX_QUESTIONS = 16;

/** Where they are. */
export interface OriginUpstreamOptions {
  /** The meta servers. */
  readonly meta: readonly Address[];
  /** The store. */
  readonly store: Address;
  /** Shown to all of them. */
  readonly token: string | undefined;
}

/** What an origin needs of the outside world. */
type UpstreamEnv = Pick<Env, "httpClient" | "clock">;

/** Asks on behalf of clients. Everything throws as `JsonPeers.ask()` does. */
export class OriginUpstream {
  readonly #env: UpstreamEnv;
  readonly #store: Address;
  readonly #token: string | undefined;
  readonly #questions: JsonPeers;
  readonly #changes: JsonPeers;

  /**
   * Takes their addresses.
   *
   * @throws {RangeError} if there is no meta server.
   */
  constructor(env: UpstreamEnv, { meta, store, token }: OriginUpstreamOptions) {
    this.#env = env;
    this.#store = store;
    this.#token = token;
    this.#questions = new JsonPeers(env, meta, { deadlineMs: QUESTION_MS, token });
    this.#changes = new JsonPeers(env, meta, { deadlineMs: CHANGE_MS, token });
  }

  /** Where files are best had or put, and which have to be sent; all of them, if the meta server cannot tell. */
  async plan({ Lat, Lng, FileList }: edge.ClientRequest): Promise<meta.PlanReply> {
    if (FileList.length === 0) return { files: [] };
    const place = { client_lat: Lat, client_lng: Lng };
    const files = FileList.map(({ Name, Hash, TimeStamp }) => (
      { file_name: Name, file_hash: Hash, timestamp: TimeStamp }
    ));
    const body: meta.PlanRequest = { ...place, files };
    try {
      const plan = await this.#questions.ask({ method: "POST", target: "/meta/plan", body, reply: meta.planReply });
      if (plan.files.length === files.length) return plan;
      throw new UpstreamError(0, "plan", "the plan of the meta server is for other files");
    } catch (error) {
      if (!isUnknownPath(error)) throw error;
    }
    return { files: await this.#queryEach(FileList.map(({ Name }) => Name), place) };
  }

  /** Every file. */
  async files(): Promise<edge.FilesReply> {
    return await this.#questions.ask({ method: "GET", target: "/meta/files", reply: edge.filesReply });
  }

  /** Every node, and which are alive, if the meta server tells. */
  async nodes(): Promise<meta.NodeListReply> {
    try {
      return await this.#questions.ask({ method: "GET", target: "/meta/nodes", reply: meta.nodeListReply });
    } catch (error) {
      if (!isUnknownPath(error)) throw error;
    }
    const { cdns } = await this.#questions.ask({ method: "GET", target: "/meta/cdns", reply: edge.nodesReply });
    return { nodes: cdns.map(({ id, address, lat, lng }) => ({ id, address, lat, lng })) };
  }

  /** Has nodes drop their copies. Returns false if nobody knows the file. */
  async purge(body: meta.PurgeRequest): Promise<boolean> {
    const question = { method: "POST", target: "/meta/purge", body, reply: edge.successReply };
    return await this.#changes.ask(question).then(() => true, unlessUnknown);
  }

  /** Removes a file from the store, and with it from everywhere. Returns false if nobody knows the file. */
  async remove(name: string): Promise<boolean> {
    const { isRemoved, isPublished } = await this.#removeStored(name);
    if (isPublished) return isRemoved;
    // What the store has told nobody, or could not remove because it is not there any more, the meta server may know.
    const body: edge.DeleteRequest = { file_name: name };
    const question = { method: "DELETE", target: "/meta/delete", body, reply: edge.successReply };
    return await this.#changes.ask(question).then(() => true, unlessUnknown) || isRemoved;
  }

  /** What `/state` shows. */
  describe(): Record<string, unknown> {
    return { meta: this.#questions.addresses.map(formatAddress), store: formatAddress(this.#store) };
  }

  async #removeStored(name: string): Promise<{ isRemoved: boolean; isPublished: boolean }> {
    const { httpClient, clock } = this.#env;
    const target = `/delete/${writeEdgePath(name)}`;
    const what = `DELETE ${formatAddress(this.#store)}${target}`;
    return await withDeadline(clock, { deadlineMs: CHANGE_MS, what }, async (signal) => {
      const question = { method: "DELETE", target, headers: tokenFields(this.#token) };
      const answer = await httpClient.ask(this.#store, question, { signal });
      if (answer.status !== 404) await requireSuccess(answer, what);
      await releaseBody(answer.body);
      const published = fieldOf(answer.headers, PUBLISHED_FIELD);
      return { isRemoved: answer.status !== 404, isPublished: published === "yes" || published === "later" };
    });
  }

  /** Asks a meta server that knows no plans: an existing program. */
  async #queryEach(
    names: readonly string[],
    place: Omit<edge.QueryRequest, "file_name">,
  ): Promise<meta.PlannedFile[]> {
    const files: meta.PlannedFile[] = [];
    for (let at = 0; at < names.length; at += MAX_QUESTIONS) {
      const replies = names.slice(at, at + MAX_QUESTIONS).map(async (name) => {
        const body: edge.QueryRequest = { file_name: name, ...place };
        const question = { method: "POST", target: "/meta/query", body, reply: edge.queryReply };
        return { file_name: name, ...await this.#questions.ask(question), upload: true };
      });
      files.push(...await Promise.all(replies));
    }
    return files;
  }
}

function unlessUnknown(error: unknown): false {
  if (error instanceof UpstreamError && error.status === 404) return false;
  throw error;
}
