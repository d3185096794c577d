/**
 * How nodes and files stand in rows of PostgreSQL, and the statements that read and write them.
 *
 * @module
 */

import type { MetaFile } from "../core/meta_file.ts";
import { type FileDifference, holderDifference, isNewVersion } from "./file_change.ts";
import type { EdgeNode } from "./meta_catalogue.ts";
import type { PostgresLink } from "./postgres_link.ts";

/** How many versions of a file the history keeps. */
const MAX_VERSIONS_KEPT = 100;

/** A file as an array of JSON: one column, whatever it holds. */
const FILE = `json_build_array(f.name, f.hash, f."timestamp", f.sha256, f.generation, f.is_removed,
  (extract(epoch FROM f.created_at) * 1000)::float8,
  (SELECT json_agg(json_build_array(m.cdn_id, m.bytes)) FROM cdn_file_mappings m WHERE m.file_id = f.id))`;

const NODE = `json_build_array(n.id, n.address, n.lat, n.lng, (extract(epoch FROM n.created_at) * 1000)::float8)`;

type FileRow = readonly [
  name: string,
  hash: string,
  timestamp: string,
  sha256: string,
  generation: number | null,
  isRemoved: boolean,
  createdMs: number,
  holders: readonly (readonly [number, string])[] | null,
];

type NodeRow = readonly [id: number, address: string, lat: number, lng: number, createdMs: number];

/** Where reading stands: behind this row, in the order of changes. */
export interface Cursor {
  /** The number of the change. */
  readonly revision: number;
  /** The row's id, among those of one change. */
  readonly fileId: number;
}

/** What changed, as far as one answer goes. */
export interface ChangedRows {
  /** Which catalogue it is: another one has another history. */
  readonly catalogueId: string;
  /** The number of the last change that the answer knows of. */
  readonly revision: number;
  /** The last change of which rows may be missing because they are gone for good. */
  readonly forgotten: number;
  /** Nodes that changed. */
  readonly nodes: readonly EdgeNode[];
  /** Files that changed, in the order of changes; `undefined` for what is gone. */
  readonly files: readonly (readonly [name: string, file: MetaFile | undefined])[];
  /** Where to go on; `undefined` if that was all. */
  readonly next: Cursor | undefined;
}

const READ_CHANGED = `
  SELECT s.catalogue_id, s.revision, s.forgotten,
    (SELECT json_agg(${NODE}) FROM cdn_nodes n WHERE n.revision > $1) AS nodes,
    (SELECT json_agg(json_build_array(c.revision, c.id, c.file)) FROM (
      SELECT f.revision, f.id, ${FILE} AS file FROM files f
      WHERE (f.revision, f.id) > ($1, $2) ORDER BY f.revision, f.id LIMIT $3
    ) c) AS files
  FROM microcdn_state s`;

/** Reads what changed behind a cursor, at most `limit` files. */
export async function readChanged(link: PostgresLink, cursor: Cursor, limit: number): Promise<ChangedRows> {
  const [row] = await link.query(READ_CHANGED, [cursor.revision, cursor.fileId, limit]);
  const { catalogue_id: catalogueId, revision, forgotten, nodes, files } = row as {
    catalogue_id: string;
    revision: string;
    forgotten: string;
    nodes: readonly NodeRow[] | null;
    files: readonly (readonly [revision: number, id: number, file: FileRow])[] | null;
  };
  const last = files?.at(-1);
  const isAll = last === undefined || files!.length < limit;
  return {
    catalogueId,
    revision: Number(revision),
    forgotten: Number(forgotten),
    nodes: (nodes ?? []).map(nodeOf),
    files: (files ?? []).map(([, , file]) => [file[0], fileOf(file)]),
    next: isAll ? undefined : { revision: last[0], fileId: last[1] },
  };
}

/** Reads files by name. */
export async function readFiles(link: PostgresLink, names: readonly string[]): Promise<Map<string, MetaFile>> {
  const rows = await link.query(`SELECT ${FILE} AS file FROM files f WHERE f.name = ANY($1)`, [names]);
  const files = new Map<string, MetaFile>();
  for (const { file: row } of rows) {
    const file = fileOf(row as FileRow);
    if (file !== undefined) files.set(file.name, file);
  }
  return files;
}

const WRITE_FILES = `
  WITH change AS (
    SELECT * FROM json_to_recordset($1::json) AS c (name text, hash text, "timestamp" text, sha256 text,
      generation bigint, is_removed boolean, created_ms float8, is_new boolean)
  ), put_file AS (
    INSERT INTO files (name, hash, "timestamp", sha256, generation, is_removed, created_at, changed_at, revision)
    SELECT name, hash, "timestamp", sha256, generation, is_removed, to_timestamp(created_ms / 1000), now(), $4::bigint
    FROM change
    ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, "timestamp" = excluded."timestamp",
      sha256 = excluded.sha256, generation = excluded.generation, is_removed = excluded.is_removed,
      created_at = excluded.created_at, changed_at = excluded.changed_at, revision = excluded.revision
    RETURNING id, name
  ), drop_holder AS (
    DELETE FROM cdn_file_mappings m
    USING put_file p, json_to_recordset($2::json) AS g (name text, cdn_id integer)
    WHERE p.name = g.name AND m.file_id = p.id AND m.cdn_id = g.cdn_id
  ), put_holder AS (
    INSERT INTO cdn_file_mappings (file_id, cdn_id, bytes)
    SELECT p.id, h.cdn_id, h.bytes
    FROM put_file p JOIN json_to_recordset($3::json) AS h (name text, cdn_id integer, bytes text) ON p.name = h.name
    ON CONFLICT (file_id, cdn_id) DO UPDATE SET bytes = excluded.bytes
  )
  INSERT INTO file_timestamps (file_name, hash, "timestamp", sha256, generation)
  SELECT name, hash, "timestamp", sha256, generation FROM change WHERE is_new`;

const FORGET_VERSIONS = `
  DELETE FROM file_timestamps t USING (
    SELECT id, row_number() OVER (PARTITION BY file_name ORDER BY id DESC) AS age
    FROM file_timestamps WHERE file_name = ANY($1)
  ) o WHERE t.id = o.id AND o.age > ${MAX_VERSIONS_KEPT}`;

/** Writes what changed of files, as the change of that number. */
export async function writeFiles(
  link: PostgresLink,
  differences: readonly FileDifference[],
  revision: number,
): Promise<void> {
  if (differences.length === 0) return;
  const rows: unknown[] = [];
  const gone: unknown[] = [];
  const put: unknown[] = [];
  const versions: string[] = [];
  for (const difference of differences) {
    const { name, before, after } = difference;
    const { hash, timestamp, sha256, generation, createdMs } = (after ?? before)!;
    const isNew = isNewVersion(difference);
    const isRemoved = after?.isRemoved ?? true;
    rows.push({
      name,
      hash,
      timestamp,
      sha256,
      generation,
      is_removed: isRemoved,
      created_ms: createdMs,
      is_new: isNew,
    });
    if (isNew) versions.push(name);
    const holders = holderDifference(difference);
    for (const nodeId of holders.gone) gone.push({ name, cdn_id: nodeId });
    for (const [nodeId, bytes] of holders.put) put.push({ name, cdn_id: nodeId, bytes });
  }
  await link.query(WRITE_FILES, [JSON.stringify(rows), JSON.stringify(gone), JSON.stringify(put), revision]);
  if (versions.length > 0) await link.query(FORGET_VERSIONS, [versions]);
}

/** Writes a node, as the change of that number, and returns it. */
export async function writeNode(
  link: PostgresLink,
  { address, lat, lng, createdMs }: Omit<EdgeNode, "id">,
  revision: number,
): Promise<EdgeNode> {
  // Not ON CONFLICT, which would use up an id each time.
  const place = [address, lat, lng, revision];
  const known = await link.query(
    `UPDATE cdn_nodes n SET lat = $2, lng = $3, revision = $4 WHERE address = $1 RETURNING ${NODE} AS node`,
    place,
  );
  const [row] = known.length > 0 ? known : await link.query(
    `INSERT INTO cdn_nodes AS n (address, lat, lng, revision, created_at) VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000))
     RETURNING ${NODE} AS node`,
    [...place, createdMs],
  );
  return nodeOf(row!.node as NodeRow);
}

/** Forgets files for good that have been gone for longer than anybody may need to learn of it. */
export async function forgetFiles(link: PostgresLink, keptHours: number): Promise<void> {
  await link.query(
    `WITH gone AS (
      DELETE FROM files f WHERE f.is_removed AND f.changed_at < now() - make_interval(hours => $1)
        AND NOT EXISTS (SELECT 1 FROM cdn_file_mappings m WHERE m.file_id = f.id)
      RETURNING revision
    )
    UPDATE microcdn_state SET forgotten = greatest(forgotten, (SELECT coalesce(max(revision), 0) FROM gone))`,
    [keptHours],
  );
}

function nodeOf([id, address, lat, lng, createdMs]: NodeRow): EdgeNode {
  return { id, address, lat, lng, createdMs };
}

/** `undefined` if the row only tells that it is gone. */
function fileOf(row: FileRow): MetaFile | undefined {
  const [name, hash, timestamp, sha256, generation, isRemoved, createdMs, holders] = row;
  if (isRemoved && holders === null) return undefined;
  return {
    name,
    hash,
    timestamp,
    sha256,
    generation: generation ?? undefined,
    createdMs,
    isRemoved,
    holders: new Map(holders ?? []),
  };
}
