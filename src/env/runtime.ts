/**
 * The real outside world, on whatever runtime this is.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { denoNet } from "../net/deno.ts";
import { fetchHttpClient } from "../net/fetch_http_client.ts";
import { nodeNet } from "../net/node.ts";
import { nodeHttpServers } from "../net/node_http.ts";
import { denoSpawn } from "./deno_processes.ts";
import type { Env } from "./env.ts";
import { createLog, type Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { nodeFiles } from "./node_files.ts";
import { nodeHost } from "./node_host.ts";
import { nodeSpawn } from "./node_processes.ts";
import { stderrSink } from "./stderr_sink.ts";
import { threadDigests } from "./thread_digests.ts";

/** Options of {@link systemEnv}. */
export interface SystemEnvOptions {
  /** Where to say what happens. Default: text on standard error, from `info` on. */
  log?: Log;
}

/**
 * Returns the real outside world.
 *
 * @example
 * ```ts
 * import { systemEnv } from "./runtime.ts";
 * const env = systemEnv();
 * env.log.info("hello", { runtime: env.host.runtime });
 * ```
 */
export function systemEnv(options: SystemEnvOptions = {}): Env {
  const onDeno = typeof Deno !== "undefined";
  const clock = systemClock();
  const { log = createLog({ clock, sink: stderrSink() }) } = options;
  return {
    net: onDeno ? denoNet() : nodeNet(),
    http: nodeHttpServers({ onError: (error, what) => log.error("request failed", { what, reason: `${error}` }) }),
    httpClient: fetchHttpClient(),
    clock,
    random: systemRandom(),
    files: nodeFiles(),
    digests: threadDigests(),
    spawn: onDeno ? denoSpawn : nodeSpawn,
    host: nodeHost(),
    log,
    metrics: new Metrics(),
  };
}
