/**
 * The commands of the `edge` family. A role is added by declaring its command and naming it here.
 *
 * @module
 */

import type { Family } from "./command.ts";
import {
  EDGE_GET_COMMAND,
  EDGE_LS_COMMAND,
  NODES_COMMAND,
  PURGE_COMMAND,
  RM_COMMAND,
  SYNC_COMMAND,
} from "./edge_client.ts";
import { META_COMMAND, NODE_COMMAND, ORIGIN_COMMAND, STORE_COMMAND } from "./edge_roles.ts";

/** Meta server, origin, store, edge nodes, and their client. */
export const EDGE: Family = {
  name: "edge",
  summary: "Meta server, origin, store, edge nodes and their client, over HTTP",
  commands: [
    META_COMMAND,
    ORIGIN_COMMAND,
    STORE_COMMAND,
    NODE_COMMAND,
    SYNC_COMMAND,
    EDGE_GET_COMMAND,
    EDGE_LS_COMMAND,
    RM_COMMAND,
    PURGE_COMMAND,
    NODES_COMMAND,
  ],
  synonyms: { client: { commands: ["sync", "get", "ls", "rm", "purge", "nodes"], otherwise: "get" } },
};
