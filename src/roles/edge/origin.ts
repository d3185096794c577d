/**
 * The origin of the edge family: where clients ask. It keeps nothing, and any number of them may serve side by side.
 *
 * @module
 */

import { type Address, formatAddress } from "../../base/address.ts";
import { withDefaults } from "../../base/settings.ts";
import type { Env } from "../../env/env.ts";
import { Access, type AccessOptions } from "../../services/access.ts";
import { Background } from "../../services/background.ts";
import { serveRoutes } from "../../services/http_routes.ts";
import { openManagement, type Role, ROLE_DEFAULTS, type RoleOptions } from "../../services/role.ts";
import { originRoutes } from "./origin_routes.ts";
import { OriginUpstream } from "./origin_upstream.ts";

/** Options of {@link startOrigin}. */
export interface OriginOptions extends RoleOptions, AccessOptions {
  /** Where to listen. Default: 127.0.0.1:8001. */
  listen?: Address | undefined;
  /** The meta servers, any of which may answer. Default: 127.0.0.1:8002. */
  meta?: readonly Address[] | undefined;
  /** The store, which removes files. Default: 127.0.0.1:5050. */
  store?: Address | undefined;
}

/** A running origin. */
export interface OriginRole extends Role {
  /** RUNNING or STOPPED. */
  readonly state: "RUNNING" | "STOPPED";
}

const DEFAULTS = {
  ...ROLE_DEFAULTS,
  listen: { host: "127.0.0.1", port: 8001 },
  meta: [{ host: "127.0.0.1", port: 8002 }] as readonly Address[],
  store: { host: "127.0.0.1", port: 5050 },
} as const;

/**
 * Starts an origin.
 *
 * @example
 * ```ts
 * import { startOrigin } from "./origin.ts";
 * import { systemEnv } from "../../env/runtime.ts";
 * const origin = await startOrigin(systemEnv(), { listen: { host: "127.0.0.1", port: 0 } });
 * await origin.stop();
 * ```
 *
 * @throws {RangeError} if it would be open to others than this machine without a token, or there is no meta server;
 *   `NetError` if an address cannot be had.
 */
export async function startOrigin(env: Env, options: OriginOptions = {}): Promise<OriginRole> {
  const { listen, meta, store, token, insecure, admin } = withDefaults(DEFAULTS, options);
  const access = new Access({ token, insecure });
  access.checkOpening(listen);
  const upstream = new OriginUpstream(env, { meta, store, token });
  const background = new Background(env.log);
  const server = await env.http.serve(
    listen,
    serveRoutes({
      title: "Micro-CDN origin",
      json: originRoutes(upstream),
      bytes: [],
      access,
      failure: () => background.failure,
    }),
  );
  let state: OriginRole["state"] = "RUNNING";
  const management = await openManagement(env, {
    role: "origin",
    admin,
    background,
    describe: () => ({ state, ...upstream.describe() }),
  }).catch(async (error) => {
    await server.close();
    throw error;
  });
  env.log.info("ready", { http: formatAddress(server.address), meta: meta.map(formatAddress).join(",") });
  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    await Promise.all([server.close(), background.stop(), management.close()]);
    state = "STOPPED";
  }
  const role: OriginRole = {
    addresses: { http: server.address, ...management.addresses },
    get state() {
      return state;
    },
    stop: () => stopping ??= stop(),
    [Symbol.asyncDispose]: () => role.stop(),
  };
  return role;
}
