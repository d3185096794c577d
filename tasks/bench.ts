/**
 * Measures what the index is built for: a lookup costs the same whatever the number of files.
 *
 * The index runs as a process of its own; the load comes from this one. Both sizes are measured in turns, and the
 * median counts: machines are noisy, and a ratio within one run says more than a number.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";
import type { Address } from "../src/base/address.ts";
import { parseAddress } from "../src/base/address.ts";
import { systemClock } from "../src/base/clock.ts";
import { denoNet } from "../src/net/deno.ts";
import { registerAtIndex } from "../src/roles/cdn/registration.ts";

const ROUNDS = 7;
const LOOKUPS = 4_000;
const AT_ONCE = 32;

/** A catalogue to measure with. */
interface Catalogue {
  readonly servers: number;
  readonly filesEach: number;
}

interface RunningIndex extends AsyncDisposable {
  readonly address: Address;
}

const net = denoNet();

/** Starts an index on a free port, without a monitor. */
async function startIndexProcess(): Promise<RunningIndex> {
  const main = new URL("../src/cli/main.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=index", main, "index", "--port", "0", "--log", "json", "--monitor-tcp-port", "1"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  for (let line = await lines.read(); !line.done; line = await lines.read()) {
    const { event, tcp } = JSON.parse(line.value) as Record<string, string>;
    if (event !== "ready") continue;
    // What it says from now on is of no interest, but has to be read, or it would wait for a reader.
    const draining = drain(lines);
    return {
      address: parseAddress(tcp!),
      async [Symbol.asyncDispose](): Promise<void> {
        child.kill("SIGTERM");
        await child.status;
        await draining;
      },
    };
  }
  throw new Error("Cannot start an index: it ended before it was ready");
}

async function drain(lines: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await lines.read()).done);
}

function fileName(server: number, file: number): string {
  return `folder-${server}/file-${file}.bin`;
}

/** Registers a catalogue as content servers would. Returns how long it took, in milliseconds. */
async function fill(index: Address, { servers, filesEach }: Catalogue): Promise<number> {
  const beganMs = performance.now();
  for (let server = 0; server < servers; server++) {
    await registerAtIndex({ net, clock: systemClock() }, {
      index,
      registration: { id: `CS${server}`, tcpPort: 7001 + server, udpPort: 17001 + server },
      files: Array.from({ length: filesEach }, (_, file) => ({ name: fileName(server, file), sizeBytes: file })),
      boundHost: "0.0.0.0",
      patienceMs: 120_000,
      signal: new AbortController().signal,
    });
  }
  return performance.now() - beganMs;
}

/** Looks files up, some at once, a connection each as clients do. Returns lookups a second. */
async function measure(index: Address, { servers, filesEach }: Catalogue): Promise<number> {
  let next = 0;
  async function worker(): Promise<void> {
    const buffer = new Uint8Array(512);
    while (next < LOOKUPS) {
      const turn = next++;
      // A stride that is prime to the sizes, so that neighbours in time are not neighbours in memory.
      const name = fileName(turn % servers, (turn * 7_919) % filesEach);
      const conn = await net.dial(index);
      await conn.write(new TextEncoder().encode(`GET ${name}\n`));
      const count = await conn.read(buffer) ?? 0;
      const answer = new TextDecoder().decode(buffer.subarray(0, count));
      if (!answer.startsWith("SERVER ")) throw new Error(`Cannot measure: the index answers ${JSON.stringify(answer)}`);
      conn.close();
    }
  }
  const beganMs = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return LOOKUPS / (performance.now() - beganMs) * 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

if (import.meta.main) {
  const small: Catalogue = { servers: 1, filesEach: 10 };
  const large: Catalogue = { servers: 100, filesEach: 10_000 };
  await using few = await startIndexProcess();
  await using many = await startIndexProcess();
  await fill(few.address, small);
  const filledMs = await fill(many.address, large);
  const rates: [few: number[], many: number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    rates[0].push(await measure(few.address, small));
    rates[1].push(await measure(many.address, large));
  }
  const [fewRate, manyRate] = [median(rates[0]), median(rates[1])];
  console.log(`lookups a second, ${AT_ONCE} connections at once, median of ${ROUNDS} rounds of ${LOOKUPS}`);
  console.log(`         10 files from   1 server   ${fewRate.toFixed(0)}`);
  console.log(`  1,000,000 files from 100 servers  ${manyRate.toFixed(0)}   ratio ${(manyRate / fewRate).toFixed(3)}`);
  console.log(`registration of the 1,000,000 files: ${(filledMs / 1000).toFixed(1)} s`);
}
