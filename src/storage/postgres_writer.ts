/**
 * Changes of a catalogue in PostgreSQL: one transaction after the other on one connection, each with all that waits.
 *
 * @module
 */

import { withDeadline } from "../base/deadline.ts";
import { type FileChange, runChanges } from "./file_change.ts";
import type { EdgeNode } from "./meta_catalogue.ts";
import { asPostgresError } from "./postgres_error.ts";
import { CHANNEL } from "./postgres_feed.ts";
import { openPostgresLink, type PostgresLink } from "./postgres_link.ts";
import { forgetFiles, readFiles, writeFiles, writeNode } from "./postgres_rows.ts";
import { type PostgresServer, showPostgresServer } from "./postgres_server.ts";
import type { PostgresSettings } from "./postgres_settings.ts";
import { StorageError } from "./storage_error.ts";

/** What is changed: files, or a node. */
export type CatalogueChange =
  | { readonly kind: "files"; readonly changes: readonly FileChange[] }
  | { readonly kind: "node"; readonly node: Omit<EdgeNode, "id"> };

/** What a change came to. */
export interface WrittenChange {
  /** Its number. */
  readonly revision: number;
  /** A result for each change of a file; or the node. */
  readonly results: readonly unknown[];
}

interface Job {
  readonly change: CatalogueChange;
  /** The time by which it must be done. */
  readonly endMs: number;
  resolve(written: WrittenChange): void;
  reject(error: unknown): void;
}

/** How many changes of files one transaction holds, unless one job alone has more. */
const MAX_CHANGES = 500;
/** How often a transaction is tried of which nothing came to count. */
const MAX_ATTEMPTS = 3;
/** How many jobs may wait. */
const MAX_WAITING = 10_000;
/** How long others may take to learn that a file is gone, before they have to read everything. */
const KEPT_HOURS = 24;
/** How often it is looked for such files, in milliseconds. */
const FORGET_MS = 3_600_000;

/** The writer of one catalogue. */
export class PostgresWriter {
  readonly #server: PostgresServer;
  readonly #settings: PostgresSettings;
  #link: PostgresLink | undefined;
  #waiting: Job[] = [];
  #running: Promise<void> | undefined;
  #forgottenMs = -Infinity;
  #failure: string | undefined;
  #isClosed = false;

  /** Creates it; it connects when it has something to do. */
  constructor(server: PostgresServer, settings: PostgresSettings) {
    this.#server = server;
    this.#settings = settings;
  }

  /** Why the last change failed, if not for want of an answer; `undefined` if it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /**
   * Makes a change, and resolves when it is committed.
   *
   * @throws {StorageError} `"unavailable"` if nothing was changed, `"timeout"` if the answer to the commit was lost.
   */
  write(change: CatalogueChange): Promise<WrittenChange> {
    if (this.#isClosed) return Promise.reject(this.#error("unavailable"));
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(this.#error("unavailable", new Error(`${MAX_WAITING} changes wait already`)));
    }
    const endMs = this.#settings.clock.now() + this.#settings.changeMs;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, endMs, resolve, reject });
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** Finishes what waits, and disconnects. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    this.#link?.destroy();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const jobs = this.#takeJobs();
      try {
        await this.#writeTogether(jobs);
        this.#failure = undefined;
      } catch (error) {
        const failure = asPostgresError(error, this.#what);
        // Whether the server can be reached the feed knows, also when nothing is written.
        const isAway = failure.code === "unavailable" || failure.code === "timeout";
        this.#failure = isAway ? undefined : failure.message;
        await this.#failTogether(jobs, failure);
      }
    }
  }

  /** One that is refused for itself must not take the others with it: each then has a transaction of its own. */
  async #failTogether(jobs: readonly Job[], failure: StorageError): Promise<void> {
    const isEachOwn = jobs.length > 1 && failure.code === "other";
    for (const job of jobs) {
      if (!isEachOwn) {
        job.reject(failure);
        continue;
      }
      try {
        await this.#writeTogether([job]);
      } catch (error) {
        job.reject(asPostgresError(error, this.#what));
      }
    }
  }

  #takeJobs(): Job[] {
    let count = 0;
    let end = 0;
    while (end < this.#waiting.length) {
      const { change } = this.#waiting[end]!;
      count += change.kind === "files" ? change.changes.length : 1;
      if (end > 0 && count > MAX_CHANGES) break;
      end++;
    }
    return this.#waiting.splice(0, end);
  }

  /** Tries until it is done, the server is away, or the time is up. */
  async #writeTogether(jobs: readonly Job[]): Promise<void> {
    const { clock } = this.#settings;
    for (let attempts = 1;; attempts++) {
      const leftMs = Math.min(...jobs.map(({ endMs }) => endMs)) - clock.now();
      if (leftMs <= 0) throw this.#error("unavailable", new Error("it took too long"));
      const link = await this.#connected(leftMs);
      const attempt = new Attempt(link);
      try {
        const deadlineMs = Math.max(1, Math.min(...jobs.map(({ endMs }) => endMs)) - clock.now());
        const written = await withDeadline(clock, { deadlineMs, what: this.#what }, () => this.#commit(attempt, jobs));
        jobs.forEach(({ resolve }, i) => resolve(written[i]!));
        return;
      } catch (error) {
        // Whatever went wrong, the connection may be within a transaction.
        link.destroy();
        if (attempt.isCommitSent) throw this.#error("timeout", error);
        const failure = asPostgresError(error, this.#what);
        if (failure.code !== "unavailable" || attempts >= MAX_ATTEMPTS) throw failure;
        // Nothing was changed. If the server is away, connecting says so.
      }
    }
  }

  async #commit(attempt: Attempt, jobs: readonly Job[]): Promise<WrittenChange[]> {
    const { link } = attempt;
    const [state] = await link.query("BEGIN; UPDATE microcdn_state SET revision = revision + 1 RETURNING revision");
    const revision = Number(state!.revision);
    await this.#forget(link);
    const nodes = new Map<Job, EdgeNode>();
    for (const job of jobs) {
      if (job.change.kind === "node") nodes.set(job, await writeNode(link, job.change.node, revision));
    }
    const changes = jobs.flatMap(({ change }) => change.kind === "files" ? change.changes : []);
    const names = [...new Set(changes.map(({ name }) => name))];
    const files = names.length === 0 ? undefined : await readFiles(link, names);
    const { results, differences } = runChanges(changes, (name) => files?.get(name));
    await writeFiles(link, differences, revision);
    attempt.isCommitSent = true;
    await attempt.refused(link.query(`NOTIFY ${CHANNEL}, 'c ${revision}'; COMMIT`));
    let at = 0;
    return jobs.map((job) => {
      const { change } = job;
      if (change.kind === "node") return { revision, results: [nodes.get(job)!] };
      return { revision, results: results.slice(at, at += change.changes.length) };
    });
  }

  async #forget(link: PostgresLink): Promise<void> {
    const nowMs = this.#settings.clock.now();
    if (nowMs - this.#forgottenMs < FORGET_MS) return;
    await forgetFiles(link, KEPT_HOURS);
    this.#forgottenMs = nowMs;
  }

  async #connected(leftMs: number): Promise<PostgresLink> {
    if (this.#link?.isOpen === true) return this.#link;
    const connectMs = Math.min(leftMs, this.#settings.connectMs);
    this.#link = await openPostgresLink(this.#server, { ...this.#settings, connectMs });
    return this.#link;
  }

  get #what(): string {
    return `write to ${showPostgresServer(this.#server)}`;
  }

  #error(code: "unavailable" | "timeout", cause?: unknown): StorageError {
    return new StorageError(code, this.#what, cause === undefined ? {} : { cause });
  }
}

/** One attempt to commit. */
class Attempt {
  readonly link: PostgresLink;
  /** Whether the server may have committed. */
  isCommitSent = false;

  constructor(link: PostgresLink) {
    this.link = link;
  }

  /** Waits for the answer to the commit: a refusal by the server means that nothing was changed. */
  async refused(answer: Promise<unknown>): Promise<void> {
    try {
      await answer;
    } catch (error) {
      const { cause } = error as { cause?: { severity?: unknown } };
      // FATAL comes with the end of the connection, perhaps after the commit.
      if (cause?.severity === "ERROR") this.isCommitSent = false;
      throw error;
    }
  }
}
