/**
 * A worker of a content server: serves the same folder at the same port, and nothing else. It does not register, sends no
 * heartbeats, and has no port of its own: all that is the business of the server that started it.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import { slept } from "../../base/clock.ts";
import { type Settings, withDefaults } from "../../base/settings.ts";
import type { Env } from "../../env/env.ts";
import { FileError } from "../../env/files.ts";
import { createLog, type Log } from "../../env/log.ts";
import { Background } from "../../services/background.ts";
import { ROLE_DEFAULTS, type RoleOptions } from "../../services/role.ts";
import { StreamServer } from "../../services/stream_server.ts";
import { type WorkerChannel, WorkerDuty } from "../../services/worker_duty.ts";
import { DEFAULT_CACHE_BYTES } from "../../storage/hot_files.ts";
import { ContentService } from "./content_service.ts";
import { Offer } from "./offer.ts";

/** Options of {@link runContentWorker}. */
export interface ContentWorkerOptions extends Omit<RoleOptions, "admin"> {
  /** The folder to serve. */
  folder: string;
  /** How much of the files in demand to keep in memory, in bytes; 0 keeps nothing. Default: 256 MiB. */
  cacheBytes?: number;
  /** Where the server listens that started it. */
  listen: Address;
  /** The way to that server. */
  channel: WorkerChannel;
}

const DEFAULTS = { ...ROLE_DEFAULTS, cacheBytes: DEFAULT_CACHE_BYTES } as const;

/** How long to wait before a folder that cannot be looked at is looked at again. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Serves until the server says stop, or is gone. In the latter case nothing is left to finish for: it ends at once.
 *
 * @throws {NetError} if the port cannot be shared; {@link FileError} if the folder cannot be listed; {@link ProtocolError}
 * if an order cannot be understood.
 */
export async function runContentWorker(env: Env, options: ContentWorkerOptions): Promise<void> {
  const settings: Settings<ContentWorkerOptions, typeof DEFAULTS> = withDefaults(DEFAULTS, options);
  const { clock, metrics } = env;
  // What is wrong with the folder the server says itself.
  const offer = new Offer({ ...env, log: silentLog(env) }, settings.folder, settings.cacheBytes);
  await offer.rescan();
  const listener = await env.net.listen(settings.listen, { sharing: "join" });
  const service = new ContentService(env, offer, settings.idleMs);
  const server = new StreamServer(listener, {
    clock,
    log: env.log,
    maxConns: settings.maxConns,
    handle: (conn) => service.serve(conn),
  });
  metrics.gauge("microcdn_load", "Clients being served.", () => service.load);
  metrics.gauge("microcdn_connections", "Open connections.", () => server.active);
  const background = new Background(env.log);
  background.run("watch the folder", (signal) => offer.watch(signal));
  const look = (): Promise<void> => lookAgain(env, offer, background.signal);
  const duty = new WorkerDuty({ channel: settings.channel, clock, metrics, look });
  let drainMs = 0;
  try {
    if (await duty.run() === "stop") drainMs = settings.drainMs;
  } finally {
    await background.stop();
    const drained = server.stop(drainMs);
    offer.digests.close();
    await drained;
  }
  await duty.report();
}

/** Looks at the folder, again and again until it can be seen: what the server advertises must be served. */
async function lookAgain({ clock }: Env, offer: Offer, signal: AbortSignal): Promise<void> {
  do {
    try {
      return await offer.rescan();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof FileError)) throw error;
    }
  } while (await slept(clock, LOOK_AGAIN_MS, signal));
}

function silentLog({ clock }: Env): Log {
  return createLog({ clock, sink: () => {} });
}
