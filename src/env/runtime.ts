/**
 * The real outside world, on whatever runtime this is.
 *
 * @module
 */

import process from "node:process";
import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { denoNet } from "../net/deno.ts";
import { nodeHttpServers } from "../net/node_http.ts";
import { nodeNet } from "../net/node.ts";
import type { Net } from "../net/net.ts";
import type { Env } from "./env.ts";
import type { Host } from "./host.ts";
import { createLog, type Log, type LogRecord, renderText } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { nodeFiles } from "./node_files.ts";
import { nodeSpawn } from "./node_processes.ts";

/** Options of {@link systemEnv}. */
export interface SystemEnvOptions {
  /** Where roles say what happens. Default: as text on standard error, from level `info`. */
  log?: Log;
}

/** Returns the real outside world. Metrics begin at zero: a role each wants one of its own. */
export function systemEnv({ log }: SystemEnvOptions = {}): Env {
  const clock = systemClock();
  return {
    net: systemNet(),
    http: nodeHttpServers(),
    clock,
    random: systemRandom(),
    files: nodeFiles(),
    spawn: nodeSpawn,
    host: systemHost(),
    log: log ?? createLog({ clock, sink: writeText }),
    metrics: new Metrics(),
  };
}

function systemNet(): Net {
  return "Deno" in globalThis ? denoNet() : nodeNet();
}

function systemHost(): Host {
  const { deno, bun, node } = process.versions;
  const runtime = deno !== undefined ? `deno ${deno}` : bun !== undefined ? `bun ${bun}` : `node ${node}`;
  return {
    runtime,
    pid: process.pid,
    variable(name): string | undefined {
      try {
        return process.env[name];
      } catch {
        // Deno refuses a variable that it was not told to show: then it is as good as unset.
        return undefined;
      }
    },
  };
}

function writeText(record: LogRecord): void {
  process.stderr.write(`${renderText(record)}\n`);
}
