/**
 * A process that logs records of about 100 bytes to standard error, as many as its first argument says, in the format
 * that its second says, and then says on standard output that it is done. Used by `src/env/stderr_sink_test.ts`.
 *
 * @module
 */

import process from "node:process";
import { systemClock } from "../src/base/clock.ts";
import { createLog } from "../src/env/log.ts";
import { stderrSink } from "../src/env/stderr_sink.ts";

const [, , count, format] = process.argv;
const sink = stderrSink({ format: format === "json" ? "json" : "text" });
const log = createLog({ clock: systemClock(), sink });
for (let at = 0; at < Number(count); at++) {
  log.info("tick", { at, padding: "x".repeat(60) });
  if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
}
process.stdout.write("done\n");
