/**
 * A private Redis server for one test: its own port, its own folder, and it can be killed and come back.
 *
 * Needs: `run` of redis-server.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import type { RedisAddress } from "../src/storage/redis_address.ts";
import { systemRandom } from "../src/base/random.ts";
import { RedisLink, type RedisReply, type RedisWord } from "../src/storage/redis_link.ts";
import { PortClaims } from "./port_claims.ts";
import { until } from "./until.ts";

/** The program. */
export const REDIS_SERVER = "redis-server";

const START = { deadlineMs: 20_000 };

/** Options of {@link PrivateRedis.start}. */
export interface PrivateRedisOptions {
  /** What clients have to know. Default: nothing. */
  password?: string;
  /** More of its settings: `--maxmemory`, `8mb`. */
  settings?: readonly string[];
}

/** A Redis server. */
export class PrivateRedis implements AsyncDisposable {
  /** Where it listens. */
  readonly address: RedisAddress;
  readonly #ports = new PortClaims();
  readonly #folder: string;
  readonly #settings: readonly string[];
  #process: Deno.ChildProcess | undefined;

  private constructor(folder: string, { password, settings = [] }: PrivateRedisOptions) {
    this.#folder = folder;
    const port = this.#ports.port("redis");
    this.#settings = [...settings, ...(password === undefined ? [] : ["--requirepass", password])];
    this.address = { host: "127.0.0.1", port, isTls: false, user: undefined, password, database: 0 };
  }

  /** Starts one, and waits until it answers. */
  static async start(options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
    const redis = new PrivateRedis(await Deno.makeTempDir({ prefix: "microcdn-test-" }), options);
    try {
      await redis.start();
      return redis;
    } catch (error) {
      await redis[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts it at the same port, without what it held before. */
  async start(): Promise<void> {
    const { port } = this.address;
    this.#process = new Deno.Command(REDIS_SERVER, {
      args: ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", this.#folder, "--save", "", ...this.#settings],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const [answer] = await this.ask([["PING"]]);
    if (answer !== "PONG") throw new Error(`Cannot start ${REDIS_SERVER}: it answers ${answer}`);
  }

  /** Kills it as `kill -9` does. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }

  /** Sends it a signal: `SIGSTOP` makes it hang. */
  signal(signal: Deno.Signal): void {
    this.#process?.kill(signal);
  }

  /** Asks it directly. */
  async ask(commands: readonly (readonly RedisWord[])[]): Promise<RedisReply[]> {
    const env = { clock: systemClock(), random: systemRandom() };
    const link = new RedisLink(env, { address: this.address, onReady: () => {}, onAway: () => {} });
    try {
      await until(() => link.isReady, START);
      const answers: RedisReply[] = [];
      for (const words of commands) answers.push(await link.send(words));
      return answers;
    } finally {
      await link.close();
    }
  }

  /** Every key. */
  async keys(): Promise<string[]> {
    const [keys] = await this.ask([["KEYS", "*"]]);
    return [...keys as readonly string[]].sort();
  }

  /** Ends it, and removes what it left. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process !== undefined) {
      this.signal("SIGCONT");
      await this.kill();
    }
    this.#ports.release();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
