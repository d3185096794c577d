/**
 * Opens what an edge role keeps its things in.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import { unreachable } from "../base/invariant.ts";
import type { Env } from "../env/env.ts";
import type { CacheLayer } from "../storage/cache_layer.ts";
import type { MetaCatalogue } from "../storage/meta_catalogue.ts";
import type { Objects } from "../storage/objects.ts";
import type { CacheEngine, CatalogueEngine, ObjectsEngine } from "./engine_flags.ts";
import { EXIT } from "./exit_codes.ts";
import { CommandError } from "./failure.ts";
import { userPath } from "./paths.ts";

/** Runs what reads an engine's address; one that makes no sense is the user's mistake. */
async function explained<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const isMistake = error instanceof RangeError || error instanceof TypeError;
    throw isMistake ? new CommandError(EXIT.usage, error.message, { cause: error }) : error;
  }
}

/** Opens the catalogue of a meta server. Rejects with the signal's reason if that aborts while a server is waited for. */
export async function openCatalogue(
  env: Env,
  engine: CatalogueEngine,
  { signal }: AbortOptions = {},
): Promise<MetaCatalogue> {
  switch (engine.kind) {
    case "memory": {
      const { MemoryCatalogue } = await import("../storage/memory_catalogue.ts");
      return new MemoryCatalogue();
    }
    case "sqlite": {
      const { openSqliteCatalogue } = await import("../storage/sqlite_catalogue.ts");
      const path = userPath(env.host, engine.path);
      const [, folder] = path.match(/^(.+)[/\\][^/\\]*$/) ?? [];
      if (folder !== undefined) await env.files.makeFolder(folder);
      return await openSqliteCatalogue(path);
    }
    case "postgres": {
      const { openPostgresCatalogue } = await import("../storage/postgres_catalogue.ts");
      return await explained(() => openPostgresCatalogue(env, engine.url, { signal }));
    }
    default:
      return unreachable(engine);
  }
}

/** Opens the objects of a store. */
export async function openObjects(env: Env, engine: ObjectsEngine): Promise<Objects> {
  switch (engine.kind) {
    case "file": {
      const { openFolderObjects } = await import("../storage/folder_objects.ts");
      return await openFolderObjects(env, userPath(env.host, engine.path));
    }
    case "s3": {
      const { openS3Objects } = await import("../storage/s3_objects.ts");
      const { readS3Address } = await import("../storage/s3_address.ts");
      const address = await explained(() => readS3Address(engine.url, (name) => env.host.variable(name)));
      return await openS3Objects(env, address);
    }
    default:
      return unreachable(engine);
  }
}

/** Options of {@link openCache}. */
export interface CacheOptions {
  /** The memory for files in demand, in bytes. */
  readonly memoryBytes: number;
  /** The most that is kept below it, in bytes. Default: what the engine has by itself. */
  readonly maxBytes: number | undefined;
  /** Where clients reach the node, by which its copies go where several nodes share a server. */
  readonly at: string;
}

/** Opens the cache of a node: memory, and something below it. */
export async function openCache(env: Env, engine: CacheEngine, options: CacheOptions): Promise<CacheLayer> {
  const { memoryBytes, maxBytes, at } = options;
  const { MemoryLayer } = await import("../storage/memory_layer.ts");
  const memory = new MemoryLayer(env, { maxBytes: memoryBytes });
  const { TieredCache } = await import("../storage/tiered_cache.ts");
  switch (engine.kind) {
    case "memory":
      return memory;
    case "disk": {
      const { DiskLayer } = await import("../storage/disk_layer.ts");
      const folder = userPath(env.host, engine.path);
      return new TieredCache(env, memory, await DiskLayer.open(env, { folder, maxBytes }));
    }
    case "redis": {
      const { RedisLayer } = await import("../storage/redis_layer.ts");
      const { parseRedisAddress } = await import("../storage/redis_address.ts");
      const address = await explained(() => parseRedisAddress(engine.url));
      const prefix = `microcdn:${at}:`;
      return new TieredCache(env, memory, new RedisLayer(env, { address, prefix, maxBytes }));
    }
    default:
      return unreachable(engine);
  }
}
