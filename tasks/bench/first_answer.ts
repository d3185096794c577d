/**
 * One question, and the beginning of its answer.
 *
 * @module
 */

import { onAbort } from "../../src/base/abort.ts";
import type { Workbench } from "./workbench.ts";

/** How long an answer may take. */
const ANSWER_MS = 10_000;
const BUFFER_BYTES = 4_096;

/**
 * Asks whoever listens at a port of 127.0.0.1.
 *
 * @throws {Error} if nobody does, or it closes without a word.
 */
export async function firstAnswer(bench: Workbench, port: number, request: Uint8Array): Promise<void> {
  await bench.within(`answer from port ${port}`, ANSWER_MS, async (signal) => {
    const conn = await bench.env.net.dial({ host: "127.0.0.1", port }, { signal });
    const off = onAbort(signal, () => conn.close());
    try {
      await conn.write(request);
      if (await conn.read(new Uint8Array(BUFFER_BYTES)) !== null) return;
      throw new Error(`Cannot measure: port ${port} closes without an answer`);
    } finally {
      off();
      conn.close();
    }
  });
}
