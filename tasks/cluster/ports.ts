/**
 * Whether the cluster's ports are free, asked before anything starts.
 *
 * @module
 */

import type { Net } from "../../src/net/net.ts";
import { NetError } from "../../src/net/net_error.ts";
import { LOOPBACK, MAX_OFFSET, type MemberPlan, OFFSET_STEP, type PortUse } from "./plan.ts";

/** A port that cannot be had. */
export interface PortProblem {
  /** The port. */
  readonly use: PortUse;
  /** The role that needs it. */
  readonly label: string;
  /** What the network said. */
  readonly error: NetError;
}

/** Tries every port of a plan: listens there and closes again. */
export async function findPortProblems(net: Net, plan: readonly MemberPlan[]): Promise<PortProblem[]> {
  const problems: PortProblem[] = [];
  for (const { label, ports } of plan) {
    for (const use of ports) {
      const error = await tryPort(net, use);
      if (error !== undefined) problems.push({ use, label, error });
    }
  }
  return problems;
}

/** How many ports are tried for a role whose documented one another family has, too. */
const MAX_MOVES = 20;

/** A plan whose ports are free, or what is in its way. */
export type PortFinding =
  | { readonly kind: "free"; readonly plan: readonly MemberPlan[]; readonly moved: number }
  | { readonly kind: "taken"; readonly problems: readonly PortProblem[] };

/**
 * Makes a plan for which every port is free. One port of it may belong to another family, too: where only that one is in
 * use, its role moves to the next that is free.
 */
export async function findFreePlan(net: Net, plan: (moved: number) => readonly MemberPlan[]): Promise<PortFinding> {
  const planned = plan(0);
  const problems = await findPortProblems(net, planned);
  if (problems.length === 0) return { kind: "free", plan: planned, moved: 0 };
  const movable = new Set(planned.filter(({ mayMove }) => mayMove).map(({ label }) => label));
  if (!problems.every(({ label, error }) => movable.has(label) && error.code === "in-use")) {
    return { kind: "taken", problems };
  }
  for (let moved = 1; moved <= MAX_MOVES; moved++) {
    const other = plan(moved);
    if ((await findPortProblems(net, other)).length === 0) return { kind: "free", plan: other, moved };
  }
  return { kind: "taken", problems };
}

/**
 * Writes a problem as one line.
 *
 * @param offset The present offset, which the advice goes beyond.
 * @param words What follows `deno task cluster`, for another family than the first.
 */
export function describePortProblem(
  { use, label, error }: PortProblem,
  offset: number,
  words: readonly string[] = [],
): string {
  const { transport, port, purpose } = use;
  const reason = error.code === "in-use" ? "is in use" : `cannot be had (${error.message})`;
  const next = offset + OFFSET_STEP;
  const advice = next > MAX_OFFSET
    ? "without --port-offset"
    : ["deno task cluster", ...words, `--port-offset ${next}`].join(" ");
  return `Cannot start ${label}: ${transport} port ${port} (${purpose}) ${reason}; try others: ${advice}`;
}

async function tryPort(net: Net, { transport, port }: PortUse): Promise<NetError | undefined> {
  const at = { host: LOOPBACK, port };
  try {
    const socket = transport === "TCP" ? await net.listen(at) : await net.bind(at);
    socket.close();
    return undefined;
  } catch (error) {
    if (error instanceof NetError) return error;
    throw error;
  }
}
