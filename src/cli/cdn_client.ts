/**
 * The client of the `cdn` family as commands.
 *
 * @module
 */

import type { Addresses } from "../base/address.ts";
import { INDEX_FLAGS, indexesOf } from "./cdn_roles.ts";
import { explainClientError } from "./client_failure.ts";
import { type Command, type CommandContext, defineCommand } from "./command.ts";
import {
  count,
  optionalHost,
  optionalPort,
  optionalRate,
  optionalSeconds,
  optionalText,
  seconds,
  toggle,
} from "./flag.ts";
import type { FlagTable, FlagValues } from "./flags.ts";
import type { QueryContext } from "./queries.ts";
import { untilStopped } from "./running.ts";

/** The most files of one command line. */
const MAX_NAMES = 10_000;

/** Flags of every question to the index. */
const QUERY_FLAGS = {
  ...INDEX_FLAGS,
  deadlineMs: seconds({ name: "max-time", initialMs: 30_000, help: "How long the answer may take" }),
  asJson: toggle({ name: "json", help: "Answer in JSON" }),
} as const satisfies FlagTable;

/** Downloads files. */
export const GET_COMMAND: Command = defineCommand({
  name: "get",
  kind: "client",
  summary: "Downloads files",
  notes: [
    "A download that breaks off is taken up by the next holder, or by the same command later.",
    "The bytes are compared with the SHA-256 that their holder promises. A file that is there",
    "already is replaced once the new one is whole.",
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
    ...INDEX_FLAGS,
    directHost: optionalHost({ name: "direct-host", help: "Get it from this content server, not asking the index" }),
    directPort: optionalPort({ name: "direct-port", help: "That content server's port; one of the two is enough" }),
    parallel: count({ name: "parallel", initial: 1, min: 1, max: 64, help: "How many connections share a file" }),
    isSynced: toggle({ name: "sync", help: "Wait until each file is on the disk, before it gets its name" }),
    retries: count({ name: "retry", initial: 3, min: 0, max: 1_000, help: "How many more rounds after a vain one" }),
    limitBytesPerSecond: optionalRate({ name: "limit-rate", help: "Bytes a second at most, such as 500k or 2M" }),
    maxTimeMs: optionalSeconds({ name: "max-time", help: "How long a file may take" }),
    idleMs: seconds({ name: "idle-timeout", initialMs: 15_000, help: "How long a holder may make no progress" }),
  },
  async run(context, values, names): Promise<number> {
    const { getFiles } = await import("./get.ts");
    const { directHost, directPort, out, parallel, isSynced, retries, limitBytesPerSecond, maxTimeMs, idleMs } = values;
    const isDirect = directHost !== undefined || directPort !== undefined;
    const direct = isDirect ? { host: directHost ?? "127.0.0.1", port: directPort ?? 7001 } : undefined;
    const limits = { parallel, retries, limitBytesPerSecond, maxTimeMs, idleMs };
    const options = { out, isSynced, index: indexesOf(values), direct, ...limits };
    return await untilStopped(
      context,
      { supervised: false },
      (signal) => getFiles(context, names, { ...options, signal }),
    );
  },
});

/** Lists files. */
export const LS_COMMAND: Command = defineCommand({
  name: "ls",
  kind: "client",
  summary: "Lists the files that there are: size in bytes and name",
  notes: ["Without a terminal a tab stands between the two. Control characters are written as \\u001b."],
  flags: QUERY_FLAGS,
  run: (context, values) =>
    ask(context, values, async (query, options) => {
      const { showFiles } = await import("./queries.ts");
      return await showFiles(query, options);
    }),
});

/** Describes a file. */
export const STAT_COMMAND: Command = defineCommand({
  name: "stat",
  kind: "client",
  summary: "Shows a file's size, its SHA-256, and who has it",
  operands: { placeholder: "NAME", min: 1, max: 1 },
  flags: QUERY_FLAGS,
  run: (context, values, [name = ""]) =>
    ask(context, values, async (query, options) => {
      const { showFile } = await import("./queries.ts");
      return await showFile(query, name, options);
    }),
});

/** Lists content servers. */
export const SERVERS_COMMAND: Command = defineCommand({
  name: "servers",
  kind: "client",
  summary: "Lists the content servers that the index knows: id, address, load, alive or dead",
  flags: QUERY_FLAGS,
  run: (context, values) =>
    ask(context, values, async (query, options) => {
      const { showServers } = await import("./queries.ts");
      return await showServers(query, options);
    }),
});

interface AskOptions {
  readonly index: Addresses;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

async function ask(
  context: CommandContext,
  values: FlagValues<typeof QUERY_FLAGS>,
  run: (query: QueryContext, options: AskOptions) => Promise<number>,
): Promise<number> {
  const { asJson, deadlineMs } = values;
  const index = indexesOf(values);
  return await untilStopped(context, { supervised: false }, async (signal) => {
    try {
      return await run({ ...context, asJson }, { index, deadlineMs, signal });
    } catch (error) {
      throw explainClientError(error, index);
    }
  });
}
