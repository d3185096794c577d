/**
 * What is seen of a cluster of the `edge` family from outside: which nodes the meta server lists, and who answers.
 *
 * @module
 */

import type { Env } from "../../src/env/env.ts";
import { askHealth } from "../../src/services/ask_health.ts";
import { LOOPBACK, type MemberPlan } from "./plan.ts";
import type { Sighting } from "./status.ts";
import { ANSWER_MS, attempt, type LookOptions, portOf, type Watch } from "./watch.ts";

/** A node as the meta server lists it. */
interface ListedNode {
  readonly address: string;
  readonly isAlive: boolean;
}

/** Fetches a URL; the standard function, or a test's. */
export type Fetch = (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;

/** An outside look at the meta server and, once they have ended here, at the others. */
export class EdgeWatch implements Watch {
  readonly #env: Pick<Env, "net" | "clock">;
  readonly #fetch: Fetch;
  readonly #metaPort: number;
  /** The main port of each role. */
  readonly #ports: ReadonlyMap<string, number>;
  /** By address; undefined while no meta server answers. */
  #listed: ReadonlyMap<string, ListedNode> | undefined;
  /** Roles that ended here, and answer all the same. */
  #answering: ReadonlySet<string> = new Set();

  /** Looks at the roles of a plan. */
  constructor(env: Pick<Env, "net" | "clock">, plan: readonly MemberPlan[], ask: Fetch = fetch) {
    this.#env = env;
    this.#fetch = ask;
    this.#metaPort = portOf(plan, "meta", "state");
    this.#ports = new Map(plan.map(({ label, ports: [first] }) => [label, first!.port]));
  }

  /** Needs no log: whoever is heard by the meta server is listed there. */
  hear(): void {}

  /** Asks the meta server for its nodes, and those who have ended here whether somebody started them again. */
  async look({ ended, signal }: LookOptions): Promise<void> {
    const answering = new Set<string>();
    const [listed] = await Promise.all([
      this.#askMeta(signal),
      ...[...ended].map(async (label) => {
        if (await this.#isHealthy(label, signal)) answering.add(label);
      }),
    ]);
    this.#listed = listed;
    this.#answering = answering;
  }

  /** Forgets what a role said that has just ended. */
  forget(label: string): void {
    if (label === "meta") this.#listed = undefined;
    this.#answering = new Set([...this.#answering].filter((one) => one !== label));
  }

  /** What the meta server says of a node; undefined for other roles, and while it does not answer. */
  sighting(label: string): Sighting | undefined {
    const node = this.#listed?.get(`${LOOPBACK}:${this.#ports.get(label)}`);
    return node === undefined ? undefined : { alive: node.isAlive };
  }

  /** Nodes that the meta server lists beside those of the plan. */
  strangers(): Array<[string, Sighting]> {
    const own = new Set([...this.#ports.values()].map((port) => `${LOOPBACK}:${port}`));
    const listed = [...this.#listed?.values() ?? []].filter(({ address }) => !own.has(address));
    return listed.map(({ address, isAlive }) => [address, { alive: isAlive }]);
  }

  /** Whether a role that ended here was started again by somebody else. */
  isBack(label: string): boolean {
    return this.#answering.has(label);
  }

  async #isHealthy(label: string, signal: AbortSignal): Promise<boolean> {
    const at = { host: LOOPBACK, port: this.#ports.get(label)! };
    return await attempt(async () => {
      const { status } = await askHealth(this.#env, at, { deadlineMs: ANSWER_MS, signal });
      return status === "healthy";
    });
  }

  async #askMeta(signal: AbortSignal): Promise<ReadonlyMap<string, ListedNode> | undefined> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    try {
      const answer = await this.#fetch(`http://${LOOPBACK}:${this.#metaPort}/state`, { signal: limited });
      const nodes = readNodes(await answer.json());
      return nodes && new Map(nodes.map((node) => [node.address, node]));
    } catch (error) {
      // No answer, or none of a meta server's: then nothing is known of the nodes.
      if (error instanceof TypeError || error instanceof DOMException || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}

/** Reads the nodes in a meta server's state: `{"nodes":[{"address":"127.0.0.1:4000","alive":true}]}`. */
function readNodes(json: unknown): ListedNode[] | undefined {
  const { nodes } = Object(json) as { nodes?: unknown };
  if (!Array.isArray(nodes)) return undefined;
  return nodes.flatMap((node) => {
    const { address, alive } = Object(node) as { address?: unknown; alive?: unknown };
    return typeof address === "string" ? [{ address, isAlive: alive === true }] : [];
  });
}
