/**
 * The edge node: serves files from its cache, fills it from the store, and takes files for the store.
 *
 * @module
 */

import { type Address, formatAddress } from "../../base/address.ts";
import { type Settings, withDefaults } from "../../base/settings.ts";
import type { Place } from "../../core/geography.ts";
import type { Env } from "../../env/env.ts";
import type { HttpHandler, HttpServer } from "../../net/http.ts";
import { fileReply, putEnvelope } from "../../protocol/edge_json.ts";
import { Access, type AccessOptions } from "../../services/access.ts";
import { Background } from "../../services/background.ts";
import { failure } from "../../services/http_failure.ts";
import { type HttpService, serveRoutes } from "../../services/http_routes.ts";
import {
  type ManagementPort,
  openManagement,
  type Role,
  ROLE_DEFAULTS,
  type RoleOptions,
} from "../../services/role.ts";
import type { CacheLayer } from "../../storage/cache_layer.ts";
import { NodeReads } from "./node_reads.ts";
import { NodeStanding } from "./node_standing.ts";
import { NodeStore } from "./node_store.ts";
import { NodeWrites } from "./node_writes.ts";

/** The largest file unless told: 1 GiB. */
const DEFAULT_LIMIT_BYTES = 1_073_741_824;
/** How old a copy may be that nobody can tell anything about, unless told: a day. */
const DEFAULT_STALE_MS = 86_400_000;

/** Options of {@link startNode}. */
export interface NodeOptions extends RoleOptions, AccessOptions {
  /** Where to serve. Default: 127.0.0.1:4000. */
  listen?: Address;
  /** Where clients reach it, as they are told. Default: where it listens. */
  advertise?: string | undefined;
  /** Where it is on the globe. */
  place: Place;
  /** The meta servers, of which any answers. Default: 127.0.0.1:8002. */
  meta?: readonly Address[];
  /** The store, or ways to it. Default: 127.0.0.1:5050. */
  store?: readonly Address[];
  /** Where copies are kept; closed with the node. */
  cache: CacheLayer;
  /** The largest file that it takes, in bytes. Default: 1 GiB. */
  limitBytes?: number | undefined;
  /** How old a copy may be that is served when neither meta server nor store answers, in milliseconds; 0: never. Default: a day. */
  staleMs?: number | undefined;
  /** How often a heartbeat is sent, in milliseconds. Default: 2,000. */
  heartbeatMs?: number | undefined;
}

/** A running edge node. */
export interface NodeRole extends Role {
  /** Its id at the meta servers; `undefined` before it is registered. */
  readonly id: number | undefined;
  /** `REGISTERING`, `ACTIVE` under a lease, `ALONE` without one, `DEAD`. */
  readonly state: "REGISTERING" | "ACTIVE" | "ALONE" | "DEAD";
}

const DEFAULTS = {
  ...ROLE_DEFAULTS,
  listen: { host: "127.0.0.1", port: 4000 },
  meta: [{ host: "127.0.0.1", port: 8002 }],
  store: [{ host: "127.0.0.1", port: 5050 }],
  limitBytes: DEFAULT_LIMIT_BYTES,
  staleMs: DEFAULT_STALE_MS,
  heartbeatMs: 2_000,
} as const;

type NodeSettings = Settings<NodeOptions, typeof DEFAULTS>;

/**
 * Starts an edge node. It serves at once; it registers in the background, however long the meta servers are away.
 *
 * @throws {NetError} if an address cannot be had; {@link RangeError} if it would be open to others without a token.
 */
export async function startNode(env: Env, options: NodeOptions): Promise<NodeRole> {
  const settings: NodeSettings = withDefaults(DEFAULTS, options);
  const { listen, cache, token, insecure, admin } = settings;
  const background = new Background(env.log);
  let server: HttpServer | undefined;
  let management: ManagementPort | undefined;
  try {
    const access = new Access({ token, insecure });
    access.checkOpening(listen);
    let handler: HttpHandler = () => Promise.resolve(failure(503, "It is about to start"));
    server = await env.http.serve(listen, (request) => handler(request), { onError: reporter(env) });
    const node = new Node(env, settings, { at: server.address, access, background });
    handler = node.handler;
    management = await openManagement(env, { role: "node", admin, background, describe: () => node.describe() });
    return node.run(server, management);
  } catch (error) {
    await Promise.all([server?.close(), management?.close(), cache.close()]);
    throw error;
  }
}

function reporter({ log }: Pick<Env, "log">): (error: unknown, what: string) => void {
  return (error, what) => {
    log.warn("request failed", { what, reason: error instanceof Error ? error.message : String(error) });
  };
}

interface Belongings {
  readonly at: Address;
  readonly access: Access;
  readonly background: Background;
}

class Node {
  readonly handler: HttpHandler;
  readonly #env: Env;
  readonly #settings: NodeSettings;
  readonly #belongings: Belongings;
  readonly #standing: NodeStanding;
  readonly #reads: NodeReads;
  #isStopped = false;

  constructor(env: Env, settings: NodeSettings, belongings: Belongings) {
    const { cache, meta, place, heartbeatMs, token, staleMs, limitBytes } = settings;
    this.#env = env;
    this.#settings = settings;
    this.#belongings = belongings;
    const store = new NodeStore(env, { addresses: settings.store, token });
    this.#standing = new NodeStanding(env, {
      meta,
      place,
      heartbeatMs,
      token,
      advertise: settings.advertise ?? formatAddress(belongings.at),
      drop: async (name) => void await this.#reads.drop(name),
    });
    this.#reads = new NodeReads(env, { cache, store, standing: this.#standing, staleMs });
    const parts = { cache, store, standing: this.#standing, reads: this.#reads, limitBytes };
    this.handler = serveRoutes(this.#service(new NodeWrites(env, parts)));
  }

  get state(): NodeRole["state"] {
    if (this.#isStopped) return "DEAD";
    if (this.#standing.id === undefined) return "REGISTERING";
    return this.#standing.hasLease ? "ACTIVE" : "ALONE";
  }

  describe(): Record<string, unknown> {
    const { cache } = this.#settings;
    return {
      state: this.state,
      id: this.#standing.id,
      place: this.#settings.place,
      cache: { layer: cache.name, sizeBytes: cache.sizeBytes, failure: cache.failure ?? null },
    };
  }

  run(server: HttpServer, management: ManagementPort): NodeRole {
    const { log, metrics } = this.#env;
    const { background } = this.#belongings;
    const standing = this.#standing;
    const lease = "Whether copies on record may be served unasked.";
    metrics.gauge("microcdn_edge_lease", lease, () => standing.hasLease ? 1 : 0);
    metrics.gauge("microcdn_edge_copies_on_record", "Copies that meta servers know of.", () => standing.held.count);
    background.run("stand well with the meta servers", (signal) => standing.run(signal));
    log.info("ready", { http: formatAddress(server.address), cache: this.#settings.cache.name });
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => stopping ??= this.#stop(server, management);
    const state = (): NodeRole["state"] => this.state;
    return {
      addresses: { http: server.address, ...management.addresses },
      get id(): number | undefined {
        return standing.id;
      },
      get state(): NodeRole["state"] {
        return state();
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }

  async #stop(server: HttpServer, management: ManagementPort): Promise<void> {
    this.#isStopped = true;
    await this.#belongings.background.stop();
    await server.close();
    await this.#reads.stop();
    await Promise.all([management.close(), this.#settings.cache.close()]);
  }

  #service(writes: NodeWrites): HttpService {
    const { access, background } = this.#belongings;
    const reads = this.#reads;
    return {
      title: "Micro-CDN edge node",
      access,
      failure: () => background.failure,
      json: [],
      bytes: [{
        prefix: "/cdn/cache/",
        methods: {
          GET: {
            summary: "A file, from the cache if it may be, else from the store",
            changes: false,
            errors: { 404: "There is no such file", 503: "The store is away", 504: "The store is slow" },
            answer: (name, request) => reads.answer(name, request),
          },
          PUT: {
            summary: "Stores and publishes a file",
            changes: true,
            takesFile: true,
            envelope: putEnvelope,
            reply: fileReply,
            errors: { 412: "It is not what it should be", 413: "It is too large", 503: "Store or meta server is away" },
            answer: (name, request) => writes.put(name, request),
          },
          DELETE: {
            summary: "Drops this node's copy",
            changes: true,
            reply: fileReply,
            errors: { 404: "There is no copy here" },
            answer: (name, request) => writes.remove(name, request),
          },
        },
      }],
    };
  }
}
