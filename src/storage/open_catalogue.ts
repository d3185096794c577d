/**
 * Which catalogue a text names: `memory`, `sqlite:FILE`, `postgres://...`.
 *
 * @module
 */

import { MemoryCatalogue } from "./memory_catalogue.ts";
import type { MetaCatalogue } from "./meta_catalogue.ts";
import { openPostgresCatalogue, type PostgresEnv } from "./postgres_catalogue.ts";
import { openSqliteCatalogue } from "./sqlite_catalogue.ts";
import { StorageError } from "./storage_error.ts";

/**
 * Opens a catalogue. Its engine is loaded only now.
 *
 * @param name `memory`; `sqlite:` and a file, or `sqlite::memory:`; a URL that begins with `postgres`.
 * @throws {StorageError} `"unsupported"` if the text is nothing of the kind, and as those catalogues do. No password
 *   stands in it.
 */
export async function openCatalogue(env: PostgresEnv, name: string): Promise<MetaCatalogue> {
  if (name === "memory") return new MemoryCatalogue();
  if (name.startsWith("sqlite:")) return await openSqliteCatalogue(name.slice("sqlite:".length).replace(/^\/\//, ""));
  if (name.startsWith("postgres")) return await openPostgresCatalogue(env, name);
  const cause = new Error("expected memory, sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE");
  throw new StorageError("unsupported", "open the catalogue", { cause });
}
