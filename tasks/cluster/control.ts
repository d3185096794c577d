/**
 * Orders to a running cluster, over a loopback port.
 *
 * Shape: a line `PING <token>` or `STOP <token>`. `PING` is answered with `PONG <token>`, `STOP` with `OK STOPPING`, a
 * line for everything that happens, and `DONE` once every role has ended. Anything else is answered with `ERROR DENIED`.
 *
 * @module
 */

import type { Env } from "../../src/env/env.ts";
import { DeadlineError } from "../../src/base/deadline.ts";
import type { Conn, Listener } from "../../src/net/net.ts";
import { NetError } from "../../src/net/net_error.ts";
import { ProtocolError } from "../../src/protocol/protocol_error.ts";
import { converse, requireLine } from "../../src/services/ask.ts";
import { LineConn } from "../../src/services/line_conn.ts";
import type { ControlRecord } from "./control_file.ts";
import { LOOPBACK } from "./plan.ts";

/** What orders need of the outside world. */
export type ControlEnv = Pick<Env, "net" | "clock">;

/** The last line of an answer to `STOP`. */
const DONE = "DONE";
/** How long a peer may take over a line. */
const IDLE_MS = 5_000;
/** How long a living cluster may take to say that it lives. */
const PING_MS = 2_000;

/** Options of {@link ControlServer}. */
export interface ControlServerOptions {
  /** What every order must hold. */
  token: string;
  /** Called at the first `STOP`. */
  onStop: () => void;
}

/** The side of the cluster. */
export class ControlServer {
  /** Where it listens. */
  readonly port: number;
  readonly #env: ControlEnv;
  readonly #listener: Listener;
  readonly #options: ControlServerOptions;
  readonly #waiting = new Set<LineConn>();

  private constructor(env: ControlEnv, listener: Listener, options: ControlServerOptions) {
    this.#env = env;
    this.#listener = listener;
    this.#options = options;
    this.port = listener.address.port;
  }

  /** Listens on any free port of loopback. */
  static async start(env: ControlEnv, options: ControlServerOptions): Promise<ControlServer> {
    const listener = await env.net.listen({ host: LOOPBACK, port: 0 });
    const server = new ControlServer(env, listener, options);
    void server.#accept();
    return server;
  }

  /** Tells everyone who waits for the end what happens. */
  async tell(line: string): Promise<void> {
    await Promise.all([...this.#waiting].map((lines) => this.#write(lines, line)));
  }

  /** Tells everyone that it is over, and closes. */
  async close(): Promise<void> {
    this.#listener.close();
    await this.tell(DONE);
    await Promise.all([...this.#waiting].map((lines) => lines.finish()));
    this.#waiting.clear();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) void this.#serve(conn);
  }

  async #serve(conn: Conn): Promise<void> {
    const lines = new LineConn(conn, { clock: this.#env.clock, idleMs: IDLE_MS, lineLimitBytes: 100 });
    try {
      const order = await lines.readLine();
      const { token, onStop } = this.#options;
      if (order === `STOP ${token}`) {
        await lines.writeLines("OK STOPPING");
        this.#waiting.add(lines);
        return onStop();
      }
      await lines.writeLines(order === `PING ${token}` ? `PONG ${token}` : "ERROR DENIED");
      await lines.finish();
    } catch (error) {
      lines.close();
      if (!isFailure(error)) throw error;
    }
  }

  async #write(lines: LineConn, line: string): Promise<void> {
    try {
      await lines.writeLines(line);
    } catch (error) {
      // Whoever asked did not wait for the end.
      this.#waiting.delete(lines);
      lines.close();
      if (!isFailure(error)) throw error;
    }
  }
}

/**
 * Whether the cluster of a record lives. `silent`: somebody listens there and says nothing, such as a cluster that was
 * stopped with Ctrl-Z.
 */
export async function findCluster(
  env: ControlEnv,
  { port, token }: ControlRecord,
): Promise<"alive" | "gone" | "silent"> {
  try {
    const answer = await converse(env, { host: LOOPBACK, port }, { deadlineMs: PING_MS }, async (lines) => {
      await lines.writeLines(`PING ${token}`);
      return await requireLine(lines);
    });
    return answer === `PONG ${token}` ? "alive" : "gone";
  } catch (error) {
    if (error instanceof DeadlineError) return "silent";
    if (isFailure(error)) return "gone";
    throw error;
  }
}

/** Options of {@link orderStop}. */
export interface OrderStopOptions {
  /** Milliseconds for all of it. */
  deadlineMs: number;
  /** Gets what the cluster says meanwhile. */
  onLine: (line: string) => void;
}

/**
 * Orders a living cluster to stop, and waits until every role of it has ended.
 *
 * @throws {DeadlineError} if that takes too long; {@link NetError} if the cluster dies meanwhile.
 */
export async function orderStop(
  env: ControlEnv,
  { port, token }: ControlRecord,
  { deadlineMs, onLine }: OrderStopOptions,
): Promise<void> {
  await converse(env, { host: LOOPBACK, port }, { deadlineMs }, async (lines) => {
    await lines.writeLines(`STOP ${token}`);
    for (let line = await requireLine(lines); line !== DONE; line = await requireLine(lines)) {
      if (line !== "OK STOPPING") onLine(line);
    }
  });
}

/** Whether an error is the doing of a peer or of the network. */
function isFailure(error: unknown): boolean {
  return error instanceof NetError || error instanceof DeadlineError || error instanceof ProtocolError;
}
