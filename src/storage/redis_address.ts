/**
 * Where a Redis server is, and who we are there.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";

/** A Redis server's port unless somebody says otherwise. */
export const REDIS_PORT = 6_379;

/** A database of a Redis server. */
export interface RedisAddress extends Address {
  /** Whether the connection is encrypted. */
  readonly isTls: boolean;
  /** The user of its access list; `undefined` for the default one. */
  readonly user: string | undefined;
  /** Never logged. */
  readonly password: string | undefined;
  /** The number of the database. */
  readonly database: number;
}

/**
 * Reads `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS.
 *
 * @throws {RangeError} if it has another shape. The text is not repeated: a password may stand in it.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isTls = url?.protocol === "rediss:";
  const [, digits = "0"] = /^\/?(\d{1,4})$/.exec(url?.pathname ?? "") ?? [];
  const isWhole = url?.search === "" && url.hash === "" && /^\/?\d{0,4}$/.test(url.pathname);
  if (url === undefined || !(isTls || url.protocol === "redis:") || url.hostname === "" || !isWhole) {
    throw new RangeError(
      "Cannot read the address of a Redis server: expected redis://[:PASSWORD@]HOST[:PORT][/DATABASE]",
    );
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? REDIS_PORT : Number(url.port),
    isTls,
    user: textOf(url.username),
    password: textOf(url.password),
    database: Number(digits),
  };
}

/** Writes it for people, without password: `redis://127.0.0.1:6379/0`. */
export function showRedisAddress(address: RedisAddress): string {
  return `${address.isTls ? "rediss" : "redis"}://${formatAddress(address)}/${address.database}`;
}

function textOf(encoded: string): string | undefined {
  if (encoded === "") return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    // A lone percent sign in a password that nobody encoded.
    return encoded;
  }
}
