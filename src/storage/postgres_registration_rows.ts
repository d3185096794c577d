/**
 * How registrations stand in rows of PostgreSQL, and the statements that read and write them.
 *
 * @module
 */

import type { CatalogServer } from "../core/catalog.ts";
import type { PostgresLink } from "./postgres_link.ts";
import type { StoredRegistration } from "./registrations.ts";

/** A registration without its list. */
export interface RegistrationHead {
  /** Who registered. */
  readonly server: CatalogServer;
  /** The digest of the list. */
  readonly sha256: string;
  /** The number of the change. */
  readonly revision: number;
}

/** How many heads are read at once. */
const PAGE_HEADS = 500;
/** How many files stand in a row, as lines of name and length: neither many rows nor long ones. */
const FILES_A_ROW = 2_000;
/** How many such rows are read at once. */
const PAGE_ROWS = 20;

/** Says which database it is, and the number of its last change. */
export async function readState(link: PostgresLink): Promise<{ catalogueId: string; revision: number }> {
  const [row] = await link.query("SELECT catalogue_id, revision FROM microcdn_state");
  return { catalogueId: String(row!.catalogue_id), revision: Number(row!.revision) };
}

/** Reads what was registered after a change, in the order of changes: some of it. */
export async function readHeads(link: PostgresLink, after: number): Promise<RegistrationHead[]> {
  const rows = await link.query(
    `SELECT server_id, host, tcp_port, udp_port, sha256, revision FROM content_servers
     WHERE revision > $1 ORDER BY revision LIMIT ${PAGE_HEADS}`,
    [after],
  );
  return rows.map((row) => ({
    server: {
      id: String(row.server_id),
      host: String(row.host),
      tcpPort: Number(row.tcp_port),
      udpPort: Number(row.udp_port),
    },
    sha256: String(row.sha256),
    revision: Number(row.revision),
  }));
}

/** Reads the list of a server. */
export async function readList(link: PostgresLink, id: string): Promise<Map<string, number>> {
  const files = new Map<string, number>();
  for (let first = 0;; first += PAGE_ROWS) {
    const rows = await link.query(
      `SELECT files FROM content_files WHERE server_id = $1 AND part >= $2 AND part < $3 ORDER BY part`,
      [id, first, first + PAGE_ROWS],
    );
    for (const row of rows) {
      for (const line of String(row.files).split("\n")) {
        const [name, size] = line.split(" ");
        files.set(name!, Number(size));
      }
    }
    if (rows.length < PAGE_ROWS) return files;
  }
}

/**
 * Writes a registration, unless exactly that is there, and tells all who listen. Its number is taken last, because all
 * others who change something wait for who has it.
 */
export async function writeRegistration(
  link: PostgresLink,
  { server, files, sha256 }: StoredRegistration,
  channel: string,
): Promise<void> {
  const { id, host, tcpPort, udpPort } = server;
  const head = [id, host, tcpPort, udpPort, sha256];
  await link.query("BEGIN");
  const written = await link.query(
    `INSERT INTO content_servers AS s (server_id, host, tcp_port, udp_port, sha256, revision)
     VALUES ($1, $2, $3, $4, $5, 0)
     ON CONFLICT (server_id) DO UPDATE SET host = $2, tcp_port = $3, udp_port = $4, sha256 = $5
     WHERE (s.host, s.tcp_port, s.udp_port, s.sha256) IS DISTINCT FROM ($2, $3, $4, $5)
     RETURNING server_id`,
    head,
  );
  if (written.length === 0) {
    await link.query("COMMIT");
    return;
  }
  await link.query("DELETE FROM content_files WHERE server_id = $1", [id]);
  let part = 0;
  for (const text of rowsOf(files)) {
    await link.query("INSERT INTO content_files (server_id, part, files) VALUES ($1, $2, $3)", [id, part++, text]);
  }
  const [state] = await link.query("UPDATE microcdn_state SET revision = revision + 1 RETURNING revision");
  await link.query("UPDATE content_servers SET revision = $2 WHERE server_id = $1", [id, Number(state!.revision)]);
  await link.query(`NOTIFY ${channel}; COMMIT`);
}

/** Drops a server and its list. */
export async function dropRegistration(link: PostgresLink, id: string): Promise<void> {
  await link.query("DELETE FROM content_servers WHERE server_id = $1", [id]);
}

function* rowsOf(files: ReadonlyMap<string, number>): IterableIterator<string> {
  let lines: string[] = [];
  for (const [name, sizeBytes] of files) {
    if (lines.push(`${name} ${sizeBytes}`) < FILES_A_ROW) continue;
    yield lines.join("\n");
    lines = [];
  }
  if (lines.length > 0) yield lines.join("\n");
}
