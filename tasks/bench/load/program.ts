/**
 * The load generator where there is no C compiler: `load.c` in TypeScript, with the same options and the same result. It
 * costs more than the servers that it asks, so the numbers are lower; the ratios still say something.
 *
 * @module
 */

import process from "node:process";
import type { Address } from "../../../src/base/address.ts";
import { sleep, systemClock } from "../../../src/base/clock.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { denoNet } from "../../../src/net/deno.ts";
import type { Conn } from "../../../src/net/net.ts";
import { Answer, type Expectation } from "./answer.ts";
import type { LoadResult } from "./generator.ts";
import { type LoadOptions, readLoadOptions, unescapeText } from "./options.ts";

const MAX_ERRORS = 10_000;
const net = denoNet();
const clock = systemClock();

/** All requests of one run. */
class LoadRun {
  readonly #options: LoadOptions;
  readonly #to: Address;
  readonly #requests: readonly Uint8Array[];
  readonly #expected: Expectation;
  readonly #open = new Set<Conn>();
  readonly #latenciesUs: number[] = [];
  readonly #beganMs = performance.now();
  #started = 0;
  #errors = 0;
  #firstError: string | null = null;
  #bytes = 0;
  #isOver = false;

  constructor(options: LoadOptions, requests: readonly Uint8Array[]) {
    const { host, port, head, expect = "", lengthBytes } = options;
    this.#options = options;
    this.#to = { host, port };
    this.#requests = requests;
    this.#expected = { head, begin: unescapeText(expect), lengthBytes };
  }

  async run(): Promise<LoadResult> {
    const { atOnce, deadlineMs } = this.#options;
    const cancel = clock.schedule(deadlineMs, () => this.#giveUp());
    await Promise.all(Array.from({ length: atOnce }, () => this.#work()));
    cancel();
    return this.#result();
  }

  async #work(): Promise<void> {
    const buffer = new Uint8Array(this.#options.bufferBytes);
    while (this.#wantsMore()) await this.#ask(this.#requests[this.#started++ % this.#requests.length]!, buffer);
  }

  #wantsMore(): boolean {
    const { endsAfterMs, count } = this.#options;
    if (this.#isOver || this.#errors >= MAX_ERRORS) return false;
    return endsAfterMs === undefined ? this.#started < count : performance.now() - this.#beganMs < endsAfterMs;
  }

  async #ask(request: Uint8Array, buffer: Uint8Array): Promise<void> {
    const beganMs = performance.now();
    const answer = new Answer(this.#expected);
    let conn: Conn | undefined;
    try {
      conn = await net.dial(this.#to);
      // Opened at the very moment when everything was closed.
      if (this.#isOver) conn.close();
      this.#open.add(conn);
      await conn.write(request);
      for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
        answer.take(buffer.subarray(0, count));
      }
      const problem = answer.problem();
      if (problem === undefined) this.#latenciesUs.push(Math.round((performance.now() - beganMs) * 1_000));
      else this.#note(problem);
    } catch (error) {
      this.#note(this.#isOver ? "no end within the deadline" : error instanceof Error ? error.message : String(error));
    } finally {
      this.#bytes += answer.receivedBytes;
      if (conn !== undefined) this.#open.delete(conn);
      conn?.close();
    }
  }

  #note(problem: string): void {
    this.#errors++;
    this.#firstError ??= problem;
  }

  #giveUp(): void {
    this.#isOver = true;
    for (const conn of this.#open) conn.close();
  }

  #result(): LoadResult {
    const seconds = (performance.now() - this.#beganMs) / 1_000;
    const { user, system } = process.cpuUsage();
    const sorted = Uint32Array.from(this.#latenciesUs).sort();
    const quantile = (part: number): number => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
    return {
      requests: sorted.length,
      errors: this.#errors,
      firstError: this.#firstError,
      bytes: this.#bytes,
      seconds,
      cpuSeconds: (user + system) / 1e6,
      latencyUs: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
    };
  }
}

async function readRequests({ request, requestsFile }: LoadOptions): Promise<Uint8Array[]> {
  const lines = requestsFile === undefined ? [] : (await Deno.readTextFile(requestsFile)).split("\n").filter(Boolean);
  return [...(request === undefined ? [] : [request]), ...lines].map(unescapeText);
}

/** Holds connections until standard input ends, and counts those that the server has not closed. */
async function holdIdle({ host, port, atOnce, deadlineMs }: LoadOptions): Promise<void> {
  const closed = new Set<Conn>();
  const conns: Conn[] = [];
  for (let at = 0; at < atOnce; at++) {
    const conn = await net.dial({ host, port });
    conns.push(conn);
    const note = (): void => void closed.add(conn);
    void conn.read(new Uint8Array(1)).then((count) => count === null && note(), note);
  }
  console.log(JSON.stringify({ open: conns.length }));
  const over = new AbortController();
  const input = Deno.stdin.readable.pipeTo(new WritableStream(), { signal: over.signal }).catch(() => {});
  await Promise.race([input, sleep(clock, deadlineMs, { signal: over.signal }).catch(() => {})]);
  over.abort();
  console.log(JSON.stringify({ stillOpen: conns.length - closed.size }));
}

if (import.meta.main) {
  try {
    const options = readLoadOptions(Deno.args);
    if (options.isIdle) await holdIdle(options);
    else console.log(JSON.stringify(await new LoadRun(options, await readRequests(options)).run()));
    Deno.exit(0);
  } catch (error) {
    console.error(`load: ${error instanceof Error ? error.message : error}`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
