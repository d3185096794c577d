/**
 * A worker as it sees itself: it takes orders from the server that started it, and tells it news.
 *
 * @module
 */

import { type Clock, every } from "../base/clock.ts";
import { unreachable } from "../base/invariant.ts";
import type { Metrics } from "../env/metrics.ts";
import { encodeWorkerNews, parseWorkerOrder, type WorkerNews } from "../protocol/worker.ts";
import { linesOf } from "./stream_lines.ts";

/** The way to the server that started it and back: a worker's standard input and output. */
export interface WorkerChannel {
  /** What comes in. It ends when the server is gone. */
  readonly input: ReadableStream<Uint8Array>;
  /** Sends bytes. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** Options of {@link WorkerDuty}. */
export interface WorkerDutyOptions {
  /** The way to the server. */
  channel: WorkerChannel;
  /** Tells how long no order came. */
  clock: Clock;
  /** What to report. */
  metrics: Metrics;
  /** Looks at the files. */
  look: () => Promise<void>;
}

/** How often a worker looks whether orders still come, and how often in a row there may be none: twice a second is usual. */
const CHECK_MS = 1_000;
const MAX_QUIET = 15;
const encoder = new TextEncoder();

/** The duty of a worker. */
export class WorkerDuty {
  readonly #options: WorkerDutyOptions;
  /** Checks since the last order. */
  #quiet = 0;

  /** Says nothing yet. */
  constructor(options: WorkerDutyOptions) {
    this.#options = options;
  }

  /**
   * Says that it serves, and obeys until it is told to stop.
   *
   * @returns `stop` if it was told so, and may finish what runs; `orphaned` if the server is gone, or has given no orders
   * for long: then nobody would say what this worker does, nor end it.
   * @throws {ProtocolError} if an order cannot be understood.
   */
  async run(): Promise<"stop" | "orphaned"> {
    const { channel, clock } = this.#options;
    const done = new AbortController();
    const checking = every(clock, CHECK_MS, () => {
      if (++this.#quiet > MAX_QUIET) done.abort();
    }, { signal: done.signal });
    try {
      await this.#say([{ kind: "ready" }]);
      for await (const line of linesOf(channel.input, { signal: done.signal })) {
        this.#quiet = 0;
        if (await this.#obey(line) === "stop") return "stop";
      }
      return "orphaned";
    } finally {
      done.abort();
      await checking;
    }
  }

  /** Says all that is counted. */
  async report(): Promise<void> {
    const counts = this.#options.metrics.samples().filter(({ value }) => Number.isFinite(value) && value >= 0);
    await this.#say([...counts.map((count) => ({ ...count, value: Math.round(count.value) })), { kind: "reported" }]);
  }

  async #obey(line: string): Promise<"stop" | "go on"> {
    const order = parseWorkerOrder(line);
    switch (order.kind) {
      case "report":
        await this.report();
        return "go on";
      case "look":
        // Reports go on meanwhile.
        void this.#options.look().then(() => this.#say([{ kind: "looked", round: order.round }]));
        return "go on";
      case "stop":
        return "stop";
      default:
        return unreachable(order);
    }
  }

  async #say(news: readonly WorkerNews[]): Promise<void> {
    const text = news.map((one) => `${encodeWorkerNews(one)}\n`).join("");
    // Nobody reads it if the server is gone, which the end of input tells.
    await this.#options.channel.write(encoder.encode(text)).catch(() => {});
  }
}
