/**
 * A book of registrations in PostgreSQL, which several indexes share: one connection that listens, reads what others
 * registered, writes what this index took in, and comes back by itself.
 *
 * @module
 */

import { slept } from "../base/clock.ts";
import { withDeadline } from "../base/deadline.ts";
import { withDefaults } from "../base/settings.ts";
import { Backoff } from "../core/backoff.ts";
import type { PostgresEnv } from "./postgres_catalogue.ts";
import { asPostgresError } from "./postgres_error.ts";
import { openPostgresLink, type PostgresLink } from "./postgres_link.ts";
import {
  dropRegistration,
  readHeads,
  readList,
  readState,
  type RegistrationHead,
  writeRegistration,
} from "./postgres_registration_rows.ts";
import { migratePostgres } from "./postgres_schema.ts";
import { parsePostgresUrl, type PostgresServer, showPostgresServer } from "./postgres_server.ts";
import {
  isSameRegistration,
  type RegistrationBook,
  type RegistrationListener,
  type StoredRegistration,
} from "./registrations.ts";
import { StorageError } from "./storage_error.ts";

/** Options of {@link openPostgresRegistrations}. */
export interface PostgresRegistrationsOptions {
  /** How long to wait for a server that is not there, before going on without it, in milliseconds. Default: 5,000. */
  readonly openMs?: number | undefined;
  /** How long one statement may take, in milliseconds. Default: 5,000. */
  readonly statementMs?: number | undefined;
  /** How long connecting may take, in milliseconds. Default: 3,000. */
  readonly connectMs?: number | undefined;
  /** How long {@link RegistrationBook.put} waits until it is written, in milliseconds. Default: 1,500. */
  readonly putMs?: number | undefined;
}

const DEFAULTS = { openMs: 5_000, statementMs: 5_000, connectMs: 3_000, putMs: 1_500 } as const;

type Settings = PostgresEnv & { readonly [K in keyof typeof DEFAULTS]: number };

/** The channel of notices, one a database. */
export const CHANNEL = "microcdn_registrations";
/** How long nothing may be heard before it is asked whether anything changed, and so whether the connection lives. */
const QUIET_MS = 5_000;
/** Waits between attempts to connect. */
const BACKOFF = { firstMs: 100, maxMs: 2_000 } as const;

/**
 * Opens a book: connects, brings the tables up to date, reads everything. A server that cannot be reached is tried again
 * for as long as the book is open, and what was registered meanwhile is written then.
 *
 * @param url Such as `postgres://user:password@host:port/database`; see `parsePostgresUrl()`.
 * @throws {StorageError} `"denied"` if the server refuses us, `"unsupported"` if the URL cannot be read, a later program
 *   has been at the tables, or the client library is not to be had.
 */
export async function openPostgresRegistrations(
  env: PostgresEnv,
  url: string,
  options: PostgresRegistrationsOptions = {},
): Promise<PostgresRegistrations> {
  const server = parsePostgresUrl(url);
  const { clock, random, log } = env;
  const book = new PostgresRegistrations(server, { clock, random, log, ...withDefaults(DEFAULTS, options) });
  try {
    await book.ready();
    return book;
  } catch (error) {
    await book.close();
    throw error;
  }
}

/** What waits to be written of one server: a registration, or that it is gone. */
type Pending = StoredRegistration | "gone";

/** The book of one index. */
export class PostgresRegistrations implements RegistrationBook {
  readonly #server: PostgresServer;
  readonly #settings: Settings;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<RegistrationListener>();
  readonly #known = new Map<string, StoredRegistration>();
  /** By server id, in the order in which they came. */
  readonly #pending = new Map<string, Pending>();
  /** Who waits for one of them to be written. */
  readonly #waiters = new Map<Pending, Set<(outcome: "stored" | "later") => void>>();
  readonly #running: Promise<void>;
  #link: PostgresLink | undefined;
  #failure: string | undefined = "not connected yet";
  #catalogueId: string | undefined;
  #revision = 0;
  #isNews = false;
  #wake: (() => void) | undefined;
  #onFirst: ((error?: StorageError) => void) | undefined;

  /** Starts to connect. */
  constructor(server: PostgresServer, settings: Settings) {
    this.#server = server;
    this.#settings = settings;
    this.#running = this.#run(this.#controller.signal);
  }

  /** See {@link RegistrationBook.failure}. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Resolves when everything has been read once, or the server is not there for too long; rejects if it never will be. */
  async ready(): Promise<void> {
    const { clock, openMs } = this.#settings;
    let cancel = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        cancel = clock.schedule(openMs, resolve);
        this.#onFirst = (error) => error === undefined ? resolve() : reject(error);
        if (this.#catalogueId !== undefined) resolve();
      });
    } finally {
      cancel();
      this.#onFirst = undefined;
    }
  }

  /** See {@link RegistrationBook.registrations}. */
  registrations(): Iterable<StoredRegistration> {
    return this.#known.values();
  }

  /** See {@link RegistrationBook.listen}. */
  listen(listener: RegistrationListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** See {@link RegistrationBook.put}. */
  async put(registration: StoredRegistration): Promise<"stored" | "later"> {
    const { id } = registration.server;
    const known = this.#known.get(id);
    if (known !== undefined && isSameRegistration(known, registration)) {
      if (!this.#pending.has(id)) return "stored";
    }
    this.#known.set(id, registration);
    this.#enqueue(id, registration);
    if (this.#failure !== undefined) return "later";
    let cancel = (): void => {};
    const waiters = new Set<(outcome: "stored" | "later") => void>();
    this.#waiters.set(registration, waiters);
    try {
      return await new Promise((resolve) => {
        waiters.add(resolve);
        cancel = this.#settings.clock.schedule(this.#settings.putMs, () => resolve("later"));
      });
    } finally {
      cancel();
      this.#waiters.delete(registration);
    }
  }

  /** See {@link RegistrationBook.forget}. */
  forget(id: string): void {
    this.#known.delete(id);
    this.#enqueue(id, "gone");
  }

  /** See {@link RegistrationBook.close}. */
  async close(): Promise<void> {
    this.#controller.abort();
    this.#link?.destroy();
    this.#wake?.();
    await this.#running;
  }

  #enqueue(id: string, pending: Pending): void {
    this.#settle(this.#pending.get(id), "later");
    this.#pending.delete(id);
    this.#pending.set(id, pending);
    this.#wake?.();
  }

  #settle(pending: Pending | undefined, outcome: "stored" | "later"): void {
    if (pending === undefined) return;
    for (const resolve of this.#waiters.get(pending) ?? []) resolve(outcome);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#settings;
    const at = showPostgresServer(this.#server);
    const backoff = new Backoff(random, BACKOFF);
    while (!signal.aborted) {
      try {
        const link = await this.#connect(signal);
        if (backoff.failures > 0) log.info("catalogue reached again", { at, waiting: this.#pending.size });
        backoff.reset();
        while (link.isOpen && !signal.aborted) await this.#turn(link);
        if (!signal.aborted) throw new StorageError("unavailable", `ask ${at}`);
      } catch (error) {
        if (signal.aborted) break;
        this.#lose(asPostgresError(error, `ask ${at}`), backoff.failures === 0);
        await slept(clock, backoff.next(), signal);
      }
    }
    this.#link?.destroy();
    this.#failure = "it is closed";
    for (const pending of this.#pending.values()) this.#settle(pending, "later");
  }

  /** Listens first and reads then, so that nothing falls between the two. */
  async #connect(signal: AbortSignal): Promise<PostgresLink> {
    const { clock, connectMs, statementMs } = this.#settings;
    const link = await openPostgresLink(this.#server, {
      clock,
      connectMs,
      statementMs,
      idleInTransactionMs: 2 * statementMs,
      signal,
      onNotification: () => {
        this.#isNews = true;
        this.#wake?.();
      },
      onEnd: () => this.#wake?.(),
    });
    this.#link = link;
    const asked = this.#asking(link);
    await migratePostgres(asked);
    await asked.query(`LISTEN ${CHANNEL}`);
    await this.#read(asked);
    this.#failure = undefined;
    this.#onFirst?.();
    return link;
  }

  /** Writes one thing that waits, or reads what is new, or waits for either. */
  async #turn(link: PostgresLink): Promise<void> {
    const [next] = this.#pending;
    if (next !== undefined) await this.#write(this.#asking(link), ...next);
    const isQuiet = next === undefined && !this.#isNews && !await this.#news();
    if (link.isOpen && (this.#isNews || isQuiet)) {
      this.#isNews = false;
      await this.#read(this.#asking(link));
    }
  }

  /** One transaction each: two indexes that write the same servers in another order would wait for each other. */
  async #write(link: PostgresLink, id: string, pending: Pending): Promise<void> {
    try {
      if (pending === "gone") await dropRegistration(link, id);
      else await writeRegistration(link, pending, CHANNEL);
    } catch (error) {
      const failure = asPostgresError(error, "write a registration");
      if (failure.code === "unavailable" || failure.code === "timeout") throw failure;
      // The same would be refused again, and hold up all others.
      this.#settings.log.error("registration not stored", { id, reason: failure.message });
      if (this.#pending.get(id) === pending) this.#pending.delete(id);
      this.#settle(pending, "later");
      this.#link?.destroy();
      return;
    }
    if (this.#pending.get(id) === pending) this.#pending.delete(id);
    this.#settle(pending, "stored");
  }

  /** Reads what changed, as of one moment. */
  async #read(link: PostgresLink): Promise<void> {
    await link.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const { catalogueId, revision } = await readState(link);
    const isSame = catalogueId === this.#catalogueId && revision >= this.#revision;
    let after = isSame ? this.#revision : 0;
    const seen = new Set<string>();
    for (;;) {
      const heads = await readHeads(link, after);
      for (const head of heads) {
        seen.add(head.server.id);
        await this.#takeHead(link, head);
      }
      const last = heads.at(-1);
      if (last === undefined) break;
      after = last.revision;
    }
    await link.query("COMMIT");
    // Another database than before, or an older state of it: what it does not know is written to it.
    if (!isSame) {
      for (const [id, known] of this.#known) if (!seen.has(id) && !this.#pending.has(id)) this.#enqueue(id, known);
    }
    this.#catalogueId = catalogueId;
    this.#revision = revision;
  }

  async #takeHead(link: PostgresLink, head: RegistrationHead): Promise<void> {
    const { id } = head.server;
    const known = this.#known.get(id);
    // What waits here will be the later one.
    if (this.#pending.has(id) || (known !== undefined && isSameRegistration(known, { ...head, files: known.files }))) {
      return;
    }
    const registration = { server: head.server, sha256: head.sha256, files: await readList(link, id) };
    if (this.#pending.has(id)) return;
    this.#known.set(id, registration);
    for (const listener of [...this.#listeners]) listener(registration);
  }

  /** Waits for a notice, or for something to write; returns false after a quiet time, which is looked into. */
  async #news(): Promise<boolean> {
    let cancel = (): void => {};
    let isQuiet = false;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      cancel = this.#settings.clock.schedule(QUIET_MS, () => {
        isQuiet = true;
        resolve();
      });
    });
    cancel();
    this.#wake = undefined;
    return !isQuiet;
  }

  /** The connection, but one that does not answer is taken for dead. */
  #asking(link: PostgresLink): PostgresLink {
    const { clock, statementMs } = this.#settings;
    return {
      get isOpen(): boolean {
        return link.isOpen;
      },
      destroy: () => link.destroy(),
      query: async (text, values) => {
        try {
          // The server's own limit comes first, if the server is there.
          const options = { deadlineMs: 2 * statementMs, what: "ask the catalogue" };
          return await withDeadline(clock, options, () => link.query(text, values));
        } catch (error) {
          link.destroy();
          throw error;
        }
      },
    };
  }

  #lose(error: StorageError, isNews: boolean): void {
    this.#failure = error.message;
    this.#link?.destroy();
    this.#link = undefined;
    for (const pending of this.#pending.values()) this.#settle(pending, "later");
    const at = showPostgresServer(this.#server);
    if (isNews) this.#settings.log.warn("catalogue out of reach", { at, reason: error.message });
    if (error.code === "denied" || error.code === "unsupported") this.#onFirst?.(error);
  }
}
