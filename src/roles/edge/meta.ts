/**
 * The meta server: knows edge nodes and files, says where a file is best had, and sees to it that nobody serves old bytes.
 *
 * Several of them may share one catalogue; any of them answers everything.
 *
 * @module
 */

import { type Address, formatAddress } from "../../base/address.ts";
import { slept } from "../../base/clock.ts";
import { randomInt } from "../../base/random.ts";
import { type Settings, withDefaults } from "../../base/settings.ts";
import type { Place } from "../../core/geography.ts";
import { EarlierLeases } from "../../core/earlier_leases.ts";
import type { PublicationKind } from "../../core/meta_file.ts";
import { StaleNotes } from "../../core/stale_notes.ts";
import type { Env } from "../../env/env.ts";
import { type HeartbeatReply, type HeartbeatRequest, MAX_STALE_NAMES } from "../../protocol/edge_meta_json.ts";
import { Access, type AccessOptions } from "../../services/access.ts";
import { Background } from "../../services/background.ts";
import { serveRoutes } from "../../services/http_routes.ts";
import { MAX_SHOWN, openManagement, type Role, type RoleOptions } from "../../services/role.ts";
import type { MetaCatalogue } from "../../storage/meta_catalogue.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { MetaInvalidator } from "./meta_invalidator.ts";
import { MetaNodes } from "./meta_nodes.ts";
import { metaRoutes } from "./meta_routes.ts";

/** Options of {@link startMeta}. */
export interface MetaOptions extends AccessOptions, Pick<RoleOptions, "admin"> {
  /** Where to listen. Default: 127.0.0.1:8002. */
  listen?: Address | undefined;
  /** What is known. The role closes it when it stops. */
  catalogue: MetaCatalogue;
  /** The store's address, as clients are told it. Default: 127.0.0.1:5050. */
  store?: Address | undefined;
  /** Where the store is. Default: 34.05, -118.44. */
  storePlace?: Place | undefined;
  /** A node silent for longer is dead, in milliseconds. Default: 8,000. */
  timeoutMs?: number | undefined;
  /** How long a node may serve copies unasked after a heartbeat, in milliseconds. Default: 8,000. */
  leaseMs?: number | undefined;
  /** How often nodes are checked, in milliseconds. Default: 1,000. */
  checkMs?: number | undefined;
}

/** A running meta server. */
export interface MetaRole extends Role {
  /** ACTIVE while it serves. */
  readonly state: "ACTIVE" | "STOPPED";
}

const DEFAULTS = {
  listen: { host: "127.0.0.1", port: 8002 },
  store: { host: "127.0.0.1", port: 5050 },
  storePlace: { lat: 34.05, lng: -118.44 },
  timeoutMs: 8_000,
  leaseMs: 8_000,
  checkMs: 1_000,
} as const;

const MAX_MARK = 2 ** 52;
/** The id of no node. */
const NOBODY = -1;

type MetaSettings = Settings<MetaOptions, typeof DEFAULTS>;

/**
 * Starts a meta server.
 *
 * @throws {NetError} if an address cannot be had; {@link RangeError} if it would be open to others without a token. The
 *   catalogue is the caller's then.
 */
export async function startMeta(env: Env, options: MetaOptions): Promise<MetaRole> {
  const settings: MetaSettings = withDefaults(DEFAULTS, options);
  const access = new Access(settings);
  access.checkOpening(settings.listen);
  const meta = new Meta(env, settings);
  try {
    return await meta.start(access);
  } catch (error) {
    await meta.end();
    throw error;
  }
}

class Meta {
  readonly #env: Env;
  readonly #settings: MetaSettings;
  readonly #background: Background;
  readonly #nodes: MetaNodes;
  readonly #invalidator: MetaInvalidator;
  readonly #notes = new StaleNotes();
  readonly #earlier: EarlierLeases;
  #state: MetaRole["state"] = "ACTIVE";

  constructor(env: Env, settings: MetaSettings) {
    const { catalogue, token } = settings;
    this.#env = env;
    this.#settings = settings;
    this.#background = new Background(env.log);
    const nodes = new MetaNodes(env, catalogue, settings);
    this.#nodes = nodes;
    this.#invalidator = new MetaInvalidator(env, {
      catalogue,
      leaseEndMs: (nodeId) => nodes.leaseEndMs(nodeId),
      sendsHeartbeats: (nodeId) => nodes.sendsHeartbeats(nodeId),
      signal: this.#background.signal,
      token,
    });
    // One that knows nothing is the first one ever, or has lost what another one knew: then its nodes are about.
    const isEmpty = catalogue.nodes().length === 0 && catalogue.files().length === 0;
    this.#earlier = new EarlierLeases(isEmpty ? nodes.leaseEndMs(NOBODY) : -Infinity);
    env.metrics.gauge("microcdn_files_known", "Files published.", () => catalogue.files().length);
  }

  async start(access: Access): Promise<MetaRole> {
    const { clock, http, log, random } = this.#env;
    const { catalogue, listen, store, storePlace, admin } = this.#settings;
    const background = this.#background;
    const handler = serveRoutes({
      title: "Micro-CDN meta server",
      json: metaRoutes({
        catalogue,
        invalidator: this.#invalidator,
        store: formatAddress(store),
        storePlace,
        alive: () => this.#nodes.alive(),
        unixMs: () => clock.unixMs(),
        newMark: () => `p${randomInt(random, MAX_MARK).toString(36)}`,
        noteFirst: (name) => this.#earlier.noteFirst(name, clock.now()),
        outlive: (name) => this.#outlive(name),
        beat: (request) => this.#beat(request),
        note: (name, kind) => this.#note(name, kind),
        later: (what, run) => background.run(what, run),
      }),
      bytes: [],
      access,
      // A catalogue that is away does not make it unhealthy: it goes on answering, and a new start would forget all.
      failure: () => background.failure,
    });
    const server = await http.serve(listen, handler);
    const management = await openManagement(this.#env, {
      role: "meta",
      admin,
      background,
      describe: () => this.#describe(),
    }).catch(async (error) => {
      await server.close();
      throw error;
    });
    background.run("check nodes", (signal) => this.#nodes.run(signal, (nodeId) => this.#invalidator.remind(nodeId)));
    log.info("ready", { http: formatAddress(server.address), nodes: catalogue.nodes().length });
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> =>
      stopping ??= (async () => {
        // Whoever waits for old copies to go is told that it is not known.
        const ended = this.end();
        await Promise.all([server.close(), management.close(), ended]);
        await catalogue.close();
      })();
    const state = (): MetaRole["state"] => this.#state;
    return {
      addresses: { http: server.address, ...management.addresses },
      get state() {
        return state();
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }

  /** Ends its loops. */
  async end(): Promise<void> {
    this.#state = "STOPPED";
    await this.#background.stop();
    await this.#invalidator.idle();
    this.#nodes.close();
  }

  /**
   * Takes a heartbeat. The lease is given after every meta server could know of it, and so knows whom to wait for; and
   * what is stale is looked up after that, so that no change is missing.
   */
  async #beat({ cdn_id: nodeId, dropped }: HeartbeatRequest): Promise<HeartbeatReply> {
    const { catalogue, leaseMs } = this.#settings;
    this.#nodes.hear(nodeId);
    const gone = this.#notes.gone(nodeId, dropped).map((copy) => ({ ...copy, nodeId }));
    const isKnown = await this.#tryCatalogue("note what a node dropped", async () => {
      if (gone.length > 0) await catalogue.release(gone);
      await catalogue.beat(nodeId);
    });
    const names = catalogue.staleAt(nodeId, MAX_STALE_NAMES + 1);
    const stale = names.slice(0, MAX_STALE_NAMES);
    this.#notes.tell(nodeId, stale.map((name) => ({ name, bytes: catalogue.file(name)!.holders.get(nodeId)! })));
    const isLeased = isKnown && names.length <= MAX_STALE_NAMES;
    return { status: "success", lease_ms: isLeased ? leaseMs : 0, stale };
  }

  async #outlive(name: string): Promise<void> {
    const { clock } = this.#env;
    const leftMs = this.#earlier.endMs(name) - clock.now();
    if (leftMs <= 0 || await slept(clock, leftMs, this.#background.signal)) return;
    throw new StorageError("unavailable", "wait until earlier leases are over");
  }

  /** Returns whether it went through. */
  async #tryCatalogue(what: string, run: () => Promise<void>): Promise<boolean> {
    try {
      await run();
      return true;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#env.log.debug(`cannot ${what}`, { reason: error.message });
      return false;
    }
  }

  #note(name: string, kind: PublicationKind): void {
    const { log, metrics } = this.#env;
    metrics.counter("microcdn_publications_total", "Versions told of, by what they changed.", { kind }).add();
    log.debug("published", { file: name, kind });
  }

  #describe(): Record<string, unknown> {
    const { catalogue } = this.#settings;
    const nodes = catalogue.nodes();
    return {
      state: this.#state,
      catalogue: catalogue.failure ?? "reachable",
      files: catalogue.files().length,
      known: nodes.length,
      nodes: nodes.slice(0, MAX_SHOWN).map(({ id, address }) => ({ id, address, alive: this.#nodes.isAlive(id) })),
    };
  }
}
