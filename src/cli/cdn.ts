/**
 * The commands of the `cdn` family. A role is added by declaring its command and naming it here.
 *
 * @module
 */

import { GET_COMMAND, LS_COMMAND, SERVERS_COMMAND, STAT_COMMAND } from "./cdn_client.ts";
import { CONTENT_COMMAND, INDEX_COMMAND, MONITOR_COMMAND } from "./cdn_roles.ts";
import type { Family } from "./command.ts";
import { HEALTH_COMMAND } from "./health.ts";

/** Index, monitor, content servers, and their client. */
export const CDN: Family = {
  name: "cdn",
  summary: "Index, monitor, content servers and their client, over a line protocol",
  commands: [
    INDEX_COMMAND,
    MONITOR_COMMAND,
    CONTENT_COMMAND,
    GET_COMMAND,
    LS_COMMAND,
    STAT_COMMAND,
    SERVERS_COMMAND,
    HEALTH_COMMAND,
  ],
  synonyms: { client: { commands: ["get", "ls", "stat", "servers", "health"], otherwise: "get" } },
};
