/**
 * An edge node's standing with the meta servers: its registration, its lease, and which of its copies they have on record.
 *
 * @module
 */

import { type Address, formatAddress } from "../../base/address.ts";
import { every } from "../../base/clock.ts";
import type { EdgeObject } from "../../core/edge_object.ts";
import type { Place } from "../../core/geography.ts";
import { HeldCopies } from "../../core/held_copies.ts";
import { Lease } from "../../core/lease.ts";
import type { CopyStanding } from "../../core/serve_decision.ts";
import type { Env } from "../../env/env.ts";
import { MAX_FILES_A_REQUEST, registerReply, STORE_ID, successReply } from "../../protocol/edge_json.ts";
import {
  type HeartbeatReply,
  heartbeatReply,
  type HoldReply,
  holdReply,
  publishReply,
} from "../../protocol/edge_meta_json.ts";
import { JsonPeers } from "../../services/ask_json.ts";
import { Reachability } from "../../services/reachability.ts";
import { UpstreamError } from "../../services/upstream_error.ts";

/** How long one meta server may take for a question. A publication may wait for nodes that do not answer. */
const ASK_MS = 3_000;
const PUBLISH_MS = 20_000;
/** How far the wall's clock may have gone ahead of the machine's own since a heartbeat: nobody waits a second longer. */
const MAX_SLEEP_MS = 500;

/** Options of {@link NodeStanding}. */
export interface NodeStandingOptions {
  /** The meta servers. */
  readonly meta: readonly Address[];
  /** Where clients reach this node. */
  readonly advertise: string;
  /** Where it is. */
  readonly place: Place;
  /** How often a heartbeat is sent, in milliseconds. */
  readonly heartbeatMs: number;
  /** Shown to others than this machine. */
  readonly token: string | undefined;
  /** Drops whatever there is of a name. */
  readonly drop: (name: string) => Promise<void>;
}

/** The word of a meta server about a version; `undefined` if none could be had. */
export type HoldAnswer = HoldReply["verdict"] | undefined;

/** A node's side of the agreement with the meta servers. */
export class NodeStanding {
  /** Which copies are on record. */
  readonly held: HeldCopies = new HeldCopies();
  readonly #env: Pick<Env, "clock" | "log" | "httpClient">;
  readonly #options: NodeStandingOptions;
  readonly #peers: JsonPeers;
  readonly #publishers: JsonPeers;
  readonly #lease = new Lease();
  readonly #dropped = new Set<string>();
  #id: number | undefined;
  #leaseUnixMs = -Infinity;

  /** Creates it; {@link NodeStanding.run} registers. */
  constructor(env: Pick<Env, "clock" | "log" | "httpClient">, options: NodeStandingOptions) {
    const { meta, token } = options;
    this.#env = env;
    this.#options = options;
    this.#peers = new JsonPeers(env, meta, { deadlineMs: ASK_MS, token });
    this.#publishers = new JsonPeers(env, meta, { deadlineMs: PUBLISH_MS, token });
  }

  /** The node's id; `undefined` before it is registered. */
  get id(): number | undefined {
    return this.#id;
  }

  /** Whether copies on record may be served unasked. */
  get hasLease(): boolean {
    const { clock } = this.#env;
    const nowMs = clock.now();
    // While a machine sleeps its own clock stands still, and only the wall's tells afterwards how long that was.
    const sleptMs = clock.unixMs() - this.#leaseUnixMs - (nowMs - this.#lease.sentMs);
    return this.#lease.isValid(nowMs) && sleptMs < MAX_SLEEP_MS;
  }

  /** What is known of a version of which there is a copy. */
  of(name: string, { sha256 }: EdgeObject): CopyStanding {
    const isHeld = this.held.heldSince(name, sha256, this.#lease.epoch) !== undefined;
    return { isHeld, hasLease: this.hasLease };
  }

  /** When a version was last known to be the present one, in milliseconds since the Unix epoch; `undefined` if never. */
  currentMs(name: string, { sha256 }: EdgeObject): number | undefined {
    const heldMs = this.held.heldSince(name, sha256, this.#lease.epoch);
    if (heldMs === undefined) return undefined;
    const { clock } = this.#env;
    return Math.max(this.#leaseUnixMs, clock.unixMs() - (clock.now() - heldMs));
  }

  /** Asks whether a version is the present one, and to have it on record. Never throws. */
  async hold(name: string, object: EdgeObject): Promise<HoldAnswer> {
    const id = this.#id;
    if (id === undefined) return undefined;
    const ticket = this.held.ask(name, this.#lease.epoch, object);
    // What was dropped before is no news any more: it may be about a copy that is on record from now on.
    this.#dropped.delete(name);
    try {
      const { verdict } = await this.#peers.ask({
        method: "POST",
        target: "/meta/hold",
        body: { ...versionBody(name, object), cdn_id: id },
        reply: holdReply,
      });
      if (verdict !== "current") return verdict;
      // What was heard meanwhile is later than the answer.
      return this.held.note(ticket, object, this.#env.clock.now()) ? "current" : undefined;
    } catch (error) {
      this.#env.log.debug("copy not on record", { name, reason: reasonOf(error) });
      return undefined;
    } finally {
      this.held.end(ticket);
    }
  }

  /** Publishes a version that the store does not publish itself. Throws as {@link JsonPeers.ask}. */
  async publish(name: string, object: EdgeObject): Promise<void> {
    const body = { files: [versionBody(name, object)] };
    await this.#publishers.ask({ method: "POST", target: "/meta/publish", body, reply: publishReply });
  }

  /** Publishes what is known of a version that a store of another make has. Throws as {@link JsonPeers.ask}. */
  async update(name: string, { hash, timestamp }: Pick<EdgeObject, "hash" | "timestamp">): Promise<void> {
    const body = { file_name: name, file_hash: hash, timestamp, cdn_id: STORE_ID };
    await this.#publishers.ask({ method: "POST", target: "/meta/update", body, reply: successReply });
  }

  /** Registers, and sends heartbeats until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#env;
    const { heartbeatMs, meta } = this.#options;
    const reach = new Reachability(log, "meta server", meta[0]!);
    await every(clock, heartbeatMs, async () => {
      await reach.attempt(signal, () => this.#beat(signal));
    }, { signal, immediately: true });
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { clock } = this.#env;
    if (this.#id === undefined) await this.#register(signal);
    const [epoch, sentMs, sentUnixMs] = [this.#lease.epoch, clock.now(), clock.unixMs()];
    const dropped = [...this.#dropped].slice(0, MAX_FILES_A_REQUEST);
    let reply: HeartbeatReply;
    try {
      reply = await this.#peers.ask({
        method: "POST",
        target: "/meta/heartbeat",
        body: { cdn_id: this.#id, cdn_address: this.#options.advertise, dropped },
        reply: heartbeatReply,
      }, { signal });
    } catch (error) {
      if (!(error instanceof UpstreamError && error.status === 404)) throw error;
      // It knows nothing of this node, and so not of its copies either: from now on nobody waits for it.
      this.#id = undefined;
      this.#lease.begin();
      return;
    }
    for (const name of dropped) this.#dropped.delete(name);
    for (const name of reply.stale) {
      await this.#options.drop(name);
      this.#dropped.add(name);
    }
    this.#lease.renew(epoch, sentMs, reply.lease_ms);
    this.#leaseUnixMs = sentUnixMs;
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { advertise, place } = this.#options;
    const body = { Type: 0, IP: advertise, Lat: place.lat, Lng: place.lng };
    const question = { method: "POST", target: "/meta/register", body, reply: registerReply };
    const { cdn_id: id } = await this.#peers.ask(question, { signal });
    this.#lease.begin();
    this.#leaseUnixMs = -Infinity;
    this.#dropped.clear();
    this.#id = id;
    this.#env.log.info("registered", { id, at: advertise, meta: this.#options.meta.map(formatAddress).join(" ") });
  }
}

function versionBody(name: string, { hash, timestamp, sha256, generation }: EdgeObject): Record<string, unknown> {
  return { file_name: name, file_hash: hash, timestamp, sha256, generation };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
