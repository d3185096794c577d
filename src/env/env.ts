/**
 * All of the outside world that a role may touch, as one argument.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { HttpServers } from "../net/http.ts";
import type { HttpClient } from "../net/http_client.ts";
import type { Net } from "../net/net.ts";
import type { Digests } from "./digests.ts";
import type { Files } from "./files.ts";
import type { Host } from "./host.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Spawn } from "./processes.ts";

/** The outside world: real (`runtime.ts`) or virtual (`virtual.ts`). */
export interface Env {
  /** Streams and datagrams. */
  readonly net: Net;
  /** HTTP servers. */
  readonly http: HttpServers;
  /** Asking HTTP servers. */
  readonly httpClient: HttpClient;
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
  /** Files. */
  readonly files: Files;
  /** Digests of many bytes. */
  readonly digests: Digests;
  /** Child processes. */
  readonly spawn: Spawn;
  /** This machine and this process. */
  readonly host: Host;
  /** Where to say what happens. */
  readonly log: Log;
  /** Where to count what happens. */
  readonly metrics: Metrics;
}
