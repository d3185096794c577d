/**
 * The content server: advertises the files of a folder, serves them, and says that it lives.
 *
 * @module
 */

import { type Address, type Addresses, formatAddress, listAddresses } from "../../base/address.ts";
import { every } from "../../base/clock.ts";
import { type Settings, withDefaults } from "../../base/settings.ts";
import { CONTENT_LIFECYCLE, type ContentState } from "../../core/cdn_lifecycles.ts";
import { Lifecycle } from "../../core/lifecycle.ts";
import type { Env } from "../../env/env.ts";
import type { PacketSocket } from "../../net/net.ts";
import { encodeHeartbeat } from "../../protocol/cdn.ts";
import { Background } from "../../services/background.ts";
import { Crew, type CrewOptions } from "../../services/crew.ts";
import { Reachability } from "../../services/reachability.ts";
import {
  type ManagementPort,
  openManagement,
  openPackets,
  openStreams,
  type Role,
  ROLE_DEFAULTS,
  type RoleOptions,
} from "../../services/role.ts";
import { observeStates } from "../../services/state_log.ts";
import { StreamServer } from "../../services/stream_server.ts";
import type { WorkerStart } from "../../services/worker_process.ts";
import { DEFAULT_CACHE_BYTES } from "../../storage/hot_files.ts";
import { ContentService } from "./content_service.ts";
import { Offer } from "./offer.ts";
import { Registrars } from "./registrars.ts";

/** Options of {@link startContent}. */
export interface ContentOptions extends RoleOptions {
  /** Its id: 1 to 128 visible ASCII characters. */
  serverId: string;
  /** The folder to serve. */
  folder: string;
  /** Where to serve clients. Default: 127.0.0.1:7001. */
  listen?: Address;
  /** The port that heartbeats leave from, on the same host. Default: 7002. */
  udpPort?: number | undefined;
  /** The host that others are told. Default: that of `listen`; for a wildcard, the one that the index is dialled from. */
  advertise?: string | undefined;
  /** Where to register: at each of them, if it is several. Default: 127.0.0.1:5050. */
  index?: Addresses;
  /** Where to send heartbeats. Default: 127.0.0.1:6000. */
  monitor?: Address;
  /** How often to send one, in milliseconds. Default: 3,000. */
  heartbeatMs?: number | undefined;
  /** How often the registration is renewed, in milliseconds. Default: 15,000. */
  registerMs?: number | undefined;
  /** How much of the files in demand each process keeps in memory, in bytes; 0 keeps nothing. Default: 256 MiB. */
  cacheBytes?: number | undefined;
  /** More processes that serve the folder, at the same port. Default: none. */
  workers?: ContentWorkers | undefined;
}

/** The workers of a content server. */
export interface ContentWorkers extends Pick<CrewOptions, "count"> {
  /** How to start a worker that serves the same folder there, by its number, from 2 on. */
  start: (number: number, at: Address) => WorkerStart;
}

/** A running content server. */
export interface ContentRole extends Role {
  /** INIT, REGISTERING, ACTIVE or DEAD. */
  readonly state: ContentState;
  /** Clients being served, by all processes. */
  readonly load: number;
  /** The canonical names that it serves. */
  names(): readonly string[];
}

const DEFAULTS = {
  ...ROLE_DEFAULTS,
  listen: { host: "127.0.0.1", port: 7001 },
  udpPort: 7002,
  index: { host: "127.0.0.1", port: 5050 },
  monitor: { host: "127.0.0.1", port: 6000 },
  heartbeatMs: 3_000,
  registerMs: 15_000,
  cacheBytes: DEFAULT_CACHE_BYTES,
} as const;

type ContentSettings = Settings<ContentOptions, typeof DEFAULTS>;

/**
 * Starts a content server, and its workers if it is to have some. It serves at once; registration and heartbeats go on in
 * the background, however long the index is away.
 *
 * @throws {NetError} if an address cannot be had; {@link FileError} if the folder cannot be listed, or a worker cannot be
 * started; {@link DeadlineError} if a worker takes too long.
 */
export async function startContent(env: Env, options: ContentOptions): Promise<ContentRole> {
  const settings: ContentSettings = withDefaults(DEFAULTS, options);
  const { listen, folder, udpPort, workers, cacheBytes } = settings;
  const offer = new Offer(env, folder, cacheBytes);
  await offer.rescan();
  const listener = await openStreams(env, listen, "downloads", workers && { sharing: "found" });
  const service = new ContentService(env, offer, settings.idleMs);
  const server = new StreamServer(listener, {
    clock: env.clock,
    log: env.log,
    maxConns: settings.maxConns,
    handle: (conn) => service.serve(conn),
  });
  let socket: PacketSocket | undefined;
  let crew: Crew | undefined;
  try {
    socket = await openPackets(env, { host: listen.host, port: udpPort }, "heartbeats");
    crew = workers && await startCrew(env, workers, listener.address);
    const background = new Background(env.log);
    const content = new Content(env, settings, { offer, service, crew, tcp: listener.address, udp: socket.address });
    const management = await openManagement(env, {
      role: "content",
      admin: settings.admin,
      background,
      describe: () => content.describe(),
    });
    return content.run({ background, server, socket, management });
  } catch (error) {
    socket?.close();
    await Promise.all([server.stop(0), crew?.stop(0)]);
    throw error;
  }
}

function startCrew(env: Env, { count, start }: ContentWorkers, at: Address): Promise<Crew> {
  return Crew.start(env, { count, start: (number) => start(number, at) });
}

interface Parts {
  readonly background: Background;
  readonly server: StreamServer;
  readonly socket: PacketSocket;
  readonly management: ManagementPort;
}

/** What a content server has from its first moment on. */
interface Belongings {
  readonly offer: Offer;
  readonly service: ContentService;
  readonly crew: Crew | undefined;
  readonly tcp: Address;
  readonly udp: Address;
}

class Content {
  readonly #env: Env;
  readonly #settings: ContentSettings;
  readonly #offer: Offer;
  readonly #service: ContentService;
  readonly #crew: Crew | undefined;
  readonly #addresses: { readonly tcp: Address; readonly udp: Address };
  readonly #lifecycle: Lifecycle<ContentState>;
  readonly #registrars: Registrars;

  constructor(env: Env, settings: ContentSettings, { offer, service, crew, tcp, udp }: Belongings) {
    this.#env = env;
    this.#settings = settings;
    this.#offer = offer;
    this.#service = service;
    this.#crew = crew;
    this.#addresses = { tcp, udp };
    // What is registered is what every process serves.
    const agree = crew === undefined ? undefined : crew.see.bind(crew);
    const indexes = listAddresses(settings.index);
    this.#registrars = new Registrars(env, offer, { ...settings, indexes, tcp, udp, agree });
    this.#lifecycle = new Lifecycle(CONTENT_LIFECYCLE, observeStates(env));
  }

  /** Clients being served, by all processes. */
  get load(): number {
    return this.#service.load + (this.#crew?.sum("microcdn_load") ?? 0);
  }

  describe(): Record<string, unknown> {
    const { serverId, folder } = this.#settings;
    const { state } = this.#lifecycle;
    const own = { state, serverId, folder, files: this.#offer.size, load: this.load, cache: this.#describeCache() };
    return this.#crew === undefined ? own : { ...own, workers: this.#crew.describe() };
  }

  /** Files in memory, by all processes. */
  #describeCache(): Record<string, number> {
    const { count, sizeBytes, maxBytes } = this.#offer.hot;
    return {
      pieces: count + (this.#crew?.sum("microcdn_cache_pieces") ?? 0),
      sizeBytes: sizeBytes + (this.#crew?.sum("microcdn_cache_bytes") ?? 0),
      maxBytes: maxBytes * (1 + (this.#crew?.size ?? 0)),
    };
  }

  run({ background, server, socket, management }: Parts): ContentRole {
    const { log, metrics } = this.#env;
    metrics.gauge("microcdn_load", "Clients being served.", () => this.#service.load);
    metrics.gauge("microcdn_connections", "Open connections.", () => server.active);
    metrics.gauge("microcdn_files", "Files advertised.", () => this.#offer.size);
    log.info("ready", {
      id: this.#settings.serverId,
      tcp: formatAddress(this.#addresses.tcp),
      udp: formatAddress(this.#addresses.udp),
      files: this.#offer.size,
      ...(this.#crew === undefined ? {} : { processes: 1 + this.#crew.size }),
    });
    this.#crew?.run(background);
    background.run("watch the folder", (signal) => this.#offer.watch(signal));
    background.run("register", (signal) => this.#keepRegistered(background, socket, signal));
    background.run("drop datagrams", () => dropAll(socket));
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => stopping ??= this.#stop({ background, server, socket, management });
    const lifecycle = this.#lifecycle;
    const load = (): number => this.load;
    return {
      addresses: { ...this.#addresses, ...management.addresses },
      get state() {
        return lifecycle.state;
      },
      get load() {
        return load();
      },
      names: () => [...this.#offer.names()],
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }

  async #stop({ background, server, socket, management }: Parts): Promise<void> {
    this.#lifecycle.become("DEAD");
    const loops = background.stop();
    socket.close();
    // Withdrawn before the port closes: nobody is sent here while the monitor still waits for the next heartbeat.
    await loops;
    await this.#registrars.withdraw();
    const { drainMs } = this.#settings;
    const drained = Promise.all([server.stop(drainMs), this.#crew?.stop(drainMs)]);
    // A client that waits for a digest gets no bytes to finish with: nothing is lost by giving up on it.
    this.#offer.digests.close();
    await Promise.all([drained, management.close()]);
  }

  /** Registers, again and again; with the first success heartbeats begin. */
  async #keepRegistered(background: Background, socket: PacketSocket, signal: AbortSignal): Promise<void> {
    const reached = new Set<string>();
    await this.#registrars.run(signal, {
      onBegin: () => {
        if (this.#lifecycle.state !== "REGISTERING") this.#lifecycle.become("REGISTERING");
      },
      onDone: (index) => {
        if (this.#lifecycle.state !== "ACTIVE") this.#lifecycle.become("ACTIVE");
        const address = formatAddress(index);
        if (reached.has(address)) return;
        reached.add(address);
        this.#env.log.info("registered", { index: address, files: this.#offer.size });
        if (reached.size > 1) return;
        background.run("send heartbeats", (until) => this.#sendHeartbeats(socket, until));
      },
    });
  }

  async #sendHeartbeats(socket: PacketSocket, signal: AbortSignal): Promise<void> {
    const { clock, log, metrics } = this.#env;
    const { serverId, monitor, heartbeatMs } = this.#settings;
    const sent = metrics.counter("microcdn_heartbeats_sent_total", "Heartbeats sent.");
    const reach = new Reachability(log, "monitor", monitor);
    await every(clock, heartbeatMs, async () => {
      const heartbeat = encodeHeartbeat({
        id: serverId,
        host: this.#registrars.host,
        tcpPort: this.#addresses.tcp.port,
        load: this.load,
        files: this.#offer.size,
      });
      if (await reach.attempt(signal, () => socket.send(heartbeat, monitor))) sent.add();
    }, { signal, immediately: true });
  }
}

/** Nobody sends anything here by the protocol; what comes all the same must not fill a queue. */
async function dropAll(socket: PacketSocket): Promise<void> {
  for await (const _ of socket);
}
