/**
 * A content server on several cores: the flags for it, how a worker is started, and a worker as a command.
 *
 * @module
 */

import { FileError } from "../env/files.ts";
import { NetError } from "../net/net_error.ts";
import { MAX_PROCESSES } from "../protocol/worker.ts";
import type { ContentWorkers } from "../roles/cdn/content.ts";
import type { WorkerStart } from "../services/worker_process.ts";
import type { CommandContext } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { CommandError } from "./failure.ts";
import { count, MIB } from "./flag.ts";
import { variableOf } from "./flag_sources.ts";
import type { FlagTable, FlagValues } from "./flags.ts";
import { type Executable, ownCommand, servingFlags } from "./own_command.ts";
import { STOP_SIGNALS } from "./signals.ts";

/** Flags of a content server on several cores. */
export const WORKER_FLAGS = {
  workers: count({
    name: "workers",
    initial: 1,
    min: 1,
    max: MAX_PROCESSES,
    help: "Processes that serve, about one a core; they share the port",
  }),
  worker: count({ name: "worker", initial: 0, min: 2, max: MAX_PROCESSES, hidden: true, onlyTyped: true, help: "" }),
} as const satisfies FlagTable;

/** What a worker has to know. */
export interface WorkerValues extends FlagValues<typeof WORKER_FLAGS> {
  /** The id of the server, for the log. */
  readonly serverId: string;
  /** The folder to serve. */
  readonly folder: string;
  /** The host where it listens. */
  readonly host: string;
  /** The port where it listens. */
  readonly tcpPort: number;
  /** How much of the files to keep in memory. */
  readonly cacheBytes: number;
  /** How long a client may make no progress, in milliseconds. */
  readonly idleMs: number;
  /** How long connections may finish at a stop, in milliseconds. */
  readonly drainMs: number;
}

/** All that the configuration file says is said by flags, and the folder is one as seen from here. */
const SETTLED = { [variableOf({ name: "config" })]: "", INIT_CWD: "" };

/** Returns how to start the workers of a content server; `undefined` if it is to have none. */
export function workersOf(
  { io, common, program }: Pick<CommandContext, "io" | "common" | "program">,
  values: WorkerValues,
): ContentWorkers | undefined {
  if (values.workers === 1) return undefined;
  const word = program.word === "content" ? [] : ["content"];
  return {
    count: values.workers - 1,
    start(number, listen): WorkerStart {
      const args = [
        ...word,
        `--worker=${number}`,
        `--server-id=${values.serverId}`,
        `--files=${values.folder}`,
        `--host=${listen.host}`,
        `--tcp-port=${listen.port}`,
        `--cache-mb=${values.cacheBytes / MIB}`,
        `--idle-timeout=${values.idleMs / 1000}`,
        `--drain=${values.drainMs / 1000}`,
        `--log=${common.log}`,
        `--verbose=${common.isVerbose}`,
        `--quiet=${common.isQuiet}`,
      ];
      const command = ownCommand(io.executable(), args, servingFlags({ listen, folder: values.folder }));
      return { command, variables: SETTLED };
    },
  };
}

/** Starts a content server with workers, and explains what keeps it from having some. */
export async function startWithWorkers<T>({ io }: Pick<CommandContext, "io">, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    throw explain(error, io.executable());
  }
}

function explain(error: unknown, { path, script }: Executable): unknown {
  if (error instanceof NetError && error.code === "unsupported") {
    return new CommandError(EXIT.network, `${error.message}; --workers needs that`, { cause: error });
  }
  const isDenied = error instanceof FileError && error.code === "denied" &&
    error.message.startsWith(`Cannot start ${path}`);
  if (!isDenied) return error;
  const advice = script === undefined
    ? "this program was compiled without it"
    : 'the permission set "workers" has it, and so has "deno task serve"';
  const message = `Cannot start workers: no permission to start processes; ${advice}`;
  return new CommandError(EXIT.usage, message, { cause: error });
}

/**
 * Runs a worker, which ends when the server that started it says so or is gone. Signals mean nothing to it: Ctrl-C goes to
 * the server, too, which ends its workers in order.
 */
export async function runWorkerCommand(
  { env, io }: Pick<CommandContext, "env" | "io">,
  { worker, serverId, folder, host, tcpPort, cacheBytes, idleMs, drainMs }: WorkerValues,
): Promise<number> {
  const { runContentWorker } = await import("../roles/cdn/content_worker.ts");
  const offs = STOP_SIGNALS.map((name) => io.onSignal(name, () => {}));
  const channel = { input: io.input(), write: (bytes: Uint8Array) => io.output.write(bytes) };
  const listen = { host, port: tcpPort };
  try {
    await runContentWorker(
      { ...env, log: env.log.from(`content ${serverId} worker ${worker}`) },
      { folder, listen, idleMs, drainMs, channel, cacheBytes },
    );
  } finally {
    for (const off of offs) off();
  }
  return EXIT.done;
}
