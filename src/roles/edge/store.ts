/**
 * The store of the edge family: keeps the bytes of all files for good, and tells the meta server of each version.
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
import type { Objects } from "../../storage/objects.ts";
import { StoreFiles } from "./store_files.ts";
import { StorePublisher } from "./store_publisher.ts";

/** Options of {@link startStore}. */
export interface StoreOptions extends RoleOptions, AccessOptions {
  /** Where to listen. Default: 127.0.0.1:5050. */
  listen?: Address | undefined;
  /** Where files are kept; closed when the store stops, or does not start. */
  objects: Objects;
  /** The meta servers, any of which is told of each version. Default: none. */
  meta?: readonly Address[] | undefined;
  /** The most bytes of one file. Default: 1 GiB. */
  limitBytes?: number | undefined;
}

/** A running store. */
export interface StoreRole extends Role {
  /** ACTIVE while it serves. */
  readonly state: "ACTIVE" | "STOPPED";
}

const DEFAULTS = {
  ...ROLE_DEFAULTS,
  listen: { host: "127.0.0.1", port: 5050 },
  meta: [],
  limitBytes: 1_073_741_824,
} as const;

/**
 * Starts a store.
 *
 * @example
 * ```ts
 * import { startStore } from "./store.ts";
 * import { systemEnv } from "../../env/runtime.ts";
 * import { openFolderObjects } from "../../storage/folder_objects.ts";
 * const env = systemEnv();
 * const folder = await Deno.makeTempDir();
 * const objects = await openFolderObjects(env, folder);
 * const store = await startStore(env, { listen: { host: "127.0.0.1", port: 0 }, objects });
 * await store.stop();
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @throws {RangeError} if it would be open to others than this machine without a token; {@link NetError} if an address
 *   cannot be had.
 */
export async function startStore(env: Env, options: StoreOptions): Promise<StoreRole> {
  try {
    return await start(env, options);
  } catch (error) {
    await options.objects.close();
    throw error;
  }
}

async function start(env: Env, options: StoreOptions): Promise<StoreRole> {
  const { listen, objects, meta, limitBytes, token, insecure, admin } = withDefaults(DEFAULTS, options);
  const access = new Access({ token, insecure });
  access.checkOpening(listen);
  const background = new Background(env.log);
  const publisher = new StorePublisher(env, { objects, meta, token });
  const files = new StoreFiles(env, { objects, publisher, limitBytes });
  const failure = (): string | undefined => objects.failure ?? background.failure;
  const handler = serveRoutes({ title: "Micro-CDN store", json: files.json, bytes: files.bytes, access, failure });
  let state: StoreRole["state"] = "ACTIVE";
  const server = await env.http.serve(listen, handler);
  const management = await openManagement(env, {
    role: "store",
    admin,
    background,
    describe: () => ({ state, failure: failure() ?? null, notPublished: publisher.behind ?? "all" }),
  }).catch(async (error) => {
    await server.close();
    throw error;
  });
  env.metrics.gauge("microcdn_store_not_published", "Files of which a meta server may not know.", () => {
    return publisher.behind ?? -1;
  });
  env.log.info("ready", { http: formatAddress(server.address) });
  background.run("publish", (signal) => publisher.run(signal));
  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    await server.close();
    await Promise.all([background.stop(), management.close()]);
    await objects.close();
    state = "STOPPED";
  }
  const role: StoreRole = {
    addresses: { http: server.address, ...management.addresses },
    get state() {
      return state;
    },
    stop: () => stopping ??= stop(),
    [Symbol.asyncDispose]: () => role.stop(),
  };
  return role;
}
