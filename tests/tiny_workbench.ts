/**
 * A workbench for tests, where everything is so small that the numbers mean nothing.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { denoNet } from "../src/net/deno.ts";
import { TINY_SIZES } from "../tasks/bench/sizes.ts";
import type { Tools } from "../tasks/bench/tools.ts";
import { Workbench } from "../tasks/bench/workbench.ts";

/** Nothing to measure with. */
const NO_TOOLS: Tools = { compiled: {}, installed: new Map() };

/** Runs something with a workbench in a folder of its own, by default without any tool. */
export async function withBench(
  run: (bench: Workbench, stop: AbortController) => Promise<void>,
  find: (folder: string) => Promise<Tools> = () => Promise.resolve(NO_TOOLS),
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-bench-test-" });
  const stop = new AbortController();
  const options = { env: { net: denoNet(), clock: systemClock() }, signal: stop.signal, sizes: TINY_SIZES };
  const bench = new Workbench({ ...options, onStatus: () => {} }, folder, await find(folder));
  try {
    await run(bench, stop);
  } finally {
    await bench.dismantle();
  }
}
