/**
 * All that the index knows and decides: who holds what, who lives, who is busy.
 *
 * @module
 */

import type { FileEntry, Location, ServerStatus } from "../protocol/cdn.ts";
import { fileNameReadings } from "../protocol/file_name.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { Catalog, type CatalogChange, type CatalogServer } from "./catalog.ts";
import { LeastLoad } from "./placement.ts";
import { reconcile, type Verdict } from "./reconciliation.ts";

/** Limits of a {@link RoutingTable}. */
export interface RoutingLimits {
  /** The most pairs of a file and a server, those of registrations under way included. */
  maxFiles: number;
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
}

/** The index without its sockets. */
export class RoutingTable {
  readonly #limits: RoutingLimits;
  readonly #catalog = new Catalog();
  readonly #loads = new LeastLoad();
  #drafted = 0;

  /** Creates an empty table. */
  constructor(limits: RoutingLimits) {
    this.#limits = limits;
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
    const { maxServers } = this.#limits;
    const isNew = this.#catalog.server(server.id) === undefined;
    if (isNew && this.#catalog.servers >= maxServers && !this.#forgetOneDead()) {
      throw new ProtocolError("TOO_MANY_SERVERS", `Cannot register ${server.id}: ${maxServers} servers are known`);
    }
    return { server, files: new Map(), replaces };
  }

  /**
   * Adds a file to a registration under way. A name that comes twice counts once, with the last length.
   *
   * @throws {ProtocolError} `"TOO_MANY_FILES"`.
   */
  stage(draft: Draft, { name, sizeBytes }: FileEntry): void {
    const { maxFiles } = this.#limits;
    if (!draft.files.has(name)) {
      const known = draft.files.size < this.#catalog.fileCount(draft.server.id);
      if (!known && this.#catalog.entries + this.#drafted >= maxFiles) {
        throw new ProtocolError("TOO_MANY_FILES", `Cannot add a file of ${draft.server.id}: ${maxFiles} are known`);
      }
      this.#drafted++;
    }
    draft.files.set(name, sizeBytes);
  }

  /**
   * Makes a registration count, all at once.
   *
   * @throws {ProtocolError} `"SERVER_ID_IN_USE"` if another live server took the id in the meantime.
   */
  commit(draft: Draft, nowMs: number): CatalogChange {
    const rival = this.rivalOf(draft.server);
    if (rival !== undefined && rival !== draft.replaces) throw idInUse(draft.server, rival);
    return this.#catalog.register(draft.server, draft.files, nowMs);
  }

  /** Ends a registration, committed or not. Call once for each draft. */
  discard(draft: Draft): void {
    this.#drafted -= draft.files.size;
  }

  /** Marks a server dead. Returns whether it was alive. */
  bury(id: string, nowMs: number): boolean {
    return this.#catalog.setAlive(id, false, nowMs);
  }

  /** Takes in the monitor's list, asked for at `askedMs`, and returns whose life it changed. */
  hear(listed: readonly ServerStatus[], askedMs: number): Verdict[] {
    for (const { id, load } of listed) if (this.#catalog.server(id) !== undefined) this.#loads.report(id, load);
    const verdicts = reconcile(listed, (id) => this.#catalog.lifeOf(id), { askedMs, graceMs: this.#limits.graceMs });
    for (const { kind, id } of verdicts) this.#catalog.setAlive(id, kind === "revive", askedMs);
    return verdicts;
  }

  #holders(name: string): Location[] {
    for (const reading of fileNameReadings(name)) {
      const holders = this.#catalog.locate(reading);
      if (holders.length > 0) return holders;
    }
    return [];
  }

  #forgetOneDead(): boolean {
    for (const { id, alive } of this.#catalog.listServers()) {
      if (alive) continue;
      this.#catalog.forget(id);
      this.#loads.forget(id);
      return true;
    }
    return false;
  }
}

/** The refusal of an id that a live server has elsewhere. */
export function idInUse(server: CatalogServer, rival: CatalogServer): ProtocolError {
  return new ProtocolError(
    "SERVER_ID_IN_USE",
    `Cannot register ${server.id} at ${server.host}: it is alive at ${rival.host} port ${rival.tcpPort}`,
  );
}
