/**
 * All rows of the bench, in the order of the tables.
 *
 * @module
 */

import type { Row } from "./row.ts";
import { COLD } from "./rows/cold.ts";
import { GET, GET_PARALLEL } from "./rows/download.ts";
import { CONNECTIONS } from "./rows/growth_of_connections.ts";
import { FILES, REGISTRATION } from "./rows/growth_of_files.ts";
import { HEARTBEATS } from "./rows/growth_of_heartbeats.ts";
import { SERVERS } from "./rows/growth_of_servers.ts";
import { HELLO } from "./rows/hello.ts";
import { HOT, HOT_CROWD } from "./rows/hot.ts";
import { LOOKUPS, RENEWALS } from "./rows/lookups.ts";
import { CROWD_MEMORY, IDLE } from "./rows/memory.ts";
import { REROUTE } from "./rows/reroute.ts";
import { RUNTIMES } from "./rows/runtimes.ts";
import { START } from "./rows/start.ts";
import { WORKERS_ROW } from "./rows/workers.ts";

/** Every row. */
export const ROWS: readonly Row[] = [
  HOT,
  HOT_CROWD,
  COLD,
  HELLO,
  WORKERS_ROW,
  LOOKUPS,
  RENEWALS,
  IDLE,
  CROWD_MEMORY,
  START,
  RUNTIMES,
  REROUTE,
  GET,
  GET_PARALLEL,
  SERVERS,
  FILES,
  REGISTRATION,
  HEARTBEATS,
  CONNECTIONS,
];
