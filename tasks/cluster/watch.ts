/**
 * What is seen of a cluster from outside.
 *
 * @module
 */

import { DeadlineError } from "../../src/base/deadline.ts";
import { NetError } from "../../src/net/net_error.ts";
import { ProtocolError } from "../../src/protocol/protocol_error.ts";
import type { RoleRecord } from "./log_line.ts";
import type { MemberPlan } from "./plan.ts";
import type { Sighting } from "./status.ts";

/** How long an answer may take. */
export const ANSWER_MS = 900;

/** Options of {@link Watch.look}. */
export interface LookOptions {
  /** The roles of ours that have ended: somebody may have started them again. */
  readonly ended: ReadonlySet<string>;
  /** Calls it off. */
  readonly signal: AbortSignal;
}

/** An outside look at a cluster, now and then. */
export interface Watch {
  /** Takes a record of a role's log. */
  hear(label: string, record: RoleRecord, nowMs: number): void;
  /** Asks those who know who is alive. Whoever does not answer counts as not there; that is no error. */
  look(options: LookOptions): Promise<void>;
  /** Forgets what a role said that has just ended. */
  forget(label: string): void;
  /** What is said of a server; undefined if nobody knows it. */
  sighting(label: string, nowMs: number): Sighting | undefined;
  /** Servers that are known beside those of the plan. */
  strangers(nowMs: number): Array<[string, Sighting]>;
  /** Whether a role that ended here was started again by somebody else. */
  isBack(label: string, endedAtMs: number): boolean;
}

/** Runs a question; false if nobody answers it properly. */
export async function attempt(run: () => Promise<boolean>): Promise<boolean> {
  try {
    return await run();
  } catch (error) {
    const isAborted = error instanceof DOMException && ["AbortError", "TimeoutError"].includes(error.name);
    if (isAborted || [DeadlineError, NetError, ProtocolError].some((kind) => error instanceof kind)) return false;
    throw error;
  }
}

/** The port of a plan's role for a purpose. */
export function portOf(plan: readonly MemberPlan[], label: string, purpose: string): number {
  const use = plan.find((member) => member.label === label)?.ports.find((port) => port.purpose === purpose);
  if (use === undefined) throw new Error(`Broken invariant: the plan has no ${label}`);
  return use.port;
}
