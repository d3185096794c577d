/**
 * A catalogue in one file of SQLite, for one meta server.
 *
 * @module
 */

import type { MetaFile } from "../core/meta_file.ts";
import { CatalogueModel } from "./catalogue_model.ts";
import { type FileChange, type FileDifference, holderDifference, isNewVersion, runChanges } from "./file_change.ts";
import type { EdgeNode, NodeEntry } from "./meta_catalogue.ts";
import { ModelledCatalogue } from "./modelled_catalogue.ts";
import {
  asStorageError,
  inTransaction,
  openSqlite,
  type SqliteDatabase,
  type SqliteOptions,
  type SqliteStatement,
} from "./sqlite_engine.ts";
import { migrateSqlite } from "./sqlite_schema.ts";
import { StorageError } from "./storage_error.ts";

/** How many versions of a file the history keeps. */
export const MAX_VERSIONS_KEPT = 100;

/** Changes that wait to be written together. */
interface Waiting {
  readonly changes: readonly FileChange[];
  resolve(results: unknown[]): void;
  reject(error: unknown): void;
}

/**
 * Opens a catalogue.
 *
 * @param path A file, which is made if it is missing, or `:memory:`.
 * @throws {StorageError} `"unsupported"` if the runtime has no SQLite or a later program has been at the file,
 *   `"unavailable"` if another program has it open.
 */
export async function openSqliteCatalogue(path: string, options: SqliteOptions = {}): Promise<SqliteCatalogue> {
  const database = await openSqlite(path, options);
  try {
    migrateSqlite(database, path);
    return new SqliteCatalogue(database, path);
  } catch (error) {
    database.close();
    throw asStorageError(error, `read the catalogue ${path}`);
  }
}

/** Rows behind the model. What comes in one turn of the event loop is written, and synced, together. */
export class SqliteCatalogue extends ModelledCatalogue {
  /** See {@link ModelledCatalogue.isShared}. */
  override readonly isShared: boolean = false;
  readonly #database: SqliteDatabase;
  readonly #path: string;
  readonly #statements: Statements;
  #waiting: Waiting[] = [];
  #failure: string | undefined;
  #isClosed = false;

  /** Reads everything. */
  constructor(database: SqliteDatabase, path: string) {
    super(new CatalogueModel());
    this.#database = database;
    this.#path = path;
    this.#statements = prepareStatements(database);
    this.#load();
  }

  /** See {@link ModelledCatalogue.failure}. */
  override get failure(): string | undefined {
    return this.#failure;
  }

  /** See {@link ModelledCatalogue.change}. */
  protected override change<T>(changes: readonly FileChange<T>[]): Promise<T[]> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) queueMicrotask(() => this.#writeWaiting());
      this.#waiting.push({ changes, resolve: resolve as Waiting["resolve"], reject });
    });
  }

  /** See {@link ModelledCatalogue.register}. */
  // deno-lint-ignore require-await -- a throw must become a rejection
  override async register({ address, lat, lng }: NodeEntry, nowMs: number): Promise<EdgeNode> {
    const node = this.#try("register a node", () => {
      const row = this.#statements.putNode.get(address, lat, lng, nowMs)!;
      return { id: Number(row.id), address, lat, lng, createdMs: Number(row.created_ms) };
    });
    this.model.putNode(node);
    return node;
  }

  /** See {@link ModelledCatalogue.beat}. */
  // deno-lint-ignore require-await -- the interface's promise
  override async beat(nodeId: number): Promise<void> {
    this.model.passBeat(nodeId);
  }

  /** See {@link ModelledCatalogue.close}. */
  // deno-lint-ignore require-await -- the interface's promise
  override async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#writeWaiting();
    this.#isClosed = true;
    this.#database.close();
  }

  #load(): void {
    for (const row of this.#database.prepare("SELECT id, address, lat, lng, created_ms FROM cdn_nodes").all()) {
      const { id, address, lat, lng, created_ms: createdMs } = row;
      this.model.putNode({
        id: Number(id),
        address: String(address),
        lat: Number(lat),
        lng: Number(lng),
        createdMs: Number(createdMs),
      });
    }
    const holders = new Map<number, Map<number, string>>();
    for (const row of this.#database.prepare("SELECT file_id, cdn_id, bytes FROM cdn_file_mappings").all()) {
      const fileId = Number(row.file_id);
      const known = holders.get(fileId) ?? new Map<number, string>();
      holders.set(fileId, known.set(Number(row.cdn_id), String(row.bytes)));
    }
    const files = "SELECT id, name, hash, timestamp, sha256, generation, is_removed, created_ms FROM files";
    for (const row of this.#database.prepare(files).all()) {
      const file: MetaFile = {
        name: String(row.name),
        hash: String(row.hash),
        timestamp: String(row.timestamp),
        sha256: String(row.sha256),
        generation: row.generation === null ? undefined : Number(row.generation),
        isRemoved: Number(row.is_removed) === 1,
        createdMs: Number(row.created_ms),
        holders: holders.get(Number(row.id)) ?? new Map(),
      };
      this.model.putFile(file.name, file);
    }
  }

  #writeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    try {
      const { results, differences } = this.#try("write to the catalogue", () => {
        const all = runChanges(waiting.flatMap(({ changes }) => changes), (name) => this.model.file(name));
        inTransaction(this.#database, () => all.differences.forEach((one) => this.#write(one)));
        return all;
      });
      for (const { name, after } of differences) this.model.putFile(name, after);
      let at = 0;
      for (const { changes, resolve } of waiting) resolve(results.slice(at, at += changes.length));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  #write(difference: FileDifference): void {
    const { name, after } = difference;
    const { putFile, dropFile, putHolder, dropHolder, record, forget } = this.#statements;
    if (after === undefined) {
      dropFile.run(name);
      return;
    }
    const { hash, timestamp, sha256, generation = null, isRemoved, createdMs } = after;
    const { id } = putFile.get(name, hash, timestamp, sha256, generation, isRemoved ? 1 : 0, createdMs)!;
    const { put, gone } = holderDifference(difference);
    for (const nodeId of gone) dropHolder.run(id!, nodeId);
    for (const [nodeId, bytes] of put) putHolder.run(id!, nodeId, bytes);
    if (!isNewVersion(difference)) return;
    record.run(name, hash, timestamp, sha256, generation);
    forget.run(name, name, MAX_VERSIONS_KEPT);
  }

  #try<T>(what: string, work: () => T): T {
    if (this.#isClosed) throw new StorageError("unavailable", `${what} ${this.#path}`);
    try {
      const result = work();
      this.#failure = undefined;
      return result;
    } catch (error) {
      const failure = asStorageError(error, `${what} ${this.#path}`);
      this.#failure = failure.message;
      throw failure;
    }
  }
}

type Statements = Readonly<
  Record<"putNode" | "putFile" | "dropFile" | "putHolder" | "dropHolder" | "record" | "forget", SqliteStatement>
>;

function prepareStatements(database: SqliteDatabase): Statements {
  return {
    putNode: database.prepare(
      `INSERT INTO cdn_nodes (address, lat, lng, created_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (address) DO UPDATE SET lat = excluded.lat, lng = excluded.lng RETURNING id, created_ms`,
    ),
    putFile: database.prepare(
      `INSERT INTO files (name, hash, timestamp, sha256, generation, is_removed, created_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, timestamp = excluded.timestamp, sha256 = excluded.sha256,
         generation = excluded.generation, is_removed = excluded.is_removed, created_ms = excluded.created_ms
       RETURNING id`,
    ),
    dropFile: database.prepare("DELETE FROM files WHERE name = ?"),
    putHolder: database.prepare(
      `INSERT INTO cdn_file_mappings (file_id, cdn_id, bytes) VALUES (?, ?, ?)
       ON CONFLICT (file_id, cdn_id) DO UPDATE SET bytes = excluded.bytes`,
    ),
    dropHolder: database.prepare("DELETE FROM cdn_file_mappings WHERE file_id = ? AND cdn_id = ?"),
    record: database.prepare(
      "INSERT INTO file_timestamps (file_name, hash, timestamp, sha256, generation) VALUES (?, ?, ?, ?, ?)",
    ),
    forget: database.prepare(
      `DELETE FROM file_timestamps WHERE file_name = ? AND id <=
       (SELECT id FROM file_timestamps WHERE file_name = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    ),
  };
}
