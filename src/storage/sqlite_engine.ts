/**
 * SQLite as the runtime brings it: `node:sqlite`, loaded when it is asked for, since Node 20 has none.
 *
 * @module
 */

import { lateModule } from "../env/late_modules.ts";
import { StorageError, type StorageErrorCode } from "./storage_error.ts";

/** A value in a table. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** A prepared statement. */
export interface SqliteStatement {
  /** Runs it. */
  run(...values: SqliteValue[]): { readonly lastInsertRowid: number | bigint; readonly changes: number | bigint };
  /** Runs it, and returns the first row. */
  get(...values: SqliteValue[]): Record<string, SqliteValue> | undefined;
  /** Runs it, and returns every row. */
  all(...values: SqliteValue[]): Record<string, SqliteValue>[];
}

/** An open database: as much of `DatabaseSync` as is used. */
export interface SqliteDatabase {
  /** Runs statements without values. */
  exec(sql: string): void;
  /** Prepares a statement. */
  prepare(sql: string): SqliteStatement;
  /** Closes it. Throws if it is closed. */
  close(): void;
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string, options?: { readonly timeout?: number }) => SqliteDatabase;
}

const BUSY_MS = 5_000;

/** What SQLite says, in its own words: Deno passes its result codes on to nobody. */
const REASONS: readonly (readonly [says: RegExp, StorageErrorCode])[] = [
  [/database (table )?is locked|unable to open database file/, "unavailable"],
  [/database or disk is full/, "full"],
  [/readonly database|access permission denied|not authorized/, "denied"],
  [/malformed|is not a database/, "corrupt"],
];

/** Options of {@link openSqlite}. */
export interface SqliteOptions {
  /** How long another program may keep the database, such as one that is just ending. Default: 5,000 ms. */
  readonly busyMs?: number | undefined;
}

/**
 * Opens a database that no other program may open meanwhile. What is committed is on the disk.
 *
 * @param path A file, which is made if it is missing, or `:memory:`.
 * @throws {StorageError} `"unsupported"` if the runtime has no SQLite, `"unavailable"` if another program has it open.
 */
export async function openSqlite(path: string, options: SqliteOptions = {}): Promise<SqliteDatabase> {
  const { busyMs = BUSY_MS } = options;
  const what = `open the catalogue ${path}`;
  let module: SqliteModule;
  try {
    module = await lateModule<SqliteModule>("node:sqlite");
  } catch {
    const cause = new Error("SQLite needs Node 22.13 or later, Deno or Bun");
    throw new StorageError("unsupported", what, { cause });
  }
  let database: SqliteDatabase | undefined;
  try {
    database = new module.DatabaseSync(path, { timeout: busyMs });
    // Two programs with a model each would not see each other's changes: the first one keeps the others out.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    database.exec("BEGIN EXCLUSIVE");
    database.exec("COMMIT");
    return database;
  } catch (error) {
    database?.close();
    throw asStorageError(error, what);
  }
}

/** Gives an error of SQLite its kind. */
export function asStorageError(error: unknown, what: string): StorageError {
  if (error instanceof StorageError) return error;
  const { name, message } = error as Error;
  const code = name === "NotCapable" ? "denied" : REASONS.find(([says]) => says.test(message))?.[1] ?? "other";
  return new StorageError(code, what, { cause: error });
}

/** Runs `work` in a transaction: all of it counts, or nothing. */
export function inTransaction<T>(database: SqliteDatabase, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // What made it fail may have rolled it back already.
    }
    throw error;
  }
}
