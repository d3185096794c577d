/**
 * What a client asks origins.
 *
 * @module
 */

import type { AbortOptions } from "../../base/abort.ts";
import { type Address, parseAddress } from "../../base/address.ts";
import type { Place } from "../../core/geography.ts";
import type { Env } from "../../env/env.ts";
import * as edge from "../../protocol/edge_json.ts";
import * as meta from "../../protocol/edge_meta_json.ts";
import { JsonPeers } from "../../services/ask_json.ts";
import { isUnknownPath, UpstreamError } from "../../services/upstream_error.ts";
import { EdgeClientError } from "./client_error.ts";

/** What an origin may take: it may have to ask several meta servers, and a change waits for nodes. */
const DEADLINE_MS = 60_000;

/** Whom to ask, and who asks. */
export interface OriginOptions {
  /** The origins, any of which may answer. Default: 127.0.0.1:8001. */
  readonly origin?: readonly Address[] | undefined;
  /** Where the client is. */
  readonly place: Place;
  /** Shown to all servers, for what changes something. Default: none. */
  readonly token?: string | undefined;
}

/** What an origin says of one file. */
export interface PlannedPlace {
  /** The server's address, as it names it. */
  readonly named: string;
  /** Whether that is the store. */
  readonly isStore: boolean;
  /** The store's address, if it says so. */
  readonly store: string | undefined;
  /** Whether the file has to be sent. */
  readonly needsUpload: boolean;
}

const DEFAULT_ORIGIN: readonly Address[] = [{ host: "127.0.0.1", port: 8001 }];

/** The origins. Everything throws as `JsonPeers.ask()` does, and an {@link EdgeClientError} if that is no origin. */
export class ClientOrigin {
  readonly #peers: JsonPeers;
  readonly #place: Place;

  /** Takes their addresses. */
  constructor(env: Pick<Env, "httpClient" | "clock">, { origin = DEFAULT_ORIGIN, place, token }: OriginOptions) {
    this.#peers = new JsonPeers(env, origin, { deadlineMs: DEADLINE_MS, token });
    this.#place = place;
  }

  /** Asks where files are best put, and which have to be. One place a file, in their order. */
  async plan(files: readonly edge.ClientFile[], options: AbortOptions = {}): Promise<PlannedPlace[]> {
    const reply = await this.#ask("/origin/plan", files, meta.planReply, options).catch(async (error: unknown) => {
      if (!isUnknownPath(error)) throw error;
      const { files: places } = await ofAnOrigin(this.#ask("/origin/sync", files, edge.syncReply, options));
      return { files: places.map((place) => ({ ...place, upload: true })), store_address: undefined };
    });
    const store = reply.store_address;
    const byName = new Map(reply.files.map((file) => [file.file_name, file]));
    return files.map(({ Name }) => {
      const file = byName.get(Name);
      if (file === undefined) throw new UpstreamError(0, "plan", `the origin says nothing of ${JSON.stringify(Name)}`);
      return placeOf(file, store, file.upload);
    });
  }

  /** Asks where one file is best had. */
  async locate(name: string, options: AbortOptions = {}): Promise<PlannedPlace> {
    const wanted = [{ Name: name, Hash: "", TimeStamp: "" }];
    try {
      const { files: [file], store_address: store } = await this.#ask("/origin/plan", wanted, meta.planReply, options);
      if (file === undefined) throw new UpstreamError(0, "plan", "the origin names no server");
      return placeOf(file, store, false);
    } catch (error) {
      if (!isUnknownPath(error)) throw error;
    }
    const place = await ofAnOrigin(this.#ask("/origin/explicit", wanted, edge.fileLocation, options));
    return placeOf(place, undefined, false);
  }

  /** Every file. */
  async files(options: AbortOptions = {}): Promise<edge.FilesReply["files"]> {
    const question = { method: "GET", target: "/origin/files", reply: edge.filesReply };
    return (await ofAnOrigin(this.#peers.ask(question, options))).files;
  }

  /** Every node. */
  async nodes(options: AbortOptions = {}): Promise<meta.NodeListReply["nodes"]> {
    const question = { method: "GET", target: "/origin/nodes", reply: meta.nodeListReply };
    return (await ofAnOrigin(this.#peers.ask(question, options))).nodes;
  }

  /** Has nodes drop their copies of a file, or of all. */
  async purge(body: meta.PurgeRequest, options: AbortOptions = {}): Promise<void> {
    const question = { method: "POST", target: "/origin/purge", body, reply: edge.successReply };
    await ofAnOrigin(this.#peers.ask(question, options), "all" in body ? undefined : NO_PATH);
  }

  /** Removes a file. */
  async remove(name: string, options: AbortOptions = {}): Promise<void> {
    const body: edge.DeleteRequest = { file_name: name };
    const question = { method: "DELETE", target: "/origin/file", body, reply: edge.successReply };
    await ofAnOrigin(this.#peers.ask(question, options), NO_PATH);
  }

  async #ask<T>(
    target: string,
    FileList: readonly edge.ClientFile[],
    reply: edge.Schema<T>,
    options: AbortOptions,
  ): Promise<T> {
    const { lat: Lat, lng: Lng } = this.#place;
    const body: edge.ClientRequest = { Type: 1, IP: "", Lat, Lng, FileList };
    return await this.#peers.ask({ method: "POST", target, body, reply }, options);
  }
}

/**
 * Reads the address of a server as an origin names it: `localhost:4000`, or, as existing programs may have it, a URL.
 *
 * @throws {UpstreamError} if it is neither.
 */
export function serverAddress(text: string): Address {
  try {
    return parseAddress(text.replace(/^https?:\/\//i, "").replace(/\/.*$/s, ""));
  } catch {
    throw new UpstreamError(0, "use the server", `the origin names ${JSON.stringify(text)}, which is no address`);
  }
}

function placeOf({ cdn_address, cdn_id }: edge.FileLocation, store: string | undefined, upload: boolean): PlannedPlace {
  const isStore = cdn_id === edge.STORE_ID;
  return { named: cdn_address, isStore, store: isStore ? cdn_address : store, needsUpload: upload };
}

/** What servers of this family say of a path that they do not have, whoever made them. */
const NO_PATH = "Not Found";

/**
 * Waits for an answer. Where the path is unknown, something else than an origin is there: most often another role.
 *
 * @param detail What is said then, where a 404 may be about the file as well. Default: whatever.
 */
async function ofAnOrigin<T>(answer: Promise<T>, detail?: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isUnknownPath(error) || (detail ?? error.detail) !== error.detail) throw error;
    throw new EdgeClientError("network", `${error.message}. Is that an origin?`, { cause: error });
  }
}
