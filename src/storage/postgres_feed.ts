/**
 * What others changed in a catalogue of PostgreSQL, and which nodes live: one connection that listens, reads what it is
 * told of, and comes back by itself.
 *
 * The server delivers notices in the order in which transactions were committed. They are taken in that order, and what
 * a notice of a change tells of is read before the next notice counts. So whoever has heard the echo of a notice of his
 * own knows every change and every sign of life before it.
 *
 * @module
 */

import { slept } from "../base/clock.ts";
import { withDeadline } from "../base/deadline.ts";
import { Backoff } from "../core/backoff.ts";
import type { CatalogueModel } from "./catalogue_model.ts";
import { openPostgresLink, type PostgresLink } from "./postgres_link.ts";
import { type ChangedRows, type Cursor, readChanged } from "./postgres_rows.ts";
import { type PostgresServer, showPostgresServer } from "./postgres_server.ts";
import type { PostgresSettings } from "./postgres_settings.ts";
import { StorageError } from "./storage_error.ts";

/** The channel of notices, one a database. */
export const CHANNEL = "microcdn_catalogue";

/** How many files are read at once. */
const PAGE_FILES = 2_000;
/** How many nodes one notice names: it may have 8,000 bytes. */
const MAX_BEATS_A_NOTICE = 500;
/** How long nothing may be heard before it is asked whether anything changed, and so whether the connection lives. */
const QUIET_MS = 5_000;
/** Waits between attempts to connect. */
const BACKOFF = { firstMs: 100, maxMs: 2_000 } as const;

/** Somebody who waits for a notice. */
interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

interface Beats {
  readonly nodeIds: readonly number[];
  readonly waiters: readonly Waiter[];
}

/** The feed of one catalogue. */
export class PostgresFeed {
  readonly #server: PostgresServer;
  readonly #model: CatalogueModel;
  readonly #settings: PostgresSettings;
  readonly #controller = new AbortController();
  readonly #running: Promise<void>;
  #link: PostgresLink | undefined;
  #failure: string | undefined = "not connected yet";
  /** What of the changes is in the model. */
  #revision = 0;
  #catalogueId: string | undefined;
  #notices: string[] = [];
  #wake: (() => void) | undefined;
  /** The last change whose notice was heard, or need not be heard any more. */
  #heard = 0;
  /** Who waits for the notice of a change, and of which. */
  readonly #listeners = new Map<Waiter, number>();
  #waitingBeats = new Map<number, Waiter[]>();
  /** The beats of which the notice is under way. */
  readonly #sentBeats = new Map<string, Beats>();
  #beatCount = 0;
  readonly #readers = new Set<Waiter>();

  /** Starts to listen. */
  constructor(server: PostgresServer, model: CatalogueModel, settings: PostgresSettings) {
    this.#server = server;
    this.#model = model;
    this.#settings = settings;
    this.#running = this.#run(this.#controller.signal);
  }

  /** Why it hears nothing; `undefined` while it does. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Resolves when everything has been read once. */
  ready(): Promise<void> {
    if (this.#catalogueId !== undefined) return Promise.resolve();
    return new Promise((resolve, reject) => void this.#readers.add({ resolve, reject }));
  }

  /**
   * Resolves when the notice of a change has been heard, and what it changed can be read.
   *
   * @throws {StorageError} `"timeout"` if that takes too long.
   */
  async heard(revision: number): Promise<void> {
    if (revision <= this.#heard) return;
    await this.#within("timeout", "hear of a change", (waiter) => {
      this.#listeners.set(waiter, revision);
      return () => void this.#listeners.delete(waiter);
    });
  }

  /**
   * Tells all meta servers that a node lives, and resolves when that has come back.
   *
   * @throws {StorageError} `"unavailable"` if that takes too long.
   */
  async beat(nodeId: number): Promise<void> {
    await this.#within("unavailable", "pass on a sign of life", (waiter) => {
      if (this.#failure !== undefined) {
        waiter.reject(this.#error("unavailable", "pass on a sign of life"));
        return () => {};
      }
      const waiters = this.#waitingBeats.get(nodeId) ?? [];
      this.#waitingBeats.set(nodeId, [...waiters, waiter]);
      if (this.#sentBeats.size === 0) this.#sendBeats();
      return () => {};
    });
  }

  /** Stops listening. Idempotent. */
  async close(): Promise<void> {
    this.#controller.abort();
    this.#link?.destroy();
    this.#wake?.();
    await this.#running;
    const error = new StorageError("unavailable", `read ${showPostgresServer(this.#server)} after the end`);
    for (const { reject } of [...this.#listeners.keys(), ...this.#readers]) reject(error);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#settings;
    const backoff = new Backoff(random, BACKOFF);
    while (!signal.aborted) {
      try {
        const link = await this.#connect();
        if (backoff.failures > 0) log.info("catalogue reached again", { at: showPostgresServer(this.#server) });
        backoff.reset();
        while (link.isOpen && !signal.aborted) await this.#takeNotices(link);
        if (!signal.aborted) throw new Error("the connection broke");
      } catch (error) {
        if (signal.aborted) break;
        this.#lose(error, backoff.failures === 0);
        await slept(clock, backoff.next(), signal);
      }
    }
    this.#lose(new Error("it is closed"), false);
  }

  /** Listens first and reads then, so that nothing falls between the two. */
  async #connect(): Promise<PostgresLink> {
    const { clock, log } = this.#settings;
    const link = await openPostgresLink(this.#server, {
      ...this.#settings,
      signal: this.#controller.signal,
      onNotification: (payload) => this.#notice(payload),
      onEnd: () => this.#wake?.(),
    });
    this.#link = link;
    if (this.#controller.signal.aborted) link.destroy();
    this.#notices = [];
    // Nothing that is sent here needs to outlast a crash of the server.
    await this.#ask(link, () => link.query(`SET synchronous_commit = off; LISTEN ${CHANNEL}`));
    const startMs = clock.now();
    await this.#read(link);
    this.#failure = undefined;
    this.#model.passGap();
    // Which nodes live is not known now, as told; so nothing else may come before a change either.
    this.#hear(this.#revision);
    for (const { resolve } of this.#readers) resolve();
    this.#readers.clear();
    log.debug("catalogue read", { revision: this.#revision, ms: Math.round(clock.now() - startMs) });
    return link;
  }

  #notice(payload: string): void {
    this.#notices.push(payload);
    this.#wake?.();
  }

  async #takeNotices(link: PostgresLink): Promise<void> {
    if (this.#notices.length === 0 && link.isOpen) await this.#quiet();
    if (!link.isOpen) return;
    const notices = this.#notices;
    this.#notices = [];
    const last = notices.findLast((notice) => notice.startsWith("c "));
    // After a quiet time it is asked anyway: the connection may be dead without saying so.
    if (notices.length === 0 || Number(last?.slice(2) ?? 0) > this.#revision) await this.#read(link);
    for (const notice of notices) this.#take(notice);
  }

  #take(notice: string): void {
    const [kind, id = "", list = ""] = notice.split(" ");
    if (kind === "c") {
      this.#hear(Number(id));
    } else if (kind === "b") {
      for (const nodeId of list.split(",").map(Number)) this.#model.passBeat(nodeId);
      const beats = this.#sentBeats.get(id);
      this.#sentBeats.delete(id);
      for (const { resolve } of beats?.waiters ?? []) resolve();
      if (beats !== undefined) this.#sendBeats();
    }
  }

  #hear(revision: number): void {
    this.#heard = Math.max(this.#heard, revision);
    for (const [{ resolve }, awaited] of this.#listeners) if (awaited <= this.#heard) resolve();
  }

  /** Reads what changed since. Rows that change meanwhile come later in the order, and so are read again. */
  async #read(link: PostgresLink): Promise<void> {
    let cursor: Cursor = { revision: this.#revision, fileId: Number.MAX_SAFE_INTEGER };
    /** Where everything is read anew: what was not there goes. */
    let seen: Set<string> | undefined;
    for (;;) {
      const changed = await this.#ask(link, () => readChanged(link, cursor, PAGE_FILES));
      if (seen === undefined && !this.#continues(changed)) {
        seen = new Set();
        cursor = { revision: 0, fileId: 0 };
        continue;
      }
      for (const node of changed.nodes) this.#model.putNode(node);
      for (const [name, file] of changed.files) {
        this.#model.putFile(name, file);
        seen?.add(name);
      }
      if (changed.next !== undefined) {
        cursor = changed.next;
        continue;
      }
      this.#revision = changed.revision;
      this.#catalogueId = changed.catalogueId;
      break;
    }
    for (const name of seen === undefined ? [] : [...this.#model.names()]) {
      if (!seen!.has(name)) this.#model.putFile(name, undefined);
    }
  }

  /** Whether what was read is the same history as what is known, without a part that is forgotten. */
  #continues({ catalogueId, revision, forgotten }: ChangedRows): boolean {
    return catalogueId === this.#catalogueId && revision >= this.#revision && forgotten <= this.#revision;
  }

  #sendBeats(): void {
    const link = this.#link;
    if (this.#waitingBeats.size === 0 || link === undefined) return;
    const nodeIds = [...this.#waitingBeats.keys()].slice(0, MAX_BEATS_A_NOTICE);
    const waiters = nodeIds.flatMap((nodeId) => this.#waitingBeats.get(nodeId)!);
    for (const nodeId of nodeIds) this.#waitingBeats.delete(nodeId);
    const id = `${this.#settings.name}.${++this.#beatCount}`;
    this.#sentBeats.set(id, { nodeIds, waiters });
    // What becomes of it is seen by its echo, or by the end of the connection.
    link.query("SELECT pg_notify($1, $2)", [CHANNEL, `b ${id} ${nodeIds.join(",")}`]).catch(() => link.destroy());
  }

  /** Asks, and takes a connection that does not answer for dead. */
  async #ask<T>(link: PostgresLink, run: () => Promise<T>): Promise<T> {
    const { clock, changeMs } = this.#settings;
    try {
      return await withDeadline(clock, { deadlineMs: changeMs, what: "read the catalogue" }, run);
    } catch (error) {
      link.destroy();
      throw error;
    }
  }

  #lose(error: unknown, isNews: boolean): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#failure = reason;
    if (isNews) this.#settings.log.warn("catalogue out of reach", { at: showPostgresServer(this.#server), reason });
    this.#link?.destroy();
    this.#link = undefined;
    const failed = this.#error("unavailable", "pass on a sign of life");
    for (const { waiters } of this.#sentBeats.values()) for (const { reject } of waiters) reject(failed);
    for (const waiters of this.#waitingBeats.values()) for (const { reject } of waiters) reject(failed);
    this.#sentBeats.clear();
    this.#waitingBeats = new Map();
  }

  /** Waits for a notice; or for a while, after which silence is looked into. */
  async #quiet(): Promise<void> {
    let cancel = (): void => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      cancel = this.#settings.clock.schedule(QUIET_MS, resolve);
    });
    cancel();
    this.#wake = undefined;
  }

  /** Waits for somebody to settle a waiter, within the time that a change may take. */
  async #within(code: "timeout" | "unavailable", what: string, add: (waiter: Waiter) => () => void): Promise<void> {
    let remove = (): void => {};
    let cancel = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        cancel = this.#settings.clock.schedule(this.#settings.changeMs, () => {
          // A connection on which no echo comes is as good as dead.
          this.#link?.destroy();
          reject(this.#error(code, what));
        });
        remove = add({ resolve, reject });
      });
    } finally {
      cancel();
      remove();
    }
  }

  #error(code: "timeout" | "unavailable", what: string): StorageError {
    const cause = this.#failure === undefined ? undefined : new Error(this.#failure);
    return new StorageError(code, `${what} at ${showPostgresServer(this.#server)}`, { cause });
  }
}
