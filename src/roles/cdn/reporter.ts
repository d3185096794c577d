/**
 * Tells one index who died, in order, until it has heard.
 *
 * @module
 */

import { type Address, formatAddress } from "../../base/address.ts";
import { Backoff } from "../../core/backoff.ts";
import { type Report, ReportQueue } from "../../core/report_queue.ts";
import type { Env } from "../../env/env.ts";
import { encodeIndexRequest } from "../../protocol/cdn.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { parseError } from "../../protocol/replies.ts";
import { converse } from "../../services/ask.ts";
import { Bell } from "../../services/bell.ts";
import { Reachability } from "../../services/reachability.ts";

/** How long one attempt may take. */
const ATTEMPT_MS = 2_000;
const BACKOFF = { firstMs: 200, maxMs: 2_000 } as const;

/** Options of {@link Reporter}. */
export interface ReporterOptions {
  /** The index. */
  index: Address;
  /** Called when a report has been taken, or refused for good. */
  onSettled: (id: string) => void;
}

/** Reports to one index. */
export class Reporter {
  readonly #env: Env;
  readonly #options: ReporterOptions;
  readonly #queue = new ReportQueue();
  readonly #news = new Bell();
  readonly #reach: Reachability;
  readonly #stopped = new AbortController();
  #failingSinceMs: number | undefined;

  /** Creates a reporter with nothing to tell. */
  constructor(env: Env, options: ReporterOptions) {
    this.#env = env;
    this.#options = options;
    this.#reach = new Reachability(env.log, "index", options.index);
  }

  /** How many reports wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Whether a server's report waits. */
  isWaiting(id: string): boolean {
    return this.#queue.has(id);
  }

  /** How long the index has not been reached, in milliseconds; 0 while it is, or nothing was to tell. */
  failingForMs(nowMs: number): number {
    return this.#failingSinceMs === undefined ? 0 : nowMs - this.#failingSinceMs;
  }

  /** Tells of a death. */
  report(report: Report): void {
    this.#queue.add(report);
    this.#news.ring();
  }

  /** Takes back what is not true any more. */
  withdraw(id: string): void {
    this.#queue.withdraw(id);
  }

  /** Ends {@link Reporter.run}. */
  stop(): void {
    this.#stopped.abort();
  }

  /** Sends what waits until the signal aborts or {@link Reporter.stop} is called. */
  async run(roleSignal: AbortSignal): Promise<void> {
    const { clock, random } = this.#env;
    const signal = AbortSignal.any([roleSignal, this.#stopped.signal]);
    const backoff = new Backoff(random, BACKOFF);
    while (!signal.aborted) {
      const report = this.#queue.head();
      if (report === undefined) {
        await this.#news.wait(clock, { signal });
        continue;
      }
      if (await this.#reach.attempt(signal, () => this.#send(report, signal))) {
        backoff.reset();
        this.#failingSinceMs = undefined;
        this.#queue.acknowledge(report);
        this.#options.onSettled(report.id);
      } else {
        this.#failingSinceMs ??= clock.now();
        await this.#news.wait(clock, { signal, limitMs: backoff.next() });
      }
    }
  }

  /**
   * Sends one report. A refusal ends it as well: the same line would be refused again, and others wait behind it.
   *
   * @throws {ProtocolError} if the answer is none of an index; {@link NetError} or {@link DeadlineError} if there is none.
   */
  async #send(report: Report, signal: AbortSignal): Promise<void> {
    const { log } = this.#env;
    const fields = { id: report.id, index: formatAddress(this.#options.index) };
    const answer = await converse(
      this.#env,
      this.#options.index,
      { deadlineMs: ATTEMPT_MS, signal },
      async (lines) => {
        // While the connection was made, the server may have been heard again.
        if (this.#queue.head() !== report) return "withdrawn";
        await lines.writeLines(encodeIndexRequest({ kind: "server-down", ...report }));
        return await lines.readLine();
      },
    );
    if (answer === "withdrawn") return;
    // A clean close takes note of it, too: so do indexes that answer nothing.
    if (answer === undefined || /^OK( |$)/.test(answer)) return log.info("death reported", fields);
    const code = parseError(answer);
    if (code !== undefined) return log.warn("report refused", { ...fields, code });
    throw new ProtocolError("INVALID_REPLY", `Cannot report: the index answers ${JSON.stringify(answer.slice(0, 80))}`);
  }
}
