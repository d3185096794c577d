/**
 * The client of the `edge` family as commands.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Place } from "../core/geography.ts";
import { type Command, type CommandContext, defineCommand } from "./command.ts";
import { TOKEN_FLAG } from "./edge_roles.ts";
import { count, optionalText, seconds, toggle } from "./flag.ts";
import type { FlagTable, FlagValues } from "./flags.ts";
import { degrees, services } from "./place_flags.ts";
import { untilStopped } from "./running.ts";
import { UsageError } from "./usage_error.ts";

/** The most files of one command line. */
const MAX_NAMES = 10_000;

const ORIGIN_FLAGS = {
  origin: services({
    name: "origin",
    initial: [{ host: "127.0.0.1", port: 8001 }],
    usualPort: 8001,
    help: "An origin; again for another one",
  }),
} as const satisfies FlagTable;

const PLACE_FLAGS = {
  lat: degrees({ name: "lat", initial: 0, max: 90, help: "Where you are: degrees north" }),
  lng: degrees({ name: "lng", initial: 0, max: 180, help: "Degrees east; negative west" }),
} as const satisfies FlagTable;

const AS_JSON = toggle({ name: "json", help: "Answer in JSON" });

const RETRIES = count({
  name: "retry",
  initial: 3,
  min: 0,
  max: 1_000,
  help: "How many more attempts after a vain one",
});

const PARALLEL = count({ name: "parallel", initial: 4, min: 1, max: 64, help: "How many files at once" });

const IDLE = seconds({ name: "idle-timeout", initialMs: 30_000, help: "How long a server may make no progress" });

/** Where to ask, and as whom. */
export interface EdgeTarget {
  /** The origins. */
  readonly origin: readonly Address[];
  /** Where the client is. */
  readonly place: Place;
  /** What changes need. */
  readonly token: string | undefined;
  /** Calls it off. */
  readonly signal: AbortSignal;
}

/** Publishes a folder. */
export const SYNC_COMMAND: Command = defineCommand({
  name: "sync",
  kind: "client",
  summary: "Publishes the files of a folder: sends what is new or has changed",
  notes: [
    "Files are called as they are below the folder. Links, and names that begin with a dot, are",
    "left out; nothing is removed. Once it has succeeded no node serves the old bytes any more.",
  ],
  operands: { placeholder: "DIR", min: 1, max: 1 },
  flags: {
    ...ORIGIN_FLAGS,
    ...PLACE_FLAGS,
    token: TOKEN_FLAG,
    parallel: PARALLEL,
    retries: RETRIES,
    idleMs: IDLE,
    asJson: AS_JSON,
  },
  async run(context, values, [folder = ""]): Promise<number> {
    const { syncEdgeFolder } = await import("./edge_sync.ts");
    const { parallel, retries, idleMs, asJson } = values;
    return await ask(
      context,
      values,
      (target) => syncEdgeFolder(context, folder, { ...target, parallel, retries, idleMs, asJson }),
    );
  },
});

/** Downloads files. */
export const EDGE_GET_COMMAND: Command = defineCommand({
  name: "get",
  kind: "client",
  summary: "Downloads files",
  notes: [
    "The node that the origin names is asked first; where it fails, another one or the store.",
    "The bytes are compared with the SHA-256 of what was published before the file gets its name.",
  ],
  operands: { placeholder: "NAME", min: 1, max: MAX_NAMES },
  flags: {
    out: optionalText({
      name: "out",
      letter: "o",
      placeholder: "PATH",
      shown: "here",
      help: "A file, for several names a folder, or - for standard output",
    }),
    ...ORIGIN_FLAGS,
    ...PLACE_FLAGS,
    isSynced: toggle({ name: "sync", help: "Wait until each file is on the disk, before it gets its name" }),
    retries: RETRIES,
    idleMs: IDLE,
  },
  async run(context, values, names): Promise<number> {
    const { getEdgeFiles } = await import("./edge_get.ts");
    const { out, isSynced, retries, idleMs } = values;
    return await ask(
      context,
      values,
      (target) => getEdgeFiles(context, names, { ...target, out, isSynced, retries, idleMs }),
    );
  },
});

/** Lists files. */
export const EDGE_LS_COMMAND: Command = defineCommand({
  name: "ls",
  kind: "client",
  summary: "Lists the files that are published",
  notes: ["Without a terminal a tab stands between the columns. Control characters are written as \\u001b."],
  flags: { ...ORIGIN_FLAGS, asJson: AS_JSON },
  async run(context, values): Promise<number> {
    const { showEdgeFiles } = await import("./edge_queries.ts");
    return await ask(context, values, (target) => showEdgeFiles(context, { ...target, asJson: values.asJson }));
  },
});

/** Removes files. */
export const RM_COMMAND: Command = defineCommand({
  name: "rm",
  kind: "client",
  summary: "Removes files: from the store, and from every node",
  operands: { placeholder: "NAME", min: 1, max: MAX_NAMES },
  flags: { ...ORIGIN_FLAGS, token: TOKEN_FLAG },
  async run(context, values, names): Promise<number> {
    const { removeEdgeFiles } = await import("./edge_queries.ts");
    return await ask(context, values, (target) => removeEdgeFiles(context, names, target));
  },
});

/** Has nodes drop copies. */
export const PURGE_COMMAND: Command = defineCommand({
  name: "purge",
  kind: "client",
  summary: "Has every node drop its copies of files, and fetch them anew when they are asked for",
  operands: { placeholder: "NAME", min: 0, max: MAX_NAMES },
  flags: { all: toggle({ name: "all", help: "Of every file" }), ...ORIGIN_FLAGS, token: TOKEN_FLAG },
  async run(context, values, names): Promise<number> {
    if (values.all === (names.length > 0)) throw new UsageError("purge needs at least one NAME, or --all");
    const { purgeEdgeFiles } = await import("./edge_queries.ts");
    return await ask(context, values, (target) => purgeEdgeFiles(context, values.all ? undefined : names, target));
  },
});

/** Lists nodes. */
export const NODES_COMMAND: Command = defineCommand({
  name: "nodes",
  kind: "client",
  summary: "Lists the nodes: id, address, place, and whether they are alive",
  flags: { ...ORIGIN_FLAGS, asJson: AS_JSON },
  async run(context, values): Promise<number> {
    const { showNodes } = await import("./edge_queries.ts");
    return await ask(context, values, (target) => showNodes(context, { ...target, asJson: values.asJson }));
  },
});

interface Asked extends FlagValues<typeof ORIGIN_FLAGS>, Partial<FlagValues<typeof PLACE_FLAGS>> {
  readonly token?: string | undefined;
}

/** Runs a question until it is answered or called off. */
async function ask(
  context: CommandContext,
  { origin, lat = 0, lng = 0, token }: Asked,
  run: (target: EdgeTarget) => Promise<number>,
): Promise<number> {
  return await untilStopped(
    context,
    { supervised: false },
    (signal) => run({ origin, place: { lat, lng }, token, signal }),
  );
}
