/**
 * Whether programs can share a port here, and if not, why.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";
import { NetError } from "./net_error.ts";

/** The runtime and the system, as far as it matters. */
export interface SharingGround {
  /** The system, as Node or Deno call it: `linux`. */
  readonly system: string;
  /** Versions by name. Deno and Bun tell one of Node, too. */
  readonly versions: {
    readonly deno?: string | undefined;
    readonly bun?: string | undefined;
    readonly node?: string | undefined;
  };
  /** Whether Deno was started without its flag for it. Default: false. */
  readonly isLocked?: boolean;
}

/** The first releases of Node that know the option; those before pass over it in silence. */
const NODE_MINORS: Readonly<Record<number, number>> = { 22: 12, 23: 1 };

/** Returns why a port cannot be shared; `undefined` if it can. */
export function whyNotShared({ system, versions: { deno, bun, node = "" }, isLocked = false }: SharingGround):
  | string
  | undefined {
  // Elsewhere one of the programs gets all streams, or the option means nothing.
  if (system !== "linux") return `only Linux spreads streams over programs that share a port, this is ${system}`;
  if (isLocked) return "Deno shares a port only with --unstable-net";
  if (deno !== undefined || bun !== undefined) return undefined;
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const knows = major > 23 || minor >= (NODE_MINORS[major] ?? Infinity);
  return knows ? undefined : `Node ${node} cannot share a port, Node 22.12 can`;
}

/**
 * Passes if a port can be shared here.
 *
 * @throws {NetError} `"unsupported"` with the reason otherwise.
 */
export function requireSharing(at: Address, ground: SharingGround): void {
  const reason = whyNotShared(ground);
  if (reason === undefined) return;
  throw new NetError("unsupported", `share ${formatAddress(at)}`, { cause: new Error(reason) });
}
