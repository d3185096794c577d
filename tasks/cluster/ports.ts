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

/**
 * Writes a problem as one line.
 *
 * @param offset The present offset, which the advice goes beyond.
 */
export function describePortProblem({ use, label, error }: PortProblem, offset: number): string {
  const { transport, port, purpose } = use;
  const reason = error.code === "in-use" ? "is in use" : `cannot be had (${error.message})`;
  const next = offset + OFFSET_STEP;
  const advice = next > MAX_OFFSET ? "without --port-offset" : `deno task cluster --port-offset ${next}`;
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
