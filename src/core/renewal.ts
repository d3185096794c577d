/**
 * A registration that goes on without its list being sent again: what the index makes of a renewal.
 *
 * Source: PROTOCOL.md, "cdn: renewal".
 *
 * @module
 */

import type { CatalogServer } from "./catalog.ts";

/** A registration without its list. */
export interface Standing {
  /** Who registered, and where it serves. */
  readonly server: CatalogServer;
  /** The digest of its list. */
  readonly sha256: string;
}

/** A registration that counts, as the index knows it. */
export interface HeldStanding extends Standing {
  /** Whether clients are sent there. */
  readonly alive: boolean;
}

/**
 * What the index makes of a renewal.
 *
 * - `renewed`: nothing changes
 * - `revived`: the server was held to be dead, and lives again, as by a registration
 * - `unknown`: something else is registered, or nothing: the server has to send its list
 */
export type RenewalVerdict = "renewed" | "revived" | "unknown";

/** Compares a renewal with what is registered under its id. Only what is the same in everything counts. */
export function judgeRenewal(held: HeldStanding | undefined, { server, sha256 }: Standing): RenewalVerdict {
  if (held === undefined || held.sha256 !== sha256) return "unknown";
  const { id, host, tcpPort, udpPort } = held.server;
  const isSame = id === server.id && host === server.host && tcpPort === server.tcpPort && udpPort === server.udpPort;
  if (!isSame) return "unknown";
  return held.alive ? "renewed" : "revived";
}
