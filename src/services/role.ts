/**
 * What every role has in common once it runs.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { isLoopback } from "../base/address.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../env/log.ts";
import type { HttpServers } from "../net/http.ts";
import type { Listener, ListenOptions, Net, PacketSocket } from "../net/net.ts";
import type { Metrics } from "../env/metrics.ts";
import { startAdmin } from "./admin.ts";
import type { Background } from "./background.ts";
import { Reused } from "./reused.ts";

/** A running role. */
export interface Role extends AsyncDisposable {
  /** Where it really listens, by purpose. */
  readonly addresses: Readonly<Record<string, Address>>;
  /** The state of its lifecycle. */
  readonly state: string;
  /** Takes no new work, finishes what runs, closes everything, waits for every loop. Idempotent. */
  stop(): Promise<void>;
}

/** Options that every role takes. */
export interface RoleOptions {
  /** Where to serve `/health`, `/metrics` and `/state`. Default: nowhere. */
  admin?: Address | undefined;
  /** How long open connections may go on at a stop, in milliseconds. Default: 5,000. */
  drainMs?: number | undefined;
  /** How long a peer may make no progress, in milliseconds. Default: 30,000. */
  idleMs?: number | undefined;
  /** The most connections at once. Default: 10,000. */
  maxConns?: number | undefined;
}

/** Defaults of {@link RoleOptions}. */
export const ROLE_DEFAULTS = { drainMs: 5_000, idleMs: 30_000, maxConns: 10_000 } as const;

/** The most members of a list that `/state` shows: each who is slow to read it holds all of it. Counts tell of the rest. */
export const MAX_SHOWN = 500;

/** What opening a socket needs of the outside world. */
export interface OpenEnv {
  /** The network. */
  readonly net: Net;
  /** Where a warning goes. */
  readonly log: Log;
}

/** Listens for streams, and warns if that is open to others than this machine. */
export async function openStreams(
  { net, log }: OpenEnv,
  at: Address,
  purpose: string,
  options: ListenOptions = {},
): Promise<Listener> {
  const listener = await net.listen(at, options);
  warnIfOpen(log, listener.address, `${purpose} (TCP)`);
  return listener;
}

/** Opens a datagram socket, and warns if that is open to others than this machine. */
export async function openPackets({ net, log }: OpenEnv, at: Address, purpose: string): Promise<PacketSocket> {
  const socket = await net.bind(at);
  warnIfOpen(log, socket.address, `${purpose} (UDP)`);
  return socket;
}

function warnIfOpen(log: Log, { host, port }: Address, purpose: string): void {
  if (!isLoopback(host)) log.warn("open to the network", { what: purpose, host, port });
}

/** What a role needs to be looked after. */
export interface Management {
  /** What the role is called in `/state`. */
  readonly role: string;
  /** Where to serve; undefined serves nowhere. */
  readonly admin: Address | undefined;
  /** Its loops, whose failure makes it unhealthy. */
  readonly background: Background;
  /** Its particulars for `/state`. */
  readonly describe: () => Record<string, unknown>;
}

/** The management interface, if one is wanted. */
export interface ManagementPort {
  /** Where it listens. */
  readonly addresses: Readonly<Record<string, Address>>;
  /** Closes it. */
  close(): Promise<void>;
}

/** Opens a role's management interface. */
export async function openManagement(
  { http, log, metrics, clock }: {
    readonly http: HttpServers;
    readonly log: Log;
    readonly metrics: Metrics;
    readonly clock: Pick<Clock, "now">;
  },
  { role, admin, background, describe }: Management,
): Promise<ManagementPort> {
  if (admin === undefined) return { addresses: {}, close: async () => {} };
  const state = new Reused(clock, () => ({ role, ...describe(), counters: metrics.values() }));
  const figures = new Reused(clock, () => metrics.render());
  const server = await startAdmin(http, admin, {
    failure: () => background.failure,
    metrics: () => figures.get(),
    state: () => state.get(),
  });
  warnIfOpen(log, server.address, "management (HTTP)");
  return { addresses: { admin: server.address }, close: () => server.close() };
}
