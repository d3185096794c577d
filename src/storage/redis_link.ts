/**
 * One connection to a Redis server that comes back by itself. While it is away every command fails at once.
 *
 * The client library's own way of connecting again is not used: it waits on timers that closing does not end, and nothing
 * tells it that a server which has stopped answering is as good as gone.
 *
 * @module
 */

import { NodeBuffer } from "../base/node_buffer.ts";
import type { Clock } from "../base/clock.ts";
import { slept } from "../base/clock.ts";
import { DeadlineError, withDeadline } from "../base/deadline.ts";
import { Backoff } from "../core/backoff.ts";
import type { Env } from "../env/env.ts";
import { lateModule } from "../env/late_modules.ts";
import { type RedisAddress, showRedisAddress } from "./redis_address.ts";
import { StorageError, type StorageErrorCode } from "./storage_error.ts";

/** How long a connection may take to become ready. */
const CONNECT_MS = 3_000;
/** How long an answer may take; one that takes longer ends the connection, so that the next commands fail at once. */
const ANSWER_MS = 1_000;
/** The wait before connecting again after a failure, at first and at most. */
const BACKOFF = { firstMs: 100, maxMs: 2_000 } as const;
/** How RESP marks a string of bytes, by which the library is told to leave them bytes. */
const BULK_STRING = 36;

/** What may stand in a command. */
export type RedisWord = string | Uint8Array;

/** An answer: text, bytes where bytes were asked for, numbers, lists of them. */
export type RedisReply = string | number | Uint8Array | null | readonly RedisReply[];

/** As much of the library as is used. */
interface RedisLibrary {
  createClient(options: Record<string, unknown>): RedisClient;
}

interface RedisClient {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: "error" | "end", run: (error: Error) => void): void;
  sendCommand(words: readonly (string | NodeBuffer)[], options?: Record<string, unknown>): Promise<RedisReply>;
}

/** Options of {@link RedisLink}. */
export interface RedisLinkOptions {
  /** The server. */
  readonly address: RedisAddress;
  /** Told each time that a connection is ready. */
  readonly onReady: () => void;
  /** Told each time that there is none: at first, and why. */
  readonly onAway: (error: StorageError) => void;
}

/** A connection, and the wait for the next one. */
export class RedisLink {
  readonly #clock: Clock;
  readonly #options: RedisLinkOptions;
  readonly #backoff: Backoff;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  #client: RedisClient | undefined;
  #lose: (error: unknown) => void = () => {};

  /** Begins to connect. */
  constructor({ clock, random }: Pick<Env, "clock" | "random">, options: RedisLinkOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#backoff = new Backoff(random, BACKOFF);
    this.#running = this.#run();
  }

  /** Whether commands may be sent. */
  get isReady(): boolean {
    return this.#client !== undefined;
  }

  /**
   * Sends a command. With `asBytes` strings in the answer are bytes.
   *
   * @throws {StorageError} `"unavailable"` at once if there is no connection; `"timeout"`; `"full"`, `"denied"` or `"other"`
   *   as the server answers.
   */
  async send(words: readonly RedisWord[], { asBytes = false }: { asBytes?: boolean } = {}): Promise<RedisReply> {
    const client = this.#client;
    const what = `ask ${showRedisAddress(this.#options.address)} for ${String(words[0])}`;
    if (client === undefined) throw new StorageError("unavailable", what);
    const typeMapping = asBytes ? { [BULK_STRING]: NodeBuffer } : {};
    const plain = words.map((word) => typeof word === "string" ? word : asBuffer(word));
    try {
      const deadline = { deadlineMs: ANSWER_MS, what };
      return await withDeadline(this.#clock, deadline, () => client.sendCommand(plain, { typeMapping }));
    } catch (error) {
      if (error instanceof DeadlineError && client === this.#client) this.#lose(error);
      throw new StorageError(this.#client === client ? codeOf(error) : "unavailable", what, { cause: error });
    }
  }

  /** Ends the connection. Idempotent. */
  async close(): Promise<void> {
    this.#stopped.abort();
    this.#lose(undefined);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const { address, onAway } = this.#options;
    do {
      try {
        const reason = await this.#stay();
        if (!signal.aborted) throw reason;
      } catch (error) {
        if (!signal.aborted) onAway(toStorageError(error, `connect to ${showRedisAddress(address)}`));
      }
    } while (await slept(this.#clock, this.#backoff.next(), signal));
  }

  /** Connects, and stays until the connection is lost. Resolves to the reason. */
  async #stay(): Promise<unknown> {
    const { signal } = this.#stopped;
    const client = await this.#create();
    const lost = new Promise<unknown>((resolve) => this.#lose = resolve);
    client.on("error", (error) => this.#lose(error));
    client.on("end", (error) => this.#lose(error ?? new Error("the connection ended")));
    try {
      const options = { deadlineMs: CONNECT_MS, what: "connect", signal };
      await withDeadline(this.#clock, options, () => client.connect());
      this.#client = client;
      this.#backoff.reset();
      this.#options.onReady();
      return await lost;
    } finally {
      this.#client = undefined;
      end(client);
    }
  }

  async #create(): Promise<RedisClient> {
    const { address } = this.#options;
    const library = await loadLibrary();
    return library.createClient({
      socket: {
        host: address.host,
        port: address.port,
        connectTimeout: CONNECT_MS,
        reconnectStrategy: false,
        ...(address.isTls ? { tls: true } : {}),
      },
      ...(address.user === undefined ? {} : { username: address.user }),
      ...(address.password === undefined ? {} : { password: address.password }),
      database: address.database,
      RESP: 2,
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: "disabled",
      // Otherwise each command has a timer that is never called off.
      commandOptions: { timeout: undefined },
    });
  }
}

async function loadLibrary(): Promise<RedisLibrary> {
  try {
    return await lateModule<RedisLibrary>("@redis/client");
  } catch (error) {
    throw new StorageError("unsupported", "use Redis", { cause: error });
  }
}

function end(client: RedisClient): void {
  try {
    client.destroy();
  } catch {
    // It was not open any more.
  }
}

function asBuffer(bytes: Uint8Array): NodeBuffer {
  return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function toStorageError(error: unknown, what: string): StorageError {
  return error instanceof StorageError ? error : new StorageError(codeOf(error), what, { cause: error });
}

function codeOf(error: unknown): StorageErrorCode {
  if (error instanceof DeadlineError) return "timeout";
  const text = error instanceof Error ? error.message : "";
  if (/^(NOAUTH|WRONGPASS|NOPERM)\b/.test(text)) return "denied";
  if (/^OOM\b/.test(text)) return "full";
  // An answer of the server begins with a word in capitals; anything else is the way there.
  return /^[A-Z]{3,}\b/.test(text) ? "other" : "unavailable";
}
