/**
 * Standard output as a supervisor needs it: a terminal that is held up, as by Ctrl-S, must not hold up the program.
 * `node:process` writes to a terminal in the same breath, and would.
 *
 * @module
 */

import { type Output, OutputClosedError } from "../../src/cli/io.ts";

/** Returns standard output. */
export function standardOutput(): Output {
  const { stdout } = Deno;
  return {
    isTerminal: stdout.isTerminal(),
    get columns() {
      try {
        return Deno.consoleSize().columns || 80;
      } catch {
        // Neither input nor output is a terminal.
        return 80;
      }
    },
    async write(bytes): Promise<void> {
      try {
        for (let at = 0; at < bytes.length;) at += await stdout.write(bytes.subarray(at));
      } catch (error) {
        // A broken pipe, or a terminal that went away.
        throw new OutputClosedError({ cause: error });
      }
    },
  };
}
