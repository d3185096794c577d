/**
 * The tables of a catalogue in SQLite, as they became what they are.
 *
 * @module
 */

import { inTransaction, type SqliteDatabase } from "./sqlite_engine.ts";
import { StorageError } from "./storage_error.ts";

/** What each version of the tables adds to the one before. Never changed once released: a change is one more. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE cdn_nodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL UNIQUE,
    lat REAL NOT NULL,
    lng REAL NOT NULL,
    created_ms REAL NOT NULL
  );
  CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    generation INTEGER,
    is_removed INTEGER NOT NULL,
    created_ms REAL NOT NULL
  );
  CREATE TABLE cdn_file_mappings (
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    cdn_id INTEGER NOT NULL REFERENCES cdn_nodes (id),
    bytes TEXT NOT NULL,
    PRIMARY KEY (file_id, cdn_id)
  ) WITHOUT ROWID;
  CREATE TABLE file_timestamps (
    id INTEGER PRIMARY KEY,
    file_name TEXT NOT NULL,
    hash TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    generation INTEGER,
    recorded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
  );
  CREATE INDEX file_timestamps_by_name ON file_timestamps (file_name, id);
  `,
];

/**
 * Brings the tables up to date.
 *
 * @throws {StorageError} `"unsupported"` if a later program has been at them.
 */
export function migrateSqlite(database: SqliteDatabase, path: string): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > MIGRATIONS.length) {
    const cause = new Error(`its tables are of version ${version}, and this program knows ${MIGRATIONS.length}`);
    throw new StorageError("unsupported", `open the catalogue ${path}`, { cause });
  }
  MIGRATIONS.slice(version).forEach((sql, index) => {
    inTransaction(database, () => {
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${version + index + 1}`);
    });
  });
}
