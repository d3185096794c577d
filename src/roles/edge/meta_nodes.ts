/**
 * The edge nodes as a meta server sees them: who lives, and until when each may serve copies unasked.
 *
 * @module
 */

import { every } from "../../base/clock.ts";
import { withDeadline } from "../../base/deadline.ts";
import { LeaseBook } from "../../core/lease_book.ts";
import { NodeWatch } from "../../core/node_watch.ts";
import type { Env } from "../../env/env.ts";
import { releaseBody } from "../../net/http_framing.ts";
import type { EdgeNode, MetaCatalogue } from "../../storage/meta_catalogue.ts";
import { nodeAddress } from "./node_address.ts";

/** How nodes are watched. Durations are milliseconds. */
export interface NodesOptions {
  /** A node silent for longer is dead. */
  readonly timeoutMs: number;
  /** How long a lease lasts. */
  readonly leaseMs: number;
  /** How often everyone is checked. */
  readonly checkMs: number;
}

/** How much later than a node we may see its lease end. */
const LEASE_MARGIN_MS = 1_000;
/** How often a node that sends no heartbeats is asked. */
const ASK_MS = 3_000;
/** How long it may take to answer. */
const ANSWER_MS = 2_000;
/** How many nodes are asked at once. */
const MAX_QUESTIONS = 64;

/** The nodes of one meta server. */
export class MetaNodes {
  readonly #env: Env;
  readonly #catalogue: MetaCatalogue;
  readonly #options: NodesOptions;
  readonly #watch: NodeWatch;
  readonly #leases: LeaseBook;
  readonly #endListening: () => void;

  /** Begins with those that the catalogue knows: each has the time-out to show itself. */
  constructor(env: Env, catalogue: MetaCatalogue, options: NodesOptions) {
    const { timeoutMs, leaseMs, checkMs } = options;
    const nowMs = env.clock.now();
    this.#env = env;
    this.#catalogue = catalogue;
    this.#options = options;
    this.#watch = new NodeWatch({ timeoutMs, sweepIntervalMs: checkMs, askMs: ASK_MS });
    this.#leases = new LeaseBook({ leaseMs, marginMs: LEASE_MARGIN_MS }, nowMs);
    for (const { id } of catalogue.nodes()) this.#watch.expect(id, nowMs);
    this.#endListening = catalogue.listen({
      onNode: (node) => this.#register(node),
      onBeat: (nodeId) => this.#beat(nodeId),
      onGap: () => this.#gap(),
    });
    env.metrics.gauge("microcdn_nodes_known", "Edge nodes known.", () => catalogue.nodes().length);
    env.metrics.gauge("microcdn_nodes_alive", "Edge nodes alive.", () => this.alive().length);
  }

  /** The nodes that live, by id. */
  alive(): EdgeNode[] {
    return this.#catalogue.nodes().filter(({ id }) => this.#watch.isAlive(id));
  }

  /** Whether a node lives. */
  isAlive(nodeId: number): boolean {
    return this.#watch.isAlive(nodeId);
  }

  /** Whether a node sends heartbeats. */
  sendsHeartbeats(nodeId: number): boolean {
    return this.#watch.sendsHeartbeats(nodeId);
  }

  /** When any lease of a node is over. */
  leaseEndMs(nodeId: number): number {
    return this.#leases.endMs(nodeId);
  }

  /** Notes a heartbeat that came here. It counts as a sign of life even if nobody else can be told. */
  hear(nodeId: number): void {
    this.#note(nodeId, this.#watch.beat(nodeId, this.#env.clock.now()));
  }

  /**
   * Checks everyone until the signal aborts.
   *
   * @param onDue Called with each node that lives and sends no heartbeats, now and then.
   */
  async run(signal: AbortSignal, onDue: (nodeId: number) => void): Promise<void> {
    const { clock } = this.#env;
    const questions = new Set<Promise<void>>();
    await every(clock, this.#options.checkMs, () => {
      for (const nodeId of this.#watch.due(clock.now())) {
        if (this.#watch.isAlive(nodeId)) onDue(nodeId);
        if (questions.size >= MAX_QUESTIONS) continue;
        const question = this.#ask(nodeId, signal).finally(() => questions.delete(question));
        questions.add(question);
      }
      // What nodes say to others cannot be heard now: their silence proves nothing.
      if (!this.#catalogue.isShared || this.#catalogue.failure === undefined) this.#sweep();
    }, { signal });
    await Promise.all(questions);
  }

  /** Stops listening to the catalogue. */
  close(): void {
    this.#endListening();
  }

  #register({ id, address }: EdgeNode): void {
    const outcome = this.#watch.register(id, this.#env.clock.now());
    if (outcome === "same") return;
    this.#env.log.info(outcome === "new" ? "node registered" : "node is back", { node: id, address });
  }

  #beat(nodeId: number): void {
    this.#leases.beat(nodeId, this.#env.clock.now());
    this.hear(nodeId);
  }

  #gap(): void {
    const nowMs = this.#env.clock.now();
    this.#leases.gap(nowMs);
    for (const { id } of this.#catalogue.nodes()) this.#watch.expect(id, nowMs);
  }

  #sweep(): void {
    for (const nodeId of this.#watch.sweep(this.#env.clock.now())) {
      this.#env.log.warn("node died", { node: nodeId, address: this.#catalogue.node(nodeId)?.address });
    }
  }

  /** Asks a node that sends no heartbeats whether it lives. */
  async #ask(nodeId: number, signal: AbortSignal): Promise<void> {
    const { clock, httpClient, log } = this.#env;
    const node = this.#catalogue.node(nodeId);
    const to = node === undefined ? undefined : nodeAddress(node.address);
    if (to === undefined) return;
    try {
      await withDeadline(clock, { deadlineMs: ANSWER_MS, what: "ask a node", signal }, async (within) => {
        const { status, body } = await httpClient.ask(to, { target: "/health" }, { signal: within });
        await releaseBody(body);
        if (status !== 200) throw new Error(`it answers ${status}`);
      });
    } catch (error) {
      log.debug("node does not answer", { node: nodeId, reason: (error as Error).message });
      return;
    }
    const nowMs = clock.now();
    // It serves whatever it has, lease or not: so it is waited for as if it had one.
    this.#leases.beat(nodeId, nowMs);
    this.#note(nodeId, this.#watch.answered(nodeId, nowMs));
  }

  #note(nodeId: number, outcome: "new" | "up" | "same"): void {
    if (outcome === "up") this.#env.log.info("node is back", { node: nodeId });
  }
}
