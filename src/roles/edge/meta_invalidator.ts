/**
 * Has edge nodes drop copies that must not be served any more, and waits until none is.
 *
 * Source: PROTOCOL.md, "edge: leases".
 *
 * @module
 */

import { onAbort } from "../../base/abort.ts";
import { formatAddress } from "../../base/address.ts";
import { slept } from "../../base/clock.ts";
import { withDeadline } from "../../base/deadline.ts";
import { Slots } from "../../base/slots.ts";
import { isPurged, type MetaFile, splitHolders } from "../../core/meta_file.ts";
import type { Env } from "../../env/env.ts";
import type { Counter } from "../../env/metrics.ts";
import { releaseBody } from "../../net/http_framing.ts";
import { GENERATION_BELOW_FIELD } from "../../protocol/edge_headers.ts";
import { writeEdgePath } from "../../protocol/edge_name.ts";
import { tokenFields } from "../../services/access.ts";
import type { MetaCatalogue } from "../../storage/meta_catalogue.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { nodeAddress } from "./node_address.ts";

/** What an invalidator works with. */
export interface InvalidatorOptions {
  /** Who has what. */
  readonly catalogue: MetaCatalogue;
  /** When any lease of a node is over, by the clock of the role. */
  readonly leaseEndMs: (nodeId: number) => number;
  /** Whether a node learns from its heartbeats what it has to drop. */
  readonly sendsHeartbeats: (nodeId: number) => boolean;
  /** Aborts when the role stops. */
  readonly signal: AbortSignal;
  /** Shown to nodes on other machines. */
  readonly token: string | undefined;
}

/** Options of {@link MetaInvalidator.settle}. */
export interface SettleOptions {
  /** Whether the store's order says nothing about it: then a copy goes whatever its generation. Default: false. */
  readonly isUnordered?: boolean | undefined;
}

/** A copy that is to go. */
interface StaleCopy {
  readonly nodeId: number;
  readonly name: string;
  readonly bytes: string;
  /** A copy of this generation or a later one stays. */
  readonly below: number | undefined;
}

/** How long a node may take to drop a copy before it is told again. */
const DROP_MS = 2_000;
/** How long to wait before it is told again. */
const PAUSE_MS = 250;
/** How many copies a node is told to drop at once. */
const MAX_AT_ONCE = 16;
/** How many copies of one node may wait for that. With more, its lease is left to end, and its heartbeats tell it. */
const MAX_WAITING = 1_000;

/** The invalidator of one meta server. */
export class MetaInvalidator {
  readonly #env: Env;
  readonly #options: InvalidatorOptions;
  /** Copies that nodes are being told to drop: who waits for the same one waits for the same telling. */
  readonly #drops = new Map<string, Promise<void>>();
  /** By node: what it is told at once, and what waits for that. */
  readonly #lanes = new Map<number, Slots>();
  readonly #dropped: Counter;

  /** Creates it with nothing to do. */
  constructor(env: Env, options: InvalidatorOptions) {
    this.#env = env;
    this.#options = options;
    this.#dropped = env.metrics.counter(
      "microcdn_invalidations_total",
      "Copies that nodes dropped when they were told.",
    );
  }

  /**
   * Resolves when no node serves older bytes of these files any more: each has dropped them, or may serve nothing unasked,
   * for its lease has run out. A lease that is given after the call is none for old bytes.
   *
   * @throws {StorageError} `"unavailable"` if the role stops first.
   */
  async settle(names: readonly string[], { isUnordered = false }: SettleOptions = {}): Promise<void> {
    const { catalogue, leaseEndMs } = this.#options;
    const waits: Promise<void>[] = [];
    for (const name of names) {
      const file = catalogue.file(name);
      if (file === undefined) continue;
      for (const copy of staleCopies(file, isUnordered)) {
        const endMs = leaseEndMs(copy.nodeId);
        if (endMs > this.#env.clock.now()) waits.push(this.#gone(copy, endMs));
      }
    }
    await Promise.all(waits);
    if (this.#options.signal.aborted) throw new StorageError("unavailable", "wait until old copies are gone");
  }

  /** Tells a node once more what it has to drop, without waiting: it sends no heartbeats that it could learn it from. */
  remind(nodeId: number): void {
    const { catalogue } = this.#options;
    const endMs = this.#env.clock.now() + DROP_MS;
    for (const name of catalogue.staleAt(nodeId, MAX_AT_ONCE)) {
      const file = catalogue.file(name)!;
      for (const copy of staleCopies(file, true)) if (copy.nodeId === nodeId) this.#drop(copy, endMs);
    }
  }

  /** Waits for everything under way. To be called after the signal has aborted. */
  async idle(): Promise<void> {
    await Promise.all(this.#drops.values());
  }

  /** Resolves when a copy is gone, or the lease over. */
  async #gone(copy: StaleCopy, endMs: number): Promise<void> {
    const { clock } = this.#env;
    const { signal, sendsHeartbeats } = this.#options;
    const isHopeless = this.#laneOf(copy.nodeId).waiting >= MAX_WAITING && sendsHeartbeats(copy.nodeId);
    const ended = new AbortController();
    const off = onAbort(signal, () => ended.abort());
    const over = slept(clock, Math.max(0, endMs - clock.now()), ended.signal);
    await Promise.race(isHopeless ? [over] : [over, this.#drop(copy, endMs)]);
    off();
    ended.abort();
  }

  /** Tells a node until it has dropped a copy, or `endMs` passes. Never rejects. */
  #drop(copy: StaleCopy, endMs: number): Promise<void> {
    const key = `${copy.nodeId} ${copy.bytes} ${copy.name}`;
    const running = this.#drops.get(key);
    if (running !== undefined) return running;
    const drop = this.#tell(copy, endMs).finally(() => this.#drops.delete(key));
    this.#drops.set(key, drop);
    return drop;
  }

  async #tell(copy: StaleCopy, endMs: number): Promise<void> {
    const { clock, log } = this.#env;
    const { signal } = this.#options;
    const give = await this.#laneOf(copy.nodeId).take();
    try {
      while (!signal.aborted && clock.now() < endMs) {
        if (await this.#ask(copy)) return;
        if (!await slept(clock, Math.min(PAUSE_MS, Math.max(1, endMs - clock.now())), signal)) return;
      }
    } catch (error) {
      // What is on record still is told to the node with its next heartbeat.
      log.warn("cannot note that a copy is gone", { node: copy.nodeId, reason: (error as Error).message });
    } finally {
      give();
    }
  }

  /** Tells a node once, and notes it when the copy is gone. Returns whether it is. */
  async #ask({ nodeId, name, bytes, below }: StaleCopy): Promise<boolean> {
    const { clock, httpClient, log } = this.#env;
    const { catalogue, signal, token } = this.#options;
    // It may be gone by another way: a heartbeat, or another meta server. Another note says nothing about this copy, for a
    // node is on record as having a copy before it has.
    if (catalogue.file(name)?.holders.has(nodeId) !== true) return true;
    const to = nodeAddress(catalogue.node(nodeId)?.address ?? "");
    if (to === undefined) return false;
    const order: [string, string][] = below === undefined ? [] : [[GENERATION_BELOW_FIELD, String(below)]];
    const question = {
      method: "DELETE",
      target: `/cdn/cache/${writeEdgePath(name)}`,
      headers: [...order, ...tokenFields(token)],
    };
    try {
      const what = `have ${formatAddress(to)} drop a copy`;
      const status = await withDeadline(clock, { deadlineMs: DROP_MS, what, signal }, async (within) => {
        const answer = await httpClient.ask(to, question, { signal: within });
        await releaseBody(answer.body);
        return answer.status;
      });
      if (status !== 404 && (status < 200 || status > 299)) throw new Error(`it answers ${status}`);
    } catch (error) {
      log.debug("copy not dropped yet", { node: nodeId, file: name, reason: (error as Error).message });
      return false;
    }
    this.#dropped.add();
    await catalogue.release([{ name, nodeId, bytes }]);
    return true;
  }

  #laneOf(nodeId: number): Slots {
    let lane = this.#lanes.get(nodeId);
    if (lane === undefined) {
      lane = new Slots(MAX_AT_ONCE);
      this.#lanes.set(nodeId, lane);
    }
    return lane;
  }
}

function staleCopies(file: MetaFile, isUnordered: boolean): StaleCopy[] {
  return splitHolders(file).stale.map((nodeId) => {
    const bytes = file.holders.get(nodeId)!;
    const isAny = isUnordered || file.isRemoved || isPurged(bytes);
    return { nodeId, name: file.name, bytes, below: isAny ? undefined : file.generation };
  });
}
