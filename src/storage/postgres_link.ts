/**
 * One connection to PostgreSQL, by the client library, which is loaded when it is asked for.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { withDeadline } from "../base/deadline.ts";
import { lateModule } from "../env/late_modules.ts";
import { asPostgresError } from "./postgres_error.ts";
import { type PostgresServer, showPostgresServer } from "./postgres_server.ts";
import { StorageError } from "./storage_error.ts";

/** A row: columns by name. */
export type PostgresRow = Readonly<Record<string, unknown>>;

/** A value for a placeholder. */
export type PostgresValue = string | number | boolean | null | readonly (string | number | boolean | null)[];

/** Options of {@link openPostgresLink}. */
export interface LinkOptions extends AbortOptions {
  /** Measures deadlines. */
  readonly clock: Clock;
  /** How long connecting may take, in milliseconds. */
  readonly connectMs: number;
  /** How long the server may take for a statement or wait for a lock, in milliseconds. */
  readonly statementMs: number;
  /** How long the server lets us do nothing within a transaction, in milliseconds. */
  readonly idleInTransactionMs: number;
  /** Told of each notification. */
  readonly onNotification?: (payload: string) => void;
  /** Told once when the connection is gone, whoever ended it. */
  readonly onEnd?: () => void;
}

/** A connection. */
export interface PostgresLink {
  /** Whether it can still be used. */
  readonly isOpen: boolean;
  /**
   * Runs a statement; without values also several, of which it returns the rows of the last that has any.
   *
   * @throws {StorageError} as the server says, or `"unavailable"` when the connection breaks.
   */
  query(text: string, values?: readonly PostgresValue[]): Promise<readonly PostgresRow[]>;
  /** Breaks it off at once: a transaction under way counts for nothing, unless its end was sent. Idempotent. */
  destroy(): void;
}

/** As much of `pg` as is used. */
interface PgModule {
  readonly default: { readonly Client: new (config: Record<string, unknown>) => PgClient };
}

interface PgResult {
  readonly rows: readonly PostgresRow[];
}

interface PgClient {
  connect(): Promise<unknown>;
  query(text: string, values?: readonly PostgresValue[]): Promise<PgResult | readonly PgResult[]>;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "end", listener: () => void): void;
  on(event: "notification", listener: (message: { readonly payload?: string }) => void): void;
  readonly connection: { readonly stream: { destroy(): void } };
}

/**
 * Connects.
 *
 * @throws {StorageError} `"unavailable"` if the server cannot be reached in time, `"denied"` if it refuses us.
 */
export async function openPostgresLink(server: PostgresServer, options: LinkOptions): Promise<PostgresLink> {
  const { clock, connectMs, signal } = options;
  const what = `connect to ${showPostgresServer(server)}`;
  let link: PgLink | undefined;
  try {
    const { default: { Client } } = await lateModule<PgModule>("pg");
    const client = new Client(configOf(server, options));
    const opened = link = new PgLink(client, server, options);
    await withDeadline(clock, { deadlineMs: connectMs, what, signal }, () => client.connect());
    return opened;
  } catch (error) {
    link?.destroy();
    throw asPostgresError(error, what);
  }
}

function configOf(server: PostgresServer, options: LinkOptions): Record<string, unknown> {
  const { host, port, database, user, password, tls } = server;
  return {
    host,
    port,
    database,
    user,
    // As a function, so that the library never looks for a password in files and variables of its own.
    password: () => password,
    ssl: tls === false ? false : { rejectUnauthorized: tls === "verified" },
    application_name: "microcdn",
    keepAlive: true,
    statement_timeout: options.statementMs,
    lock_timeout: options.statementMs,
    idle_in_transaction_session_timeout: options.idleInTransactionMs,
  };
}

class PgLink implements PostgresLink {
  readonly #client: PgClient;
  readonly #server: PostgresServer;
  readonly #onEnd: (() => void) | undefined;
  #isOpen = true;

  constructor(client: PgClient, server: PostgresServer, { onNotification, onEnd }: LinkOptions) {
    this.#client = client;
    this.#server = server;
    this.#onEnd = onEnd;
    // An error event is always followed by the end, and by the failure of whatever was asked.
    client.on("error", () => this.destroy());
    client.on("end", () => this.#end());
    client.on("notification", ({ payload }) => onNotification?.(payload ?? ""));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async query(text: string, values?: readonly PostgresValue[]): Promise<readonly PostgresRow[]> {
    const what = `ask ${showPostgresServer(this.#server)}`;
    if (!this.#isOpen) throw new StorageError("unavailable", what);
    try {
      const result = await this.#client.query(text, values);
      if (!Array.isArray(result)) return (result as PgResult).rows;
      return (result as readonly PgResult[]).findLast(({ rows }) => rows.length > 0)?.rows ?? [];
    } catch (error) {
      throw asPostgresError(error, what);
    }
  }

  destroy(): void {
    this.#client.connection.stream.destroy();
    this.#end();
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onEnd?.();
  }
}
