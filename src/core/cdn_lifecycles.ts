/**
 * The state machines of the `cdn` family.
 *
 * Source: PROTOCOL.md, "cdn: states". Rows marked `added` are ours.
 *
 * @module
 */

import type { LifecycleTable } from "./lifecycle.ts";

/** States of the index. */
export type IndexState = "INIT" | "RUNNING" | "UPDATING";

/** The index: takes registrations and answers lookups; marks servers dead. */
export const INDEX_LIFECYCLE: LifecycleTable<IndexState> = {
  name: "index",
  initial: "INIT",
  transitions: [
    { from: "INIT", to: "RUNNING", on: "listens on its port" },
    { from: "RUNNING", to: "UPDATING", on: "SERVER_DOWN received" },
    { from: "UPDATING", to: "RUNNING", on: "the server is marked dead" },
  ],
};

/** States of a content server. */
export type ContentState = "INIT" | "REGISTERING" | "ACTIVE" | "DEAD";

/** A content server: registers, then serves and sends heartbeats. */
export const CONTENT_LIFECYCLE: LifecycleTable<ContentState> = {
  name: "content",
  initial: "INIT",
  transitions: [
    { from: "INIT", to: "REGISTERING", on: "starts to dial the index" },
    { from: "REGISTERING", to: "ACTIVE", on: "OK REGISTERED and OK FILES_ADDED received" },
    { from: "ACTIVE", to: "DEAD", on: "stops" },
    { from: "ACTIVE", to: "REGISTERING", on: "registers again, or renews", added: true },
    { from: "REGISTERING", to: "ACTIVE", on: "OK RENEWED received", added: true },
    { from: "INIT", to: "DEAD", on: "stops before it registered", added: true },
    { from: "REGISTERING", to: "DEAD", on: "stops before it registered", added: true },
  ],
};

/** States of the monitor towards one server. */
export type MonitorState = "LISTENING" | "CHECKING" | "REPORTING";

/** The monitor towards one server: the others go on being checked while one is reported. */
export const MONITOR_LIFECYCLE: LifecycleTable<MonitorState> = {
  name: "monitor",
  initial: "LISTENING",
  transitions: [
    { from: "LISTENING", to: "CHECKING", on: "the check interval has passed" },
    { from: "CHECKING", to: "REPORTING", on: "silent for longer than the timeout" },
    { from: "REPORTING", to: "LISTENING", on: "SERVER_DOWN acknowledged" },
    { from: "CHECKING", to: "LISTENING", on: "nothing to report", added: true },
    { from: "REPORTING", to: "LISTENING", on: "heartbeats resumed before the report arrived", added: true },
  ],
};

/** States of a client towards one file. */
export type ClientState = "IDLE" | "QUERYING" | "DOWNLOADING" | "DONE" | "ERROR";

/** A client fetching one file. */
export const CLIENT_LIFECYCLE: LifecycleTable<ClientState> = {
  name: "client",
  initial: "IDLE",
  transitions: [
    { from: "IDLE", to: "QUERYING", on: "HELLO and GET sent to the index" },
    { from: "QUERYING", to: "DOWNLOADING", on: "SERVER received" },
    { from: "QUERYING", to: "ERROR", on: "ERROR FILE_NOT_FOUND received, or the index cannot be reached" },
    { from: "DOWNLOADING", to: "DONE", on: "exactly the expected bytes received" },
    { from: "DOWNLOADING", to: "ERROR", on: "no holder delivers the file" },
    { from: "DOWNLOADING", to: "QUERYING", on: "the holder failed: look for the next", added: true },
    { from: "IDLE", to: "DOWNLOADING", on: "a holder was named by hand", added: true },
    { from: "IDLE", to: "ERROR", on: "called off, or nowhere to save the file", added: true },
  ],
};
