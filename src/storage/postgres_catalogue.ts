/**
 * A catalogue in PostgreSQL, which several meta servers share: each reads from its own memory, and learns what the others
 * changed.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { sleep } from "../base/clock.ts";
import { withDeadline } from "../base/deadline.ts";
import { type Random, randomInt } from "../base/random.ts";
import { withDefaults } from "../base/settings.ts";
import { Backoff } from "../core/backoff.ts";
import type { Log } from "../env/log.ts";
import { CatalogueModel } from "./catalogue_model.ts";
import type { FileChange } from "./file_change.ts";
import type { EdgeNode, NodeEntry } from "./meta_catalogue.ts";
import { ModelledCatalogue } from "./modelled_catalogue.ts";
import { PostgresFeed } from "./postgres_feed.ts";
import { openPostgresLink } from "./postgres_link.ts";
import { migratePostgres } from "./postgres_schema.ts";
import { parsePostgresUrl, type PostgresServer, showPostgresServer } from "./postgres_server.ts";
import type { PostgresSettings } from "./postgres_settings.ts";
import { PostgresWriter } from "./postgres_writer.ts";
import { StorageError } from "./storage_error.ts";

/** What a catalogue in PostgreSQL needs of the outside world. */
export interface PostgresEnv {
  /** Measures deadlines. */
  readonly clock: Clock;
  /** Draws waits. */
  readonly random: Random;
  /** Told when the server is lost, and found again. */
  readonly log: Log;
}

/** Options of {@link openPostgresCatalogue}. */
export interface PostgresCatalogueOptions extends AbortOptions {
  /** How long it is tried to open it while the server is not there, in milliseconds. Default: 30,000. */
  readonly openMs?: number | undefined;
  /** How long a change may take, in milliseconds. Default: 5,000. */
  readonly changeMs?: number | undefined;
  /** How long connecting may take, in milliseconds. Default: 3,000. */
  readonly connectMs?: number | undefined;
}

const DEFAULTS = { openMs: 30_000, changeMs: 5_000, connectMs: 3_000 } as const;

/** Of several meta servers one is in a transaction at a time: one that hangs there must not hold up the others for long. */
const IDLE_IN_TRANSACTION_MS = 2_000;
const BACKOFF = { firstMs: 100, maxMs: 1_000 } as const;
const MAX_NAME = 2 ** 48;

/**
 * Opens a catalogue: connects, brings the tables up to date, reads everything.
 *
 * @param url Such as `postgres://user:password@host:port/database`; see `parsePostgresUrl()`.
 * @throws {StorageError} `"unavailable"` if the server cannot be reached for `openMs`, `"denied"` if it refuses us,
 *   `"unsupported"` if the URL cannot be read or a later program has been at the tables. Rejects with the signal's
 *   reason.
 */
export async function openPostgresCatalogue(
  env: PostgresEnv,
  url: string,
  { signal, ...options }: PostgresCatalogueOptions = {},
): Promise<PostgresCatalogue> {
  const server = parsePostgresUrl(url);
  const { openMs, changeMs, connectMs } = withDefaults(DEFAULTS, options);
  const settings: PostgresSettings = {
    ...env,
    name: randomInt(env.random, MAX_NAME).toString(36),
    connectMs,
    changeMs,
    statementMs: changeMs,
    idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
  };
  const endMs = env.clock.now() + openMs;
  await prepare(server, settings, { endMs, signal });
  const catalogue = new PostgresCatalogue(server, settings);
  try {
    const deadlineMs = Math.max(changeMs, endMs - env.clock.now());
    const what = `read ${showPostgresServer(server)}`;
    await withDeadline(env.clock, { deadlineMs, what, signal }, () => catalogue.ready());
    return catalogue;
  } catch (error) {
    await catalogue.close();
    signal?.throwIfAborted();
    if (error instanceof StorageError) throw error;
    throw new StorageError("unavailable", `read ${showPostgresServer(server)}`, { cause: error });
  }
}

/** Brings the tables up to date, as soon as the server is there. */
async function prepare(
  server: PostgresServer,
  settings: PostgresSettings,
  { endMs, signal }: AbortOptions & { readonly endMs: number },
): Promise<void> {
  const { clock, log, random } = settings;
  const backoff = new Backoff(random, BACKOFF);
  for (;;) {
    try {
      const leftMs = Math.max(1, endMs - clock.now());
      const link = await openPostgresLink(server, {
        ...settings,
        connectMs: Math.min(settings.connectMs, leftMs),
        // Others may be at it, and what they do may take a while.
        statementMs: 0,
        signal,
      });
      try {
        await migratePostgres(link);
      } finally {
        link.destroy();
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      const isAway = error instanceof StorageError && error.code === "unavailable";
      if (!isAway || clock.now() >= endMs) throw error;
      if (backoff.failures === 0) log.warn("waiting for the catalogue", { reason: error.message });
      await sleep(clock, backoff.next(), { signal });
    }
  }
}

/** The model, a feed that keeps it up to date, and a writer. */
export class PostgresCatalogue extends ModelledCatalogue {
  /** See {@link ModelledCatalogue.isShared}. */
  override readonly isShared: boolean = true;
  readonly #feed: PostgresFeed;
  readonly #writer: PostgresWriter;

  /** Connects; it knows nothing before {@link PostgresCatalogue.ready} resolves. */
  constructor(server: PostgresServer, settings: PostgresSettings) {
    super(new CatalogueModel());
    this.#feed = new PostgresFeed(server, this.model, settings);
    this.#writer = new PostgresWriter(server, settings);
  }

  /** Resolves when everything has been read once. */
  ready(): Promise<void> {
    return this.#feed.ready();
  }

  /** See {@link ModelledCatalogue.failure}. */
  override get failure(): string | undefined {
    return this.#feed.failure ?? this.#writer.failure;
  }

  /** See {@link ModelledCatalogue.change}. */
  protected override async change<T>(changes: readonly FileChange<T>[]): Promise<T[]> {
    if (changes.length === 0) return [];
    const { revision, results } = await this.#writer.write({ kind: "files", changes });
    await this.#feed.heard(revision);
    return results as T[];
  }

  /** See {@link ModelledCatalogue.register}. */
  override async register({ address, lat, lng }: NodeEntry, nowMs: number): Promise<EdgeNode> {
    const node = { address, lat, lng, createdMs: nowMs };
    const { revision, results } = await this.#writer.write({ kind: "node", node });
    await this.#feed.heard(revision);
    return results[0] as EdgeNode;
  }

  /** See {@link ModelledCatalogue.beat}. */
  override async beat(nodeId: number): Promise<void> {
    await this.#feed.beat(nodeId);
  }

  /** See {@link ModelledCatalogue.close}. */
  override async close(): Promise<void> {
    await this.#writer.close();
    await this.#feed.close();
  }
}
