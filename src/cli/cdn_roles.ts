/**
 * The roles of the `cdn` family as commands.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Env } from "../env/env.ts";
import type { RegistrationBook } from "../storage/registrations.ts";
import { type Command, defineCommand, type ServiceNeeds } from "./command.ts";
import { runWorkerCommand, startWithWorkers, WORKER_FLAGS, workersOf } from "./content_workers.ts";
import { INDEX_CATALOGUE_FLAG, type IndexCatalogueEngine } from "./engine_flags.ts";
import { host, mebibytes, optionalHost, optionalText, port, seconds, text } from "./flag.ts";
import type { FlagTable, FlagValues } from "./flags.ts";
import { userPath } from "./paths.ts";
import { places } from "./place_flags.ts";
import { ROLE_FLAGS, roleOptions } from "./role_flags.ts";
import { runRole } from "./running.ts";
import { UsageError } from "./usage_error.ts";

const LOOPBACK = "127.0.0.1";

/** The most memory for files in demand, in MiB: a tebibyte. */
const MAX_CACHE_MIB = 1_048_576;

/** Flags that say where the index is. */
export const INDEX_FLAGS = {
  indexHost: places({
    name: "index-host",
    initial: [{ host: LOOPBACK, port: undefined }],
    help: "The index's host; several times for several indexes",
  }),
  indexPort: port({ name: "index-port", initial: 5050, help: "The port of an index that none is given for" }),
} as const satisfies FlagTable;

/** Where the indexes are, by preference. */
export function indexesOf({ indexHost, indexPort }: FlagValues<typeof INDEX_FLAGS>): readonly Address[] {
  return indexHost.map(({ host, port = indexPort }) => ({ host, port }));
}

/** The index. */
export const INDEX_COMMAND: Command = defineCommand({
  name: "index",
  kind: "role",
  summary: "Knows which content server has which file, and sends clients there",
  flags: {
    port: port({ name: "port", initial: 5050, mayBeAny: true, help: "Where to listen; 0 takes any free port" }),
    monitorHost: host({ name: "monitor-host", initial: LOOPBACK, help: "The monitor's host" }),
    monitorTcpPort: port({ name: "monitor-tcp-port", initial: 6001, help: "The monitor's port for questions" }),
    advertise: optionalHost({ name: "advertise", help: "The host at which the monitor is to report deaths" }),
    catalogue: INDEX_CATALOGUE_FLAG,
    ...ROLE_FLAGS,
  },
  service: ({ drainMs }) => ({ folders: [], fixed: {}, startsProcesses: false, drainMs }),
  async run(context, values): Promise<number> {
    const { startIndex } = await import("../roles/cdn/index.ts");
    const listen = { host: values.host, port: values.port };
    const options = {
      listen,
      monitor: { host: values.monitorHost, port: values.monitorTcpPort },
      advertise: values.advertise,
      ...roleOptions(values),
    };
    const listens = { "--port": listen, "--admin": values.admin };
    return await runRole(context, { supervised: values.supervised, listens }, async () => {
      const book = await openBook(context.env, values.catalogue);
      try {
        return await startIndex(context.env, { ...options, book });
      } catch (error) {
        await book?.close();
        throw error;
      }
    });
  },
});

/** Opens what an index keeps its registrations in; its memory alone needs nothing. */
async function openBook(env: Env, engine: IndexCatalogueEngine): Promise<RegistrationBook | undefined> {
  if (engine.kind === "memory") return undefined;
  const { openPostgresRegistrations } = await import("../storage/postgres_registrations.ts");
  return await openPostgresRegistrations(env, engine.url);
}

/** The monitor. */
export const MONITOR_COMMAND: Command = defineCommand({
  name: "monitor",
  kind: "role",
  summary: "Hears heartbeats, notices silent content servers, and tells the index",
  flags: {
    udpPort: port({ name: "udp-port", initial: 6000, mayBeAny: true, help: "Where heartbeats come in; 0 takes any" }),
    tcpPort: port({ name: "tcp-port", initial: 6001, mayBeAny: true, help: "Where questions come in; 0 takes any" }),
    ...INDEX_FLAGS,
    timeoutMs: seconds({ name: "timeout", initialMs: 8_000, help: "A server silent for longer is dead" }),
    checkMs: seconds({ name: "check-interval", initialMs: 1_000, help: "How often everyone is checked" }),
    advertise: optionalHost({
      name: "advertise",
      help: "The host at which others reach it, shown in the log and state",
    }),
    ...ROLE_FLAGS,
  },
  service: ({ drainMs }) => ({ folders: [], fixed: {}, startsProcesses: false, drainMs }),
  async run(context, values): Promise<number> {
    const { startMonitor } = await import("../roles/cdn/monitor.ts");
    const packets = { host: values.host, port: values.udpPort };
    const control = { host: values.host, port: values.tcpPort };
    const options = {
      packets,
      control,
      index: indexesOf(values),
      timeoutMs: values.timeoutMs,
      checkMs: values.checkMs,
      advertise: values.advertise,
      ...roleOptions(values),
    };
    const listens = { "--udp-port": packets, "--tcp-port": control, "--admin": values.admin };
    return await runRole(context, { supervised: values.supervised, listens }, () => startMonitor(context.env, options));
  },
});

/** A content server. */
export const CONTENT_COMMAND: Command = defineCommand({
  name: "content",
  kind: "role",
  summary: "Serves the files of a folder, and says that it lives",
  flags: {
    serverId: text({
      name: "server-id",
      placeholder: "ID",
      initial: "CS1",
      form: /^[!-~]{1,128}$/,
      expected: "1 to 128 visible ASCII characters",
      help: "Its name among the content servers",
    }),
    files: optionalText({
      name: "files",
      placeholder: "DIR",
      isPath: true,
      shown: "content/ and its id in lower case",
      help: "The folder to serve",
    }),
    tcpPort: port({ name: "tcp-port", initial: 7001, mayBeAny: true, help: "Where to serve clients; 0 takes any" }),
    udpPort: port({ name: "udp-port", initial: 7002, mayBeAny: true, help: "Where heartbeats leave; 0 takes any" }),
    ...INDEX_FLAGS,
    monitorHost: host({ name: "monitor-host", initial: LOOPBACK, help: "The monitor's host" }),
    monitorUdpPort: port({ name: "monitor-udp-port", initial: 6000, help: "The monitor's port for heartbeats" }),
    heartbeatMs: seconds({ name: "heartbeat-interval", initialMs: 3_000, help: "How often to send one" }),
    registerMs: seconds({ name: "register-interval", initialMs: 15_000, help: "How often to renew the registration" }),
    advertise: optionalHost({ name: "advertise", help: "The host that clients are told" }),
    ...WORKER_FLAGS,
    cacheBytes: mebibytes({
      name: "cache-mb",
      initialMib: 256,
      maxMib: MAX_CACHE_MIB,
      help: "Memory for files in demand, a process; 0 keeps none",
    }),
    ...ROLE_FLAGS,
  },
  service({ serverId, files, workers, drainMs }, { fromUser, fromHere }): ServiceNeeds {
    const folder = files === undefined ? fromHere(ownFolder(serverId)) : fromUser(files);
    return { label: serverId, folders: [folder], fixed: { files: folder }, startsProcesses: workers > 1, drainMs };
  },
  async run(context, values): Promise<number> {
    const { files, serverId } = values;
    const folder = files === undefined ? ownFolder(serverId) : userPath(context.env.host, files);
    if (values.worker > 0) return await runWorkerCommand(context, { ...values, folder });
    const { startContent } = await import("../roles/cdn/content.ts");
    const listen = { host: values.host, port: values.tcpPort };
    const options = {
      serverId: values.serverId,
      folder,
      listen,
      udpPort: values.udpPort,
      advertise: values.advertise,
      index: indexesOf(values),
      monitor: { host: values.monitorHost, port: values.monitorUdpPort },
      heartbeatMs: values.heartbeatMs,
      registerMs: values.registerMs,
      cacheBytes: values.cacheBytes,
      workers: workersOf(context, { ...values, folder }),
      ...roleOptions(values),
    };
    const env = { ...context.env, log: context.env.log.from(`content ${values.serverId}`) };
    const udp = { host: values.host, port: values.udpPort };
    const listens = { "--tcp-port": listen, "--udp-port": udp, "--admin": values.admin };
    return await runRole(
      { ...context, env },
      { supervised: values.supervised, listens },
      () => startWithWorkers(context, () => startContent(env, options)),
    );
  },
});

/** The folder of an id: the project's own, wherever the user is. */
function ownFolder(serverId: string): string {
  if (/^[\w-]+$/.test(serverId)) return `content/${serverId.toLowerCase()}`;
  throw new UsageError(`--files is needed: no folder follows from the id ${serverId}`);
}
