/**
 * The contract of every transport, as a list of cases that needs no test runner.
 *
 * A new transport passes when {@link runNetCase} resolves for each of {@link NET_CASES}.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { withDeadline } from "../src/base/deadline.ts";
import type { Net } from "../src/net/net.ts";
import { ADDRESS_CASES } from "./net_address_cases.ts";
import { NetBench, type NetCase } from "./net_bench.ts";
import { BREAK_CASES } from "./net_break_cases.ts";
import { DATAGRAM_CASES } from "./net_datagram_cases.ts";
import { SHARING_CASES } from "./net_sharing_cases.ts";
import { STREAM_CASES } from "./net_stream_cases.ts";

/** Everything that a transport promises. */
export const NET_CASES: readonly NetCase[] = [
  ...STREAM_CASES,
  ...BREAK_CASES,
  ...ADDRESS_CASES,
  ...SHARING_CASES,
  ...DATAGRAM_CASES,
];

/** Options of {@link runNetCase}. */
export interface RunNetCaseOptions {
  /** Milliseconds of real time that the case may take. Default: 60,000, for machines with much else to do. */
  deadlineMs?: number;
}

/**
 * Runs one case on a network, and closes what it opened.
 *
 * @throws {Error} if the promise is not kept, or not in time.
 */
export async function runNetCase(net: Net, netCase: NetCase, options: RunNetCaseOptions = {}): Promise<void> {
  const { deadlineMs = 60_000 } = options;
  const bench = new NetBench(net);
  try {
    await withDeadline(systemClock(), { deadlineMs, what: netCase.name }, () => netCase.run(bench));
  } finally {
    bench.close();
  }
}

/** Whether the machine has what a case needs. */
export async function canRunNetCase(net: Net, { needs }: NetCase): Promise<boolean> {
  if (needs === undefined) return true;
  try {
    (await net.bind({ host: "::1", port: 0 })).close();
    return true;
  } catch {
    // A machine without IPv6 fails here in its own way each; which one does not matter.
    return false;
  }
}
