/**
 * Which server holds which file.
 *
 * Lookups cost the same whatever the number of files: a map from name to holders, kept in step with each server's own
 * list. A registration replaces a server's list in one call, so that nobody sees half of it.
 *
 * @module
 */

import type { FileEntry, Location } from "../protocol/cdn.ts";
import type { ServerLife } from "./reconciliation.ts";
import type { HeldStanding } from "./renewal.ts";

/** A content server as the catalogue knows it. */
export interface CatalogServer {
  /** Its id. */
  readonly id: string;
  /** Where clients reach it. */
  readonly host: string;
  /** Where clients reach it. */
  readonly tcpPort: number;
  /** Where its heartbeats come from. */
  readonly udpPort: number;
}

interface Entry {
  server: CatalogServer;
  alive: boolean;
  /** When `alive` was last decided. */
  decidedMs: number;
  /** Its files: name to length. */
  files: ReadonlyMap<string, number>;
  /** The digest of its list, as it was registered. */
  sha256: string;
  /** How long their names are together. */
  nameBytes: number;
}

/** The list of a registration. */
export interface CatalogList {
  /** Name to length. */
  readonly files: ReadonlyMap<string, number>;
  /** Its digest. */
  readonly sha256: string;
}

/** What happened to a registration's list. */
export interface CatalogChange {
  /** Files it has now. */
  readonly files: number;
  /** Names that are new. */
  readonly added: number;
  /** Names that are gone. */
  readonly withdrawn: number;
}

/** Servers, their files, and who is alive. */
export class Catalog {
  readonly #servers = new Map<string, Entry>();
  /** One holder is stored bare: most files have one, and a million arrays are not free. */
  readonly #holders = new Map<string, Entry | Entry[]>();

  #entries = 0;
  #nameBytes = 0;

  /** How many servers are known, alive or not. */
  get servers(): number {
    return this.#servers.size;
  }

  /** How many names are known, whether a holder lives or not. */
  get files(): number {
    return this.#holders.size;
  }

  /** How many pairs of a file and a server are known: what the catalogue costs. */
  get entries(): number {
    return this.#entries;
  }

  /** How long the names of all entries are together, in bytes. */
  get nameBytes(): number {
    return this.#nameBytes;
  }

  /** A server as registered; `undefined` if it is not known. */
  server(id: string): CatalogServer | undefined {
    return this.#servers.get(id)?.server;
  }

  /** Whether a server is held to be alive, and since when that is decided; `undefined` if it is not known. */
  lifeOf(id: string): ServerLife | undefined {
    const entry = this.#servers.get(id);
    if (entry === undefined) return undefined;
    const { server: { host, tcpPort }, alive, decidedMs } = entry;
    return { id, host, tcpPort, alive, decidedMs };
  }

  /** What a server registered, without its list; `undefined` if it is not known. */
  standingOf(id: string): HeldStanding | undefined {
    return this.#servers.get(id);
  }

  /** What a server registered; `undefined` if it is not known. */
  registrationOf(id: string): (CatalogList & { readonly server: CatalogServer }) | undefined {
    return this.#servers.get(id);
  }

  /** How many files a server has. */
  fileCount(id: string): number {
    return this.#servers.get(id)?.files.size ?? 0;
  }

  /** How long the names of a server's files are together, in bytes. */
  nameBytesOf(id: string): number {
    return this.#servers.get(id)?.nameBytes ?? 0;
  }

  /** Takes a server in, alive, in place of what was known of it. The map is kept, not copied. */
  register(server: CatalogServer, { files, sha256 }: CatalogList, nowMs: number): CatalogChange {
    let entry = this.#servers.get(server.id);
    if (entry === undefined) {
      entry = { server, alive: true, decidedMs: nowMs, files: new Map(), sha256, nameBytes: 0 };
      this.#servers.set(server.id, entry);
    }
    const before = entry.files;
    entry.server = server;
    entry.alive = true;
    entry.decidedMs = nowMs;
    entry.files = files;
    entry.sha256 = sha256;
    let added = 0;
    let withdrawn = 0;
    let nameBytes = 0;
    for (const name of files.keys()) {
      nameBytes += name.length;
      if (before.has(name)) continue;
      this.#hold(name, entry);
      added++;
    }
    for (const name of before.keys()) {
      if (files.has(name)) continue;
      this.#release(name, entry);
      withdrawn++;
    }
    this.#entries += added - withdrawn;
    this.#nameBytes += nameBytes - entry.nameBytes;
    entry.nameBytes = nameBytes;
    return { files: files.size, added, withdrawn };
  }

  /** Marks a server alive or dead. Returns whether that changed anything. */
  setAlive(id: string, alive: boolean, nowMs: number): boolean {
    const entry = this.#servers.get(id);
    if (entry === undefined) return false;
    entry.decidedMs = nowMs;
    if (entry.alive === alive) return false;
    entry.alive = alive;
    return true;
  }

  /** Drops a server and its files. */
  forget(id: string): void {
    const entry = this.#servers.get(id);
    if (entry === undefined) return;
    for (const name of entry.files.keys()) this.#release(name, entry);
    this.#entries -= entry.files.size;
    this.#nameBytes -= entry.nameBytes;
    this.#servers.delete(id);
  }

  /** Where a file can be had now: its live holders, in no order that means anything. */
  locate(name: string): Location[] {
    const holders = this.#holders.get(name);
    if (holders === undefined) return [];
    if (!Array.isArray(holders)) return holders.alive ? [locationOf(holders, name)] : [];
    return holders.filter(({ alive }) => alive).map((entry) => locationOf(entry, name));
  }

  /** Every server, by id. */
  *listServers(): IterableIterator<CatalogServer & { readonly alive: boolean; readonly files: number }> {
    for (const id of [...this.#servers.keys()].sort()) {
      const { server, alive, files } = this.#servers.get(id)!;
      yield { ...server, alive, files: files.size };
    }
  }

  /** Every file that can be had now, in the order of registration. A size on which holders differ is the largest. */
  *listFiles(): IterableIterator<FileEntry> {
    for (const name of this.#holders.keys()) {
      const sizes = this.locate(name).map(({ sizeBytes }) => sizeBytes);
      if (sizes.length > 0) yield { name, sizeBytes: Math.max(...sizes) };
    }
  }

  #hold(name: string, entry: Entry): void {
    const holders = this.#holders.get(name);
    if (holders === undefined) this.#holders.set(name, entry);
    else if (Array.isArray(holders)) holders.push(entry);
    else this.#holders.set(name, [holders, entry]);
  }

  #release(name: string, entry: Entry): void {
    const holders = this.#holders.get(name);
    if (!Array.isArray(holders)) {
      this.#holders.delete(name);
      return;
    }
    holders.splice(holders.indexOf(entry), 1);
    if (holders.length === 1) this.#holders.set(name, holders[0]!);
  }
}

function locationOf({ server, files }: Entry, name: string): Location {
  return { id: server.id, host: server.host, tcpPort: server.tcpPort, sizeBytes: files.get(name)! };
}
