/**
 * All that the index knows and decides: who holds what, who lives, who is busy.
 *
 * @module
 */

import { invariant } from "../base/invariant.ts";
import type { FileEntry, Location, ServerStatus } from "../protocol/cdn.ts";
import { fileNameReadings } from "../protocol/file_name.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { Catalog, type CatalogChange, type CatalogList, type CatalogServer } from "./catalog.ts";
import { ListDigest } from "./list_digest.ts";
import { LeastLoad } from "./placement.ts";
import { reconcile, type Verdict } from "./reconciliation.ts";
import { judgeRenewal, type RenewalVerdict, type Standing } from "./renewal.ts";

/** Limits of a {@link RoutingTable}. */
export interface RoutingLimits {
  /**
   * The most pairs of a file and a server. A registration under way counts with the files that it has beyond those that
   * it takes the place of.
   */
  maxFiles: number;
  /** How long all names together may be, in bytes, counted as files are: few long names cost what many do. Default: 1 GiB. */
  maxNameBytes?: number | undefined;
  /** The most servers. Past that a dead one makes room; without any, newcomers are refused. */
  maxServers: number;
  /** How long a server may be silent at the monitor after it registered, in milliseconds. */
  graceMs: number;
}

/** A registration under way: nothing of it counts before {@link RoutingTable.commit}. */
export interface Draft {
  /** Who registers. */
  readonly server: CatalogServer;
  /** The files so far: name to length. */
  readonly files: Map<string, number>;
  /** The live server of the same id elsewhere that was found to be gone, if there was one. */
  readonly replaces: CatalogServer | undefined;
  /** How many of its files count for nothing: they take the place of those that its server has now. */
  readonly freeFiles: number;
  /** The digest of the list so far. */
  readonly digest: ListDigest;
  /** How long its names are together, in bytes. */
  nameBytes: number;
  /** How many of these bytes count for nothing, as with files. */
  readonly freeNameBytes: number;
}

const MAX_NAME_BYTES = 1_073_741_824;

/** The index without its sockets. */
export class RoutingTable {
  readonly #limits: RoutingLimits;
  readonly #onLeave: (id: string) => void;
  readonly #catalog = new Catalog();
  readonly #loads = new LeastLoad();
  readonly #drafts = new Set<Draft>();
  /** Ids whose present files some draft takes the place of: of several drafts of one id only the first does. */
  readonly #replacing = new Set<string>();
  /** Files of all drafts, without those that count for nothing. */
  #drafted = 0;
  /** The same of the bytes of names. */
  #draftedNameBytes = 0;

  /** Creates an empty table. `onLeave` is told of each server that has to make room for another. */
  constructor(limits: RoutingLimits, onLeave: (id: string) => void = () => {}) {
    this.#limits = limits;
    this.#onLeave = onLeave;
  }

  /** How many servers and files are known, and how many servers live. */
  count(): { servers: number; alive: number; files: number } {
    let alive = 0;
    for (const server of this.#catalog.listServers()) if (server.alive) alive++;
    return { servers: this.#catalog.servers, alive, files: this.#catalog.files };
  }

  /** Picks the holder that a client is sent to, and counts the client for it; `undefined` if nobody alive has the file. */
  route(name: string): Location | undefined {
    return this.#loads.choose(this.#holders(name));
  }

  /** Every live holder of a file, best first. */
  locate(name: string): Location[] {
    return this.#loads.order(this.#holders(name));
  }

  /** Every file that can be had. */
  listFiles(): IterableIterator<FileEntry> {
    return this.#catalog.listFiles();
  }

  /** Every server, by id. */
  listServers(): ServerStatus[] {
    return [...this.#catalog.listServers()].map(({ id, host, tcpPort, alive }) => (
      { id, host, tcpPort, alive, load: this.#loads.loadOf(id) }
    ));
  }

  /** Whether a server is held to be alive; `undefined` if it is not known. */
  isAlive(id: string): boolean | undefined {
    return this.#catalog.lifeOf(id)?.alive;
  }

  /** The live server that has this one's id at another address, if there is one. */
  rivalOf({ id, host, tcpPort }: CatalogServer): CatalogServer | undefined {
    const holder = this.#catalog.server(id);
    if (holder === undefined || this.isAlive(id) !== true) return undefined;
    return holder.host === host && holder.tcpPort === tcpPort ? undefined : holder;
  }

  /**
   * Begins a registration.
   *
   * @throws {ProtocolError} `"TOO_MANY_SERVERS"`.
   */
  draft(server: CatalogServer, replaces?: CatalogServer): Draft {
    const { id } = server;
    this.#findRoomFor(id);
    const isFirst = !this.#replacing.has(id);
    const freeFiles = isFirst ? this.#catalog.fileCount(id) : 0;
    const freeNameBytes = isFirst ? this.#catalog.nameBytesOf(id) : 0;
    if (freeFiles > 0) this.#replacing.add(id);
    const list = { files: new Map<string, number>(), digest: new ListDigest() };
    const draft: Draft = { server, ...list, replaces, freeFiles, nameBytes: 0, freeNameBytes };
    this.#drafts.add(draft);
    return draft;
  }

  /**
   * Adds a file to a registration under way. A name that comes twice counts once, with the last length.
   *
   * @throws {ProtocolError} `"TOO_MANY_FILES"`.
   */
  stage(draft: Draft, file: FileEntry): void {
    invariant(this.#drafts.has(draft), "a file is added to a registration that has ended");
    const { name, sizeBytes } = file;
    if (!draft.files.has(name)) this.#charge(draft, name);
    draft.files.set(name, sizeBytes);
    draft.digest.add(file);
  }

  /**
   * Makes a registration count, all at once, and ends it.
   *
   * @throws {ProtocolError} `"SERVER_ID_IN_USE"`, `"TOO_MANY_SERVERS"` or `"TOO_MANY_FILES"` if others took the id or
   * the room in the meantime.
   */
  commit(draft: Draft, nowMs: number): CatalogChange {
    invariant(this.#drafts.has(draft), "a registration counts once");
    const { server, files, digest, replaces } = draft;
    const rival = this.rivalOf(server);
    if (rival !== undefined && rival !== replaces) throw idInUse(server, rival);
    // What it was to take the place of may have gone already, by another registration of the same id.
    const otherFiles = this.#catalog.entries - this.#catalog.fileCount(server.id) + this.#drafted - costOf(draft);
    const otherBytes = this.#catalog.nameBytes - this.#catalog.nameBytesOf(server.id) + this.#draftedNameBytes -
      costOfNames(draft);
    if (otherFiles + files.size > this.#limits.maxFiles) this.#refuseFiles(draft);
    if (otherBytes + draft.nameBytes > this.#maxNameBytes) this.#refuseFiles(draft);
    const leaving = this.#findRoomFor(server.id);
    if (leaving !== undefined) this.#forget(leaving);
    this.discard(draft);
    return this.#catalog.register(server, { files, sha256: digest.hex() }, nowMs);
  }

  /** What a server registered, with its list; `undefined` if it is not known. */
  registrationOf(id: string): (CatalogList & { readonly server: CatalogServer }) | undefined {
    return this.#catalog.registrationOf(id);
  }

  /**
   * Takes over a registration that another index took in. Returns what it changed; `undefined` if it was known.
   *
   * @throws {ProtocolError} `"TOO_MANY_SERVERS"` or `"TOO_MANY_FILES"` if there is no room for it.
   */
  adopt(
    { server, files, sha256 }: CatalogList & { readonly server: CatalogServer },
    nowMs: number,
  ): CatalogChange | undefined {
    if (judgeRenewal(this.#catalog.standingOf(server.id), { server, sha256 }) !== "unknown") return undefined;
    let nameBytes = 0;
    for (const name of files.keys()) nameBytes += name.length;
    const otherFiles = this.#catalog.entries - this.#catalog.fileCount(server.id) + this.#drafted;
    const otherBytes = this.#catalog.nameBytes - this.#catalog.nameBytesOf(server.id) + this.#draftedNameBytes;
    if (otherFiles + files.size > this.#limits.maxFiles) this.#refuseFiles({ server });
    if (otherBytes + nameBytes > this.#maxNameBytes) this.#refuseFiles({ server });
    const leaving = this.#findRoomFor(server.id);
    if (leaving !== undefined) this.#forget(leaving);
    return this.#catalog.register(server, { files, sha256 }, nowMs);
  }

  /** Ends a registration that is not to count. One that has ended already stays as it is. */
  discard(draft: Draft): void {
    if (!this.#drafts.delete(draft)) return;
    this.#drafted -= costOf(draft);
    this.#draftedNameBytes -= costOfNames(draft);
    if (draft.freeFiles > 0) this.#replacing.delete(draft.server.id);
  }

  /** Makes a registration count on, if exactly that one is known. */
  renew(claimed: Standing, nowMs: number): RenewalVerdict {
    const { id } = claimed.server;
    const verdict = judgeRenewal(this.#catalog.standingOf(id), claimed);
    if (verdict !== "unknown") this.#catalog.setAlive(id, true, nowMs);
    return verdict;
  }

  /** Marks a server dead. Returns whether it was alive. */
  bury(id: string, nowMs: number): boolean {
    return this.#catalog.setAlive(id, false, nowMs);
  }

  /** Takes in the monitor's list, asked for at `askedMs`, and returns whose life it changed. */
  hear(listed: readonly ServerStatus[], askedMs: number): Verdict[] {
    const heard = new Set<string>();
    for (const { id, tcpPort, load } of listed) {
      if (this.#catalog.server(id)?.tcpPort !== tcpPort) continue;
      this.#loads.report(id, load);
      heard.add(id);
    }
    this.#loads.fadeAllBut(heard);
    const verdicts = reconcile(listed, (id) => this.#catalog.lifeOf(id), { askedMs, graceMs: this.#limits.graceMs });
    for (const { kind, id } of verdicts) this.#catalog.setAlive(id, kind === "revive", askedMs);
    return verdicts;
  }

  /** Notes that the monitor could not be asked: without reports the counts of clients fade by themselves. */
  hearNothing(): void {
    this.#loads.fadeAllBut(new Set());
  }

  #holders(name: string): Location[] {
    for (const reading of fileNameReadings(name)) {
      const holders = this.#catalog.locate(reading);
      if (holders.length > 0) return holders;
    }
    return [];
  }

  /**
   * Looks for room for a server: returns the dead one that has to leave for it, or `undefined` if there is room as it is.
   *
   * @throws {ProtocolError} `"TOO_MANY_SERVERS"`.
   */
  #findRoomFor(newcomer: string): string | undefined {
    const { maxServers } = this.#limits;
    if (this.#catalog.server(newcomer) !== undefined || this.#catalog.servers < maxServers) return undefined;
    for (const { id, alive } of this.#catalog.listServers()) {
      // One that is just registering again is all but alive.
      if (!alive && !this.#replacing.has(id)) return id;
    }
    throw new ProtocolError("TOO_MANY_SERVERS", `Cannot register ${newcomer}: ${maxServers} servers are known`);
  }

  /** Counts one more name of a draft. */
  #charge(draft: Draft, name: string): void {
    const isCounted = draft.files.size >= draft.freeFiles;
    if (isCounted && this.#catalog.entries + this.#drafted >= this.#limits.maxFiles) this.#refuseFiles(draft);
    const nameBytes = draft.nameBytes + name.length;
    const moreBytes = costOfNames({ nameBytes, freeNameBytes: draft.freeNameBytes }) - costOfNames(draft);
    const isTooLong = this.#catalog.nameBytes + this.#draftedNameBytes + moreBytes > this.#maxNameBytes;
    if (moreBytes > 0 && isTooLong) this.#refuseFiles(draft);
    if (isCounted) this.#drafted++;
    this.#draftedNameBytes += moreBytes;
    draft.nameBytes = nameBytes;
  }

  get #maxNameBytes(): number {
    return this.#limits.maxNameBytes ?? MAX_NAME_BYTES;
  }

  #forget(id: string): void {
    this.#catalog.forget(id);
    this.#loads.forget(id);
    this.#onLeave(id);
  }

  #refuseFiles({ server }: Pick<Draft, "server">): never {
    const { maxFiles } = this.#limits;
    const most = `${maxFiles} files or ${this.#maxNameBytes} bytes of names`;
    throw new ProtocolError("TOO_MANY_FILES", `Cannot add a file of ${server.id}: the most is ${most}`);
  }
}

/** How many files a draft counts for. */
function costOf({ files, freeFiles }: Draft): number {
  return Math.max(0, files.size - freeFiles);
}

/** How many bytes of names a draft counts for. */
function costOfNames({ nameBytes, freeNameBytes }: Pick<Draft, "nameBytes" | "freeNameBytes">): number {
  return Math.max(0, nameBytes - freeNameBytes);
}

/** The refusal of an id that a live server has elsewhere. */
export function idInUse(server: CatalogServer, rival: CatalogServer): ProtocolError {
  return new ProtocolError(
    "SERVER_ID_IN_USE",
    `Cannot register ${server.id} at ${server.host}: it is alive at ${rival.host} port ${rival.tcpPort}`,
  );
}
