/**
 * Flags of every role, of whatever family.
 *
 * @module
 */

import { host, optionalAddress, seconds, toggle } from "./flag.ts";
import type { FlagTable, FlagValues } from "./flags.ts";

/** Flags of every role. */
export const ROLE_FLAGS = {
  host: host({ name: "host", initial: "127.0.0.1", help: "Where to listen; beyond loopback only on purpose" }),
  admin: optionalAddress({ name: "admin", help: "Serve /health, /metrics and /state here" }),
  idleMs: seconds({ name: "idle-timeout", initialMs: 30_000, help: "How long a peer may make no progress" }),
  drainMs: seconds({
    name: "drain",
    initialMs: 5_000,
    mayBeZero: true,
    help: "How long connections may finish at a stop",
  }),
  supervised: toggle({ name: "supervised", hidden: true, onlyTyped: true, help: "Stop when standard input ends" }),
} as const satisfies FlagTable;

/** What of these flags every role takes as an option. */
export function roleOptions(
  { admin, idleMs, drainMs }: FlagValues<typeof ROLE_FLAGS>,
): Pick<FlagValues<typeof ROLE_FLAGS>, "admin" | "idleMs" | "drainMs"> {
  return { admin, idleMs, drainMs };
}
