/**
 * The content server: advertises the files of a folder, serves them, and says that it lives.
 *
 * @module
 */

import { type Address, formatAddress, isLoopback, isWildcard } from "../../base/address.ts";
import { every } from "../../base/clock.ts";
import { type Settings, withDefaults } from "../../base/settings.ts";
import { Backoff } from "../../core/backoff.ts";
import { CONTENT_LIFECYCLE, type ContentState } from "../../core/cdn_lifecycles.ts";
import { Lifecycle } from "../../core/lifecycle.ts";
import type { Env } from "../../env/env.ts";
import type { PacketSocket } from "../../net/net.ts";
import { encodeHeartbeat, type FileEntry } from "../../protocol/cdn.ts";
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
import { ContentService } from "./content_service.ts";
import { Offer } from "./offer.ts";
import { registerAtIndex } from "./registration.ts";

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
  /** Where to register. Default: 127.0.0.1:5050. */
  index?: Address;
  /** Where to send heartbeats. Default: 127.0.0.1:6000. */
  monitor?: Address;
  /** How often to send one, in milliseconds. Default: 3,000. */
  heartbeatMs?: number | undefined;
  /** How often to register again, in milliseconds. Default: 15,000. */
  registerMs?: number | undefined;
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
} as const;

type ContentSettings = Settings<ContentOptions, typeof DEFAULTS>;

/** The wait before the first retry of a registration, and the longest one: a restarted index is whole within 5 s. */
const REGISTER_BACKOFF = { firstMs: 250, maxMs: 5_000 } as const;

/**
 * How long the index may make no progress with a registration at first. One that took it in and then made none may be
 * dead, or at the end of a slow line: each time twice as long is tried, up to a limit.
 */
const PATIENCE_MS = 5_000;
const MAX_PATIENCE_MS = 640_000;
/** What to do when the index refuses, by its code. */
const REFUSAL_HINTS = new Map([["SERVER_ID_IN_USE", "another server has this id; choose another --server-id"]]);
/** How long a stop waits for the index to take notice. */
const WITHDRAW_MS = 1_000;

/**
 * Starts a content server, and its workers if it is to have some. It serves at once; registration and heartbeats go on in
 * the background, however long the index is away.
 *
 * @throws {NetError} if an address cannot be had; {@link FileError} if the folder cannot be listed, or a worker cannot be
 * started; {@link DeadlineError} if a worker takes too long.
 */
export async function startContent(env: Env, options: ContentOptions): Promise<ContentRole> {
  const settings: ContentSettings = withDefaults(DEFAULTS, options);
  const { listen, folder, udpPort, workers } = settings;
  const offer = new Offer(env, folder);
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
  #patienceMs = PATIENCE_MS;
  #isWarned = false;
  /** Whether the index has ever taken us in. */
  #isRegistered = false;
  /** The host that heartbeats name. */
  #host: string;

  constructor(env: Env, settings: ContentSettings, { offer, service, crew, tcp, udp }: Belongings) {
    this.#env = env;
    this.#settings = settings;
    this.#offer = offer;
    this.#service = service;
    this.#crew = crew;
    this.#addresses = { tcp, udp };
    this.#host = settings.advertise ?? tcp.host;
    this.#lifecycle = new Lifecycle(CONTENT_LIFECYCLE, observeStates(env));
  }

  /** Clients being served, by all processes. */
  get load(): number {
    return this.#service.load + (this.#crew?.sum("microcdn_load") ?? 0);
  }

  describe(): Record<string, unknown> {
    const { serverId, folder } = this.#settings;
    const own = { state: this.#lifecycle.state, serverId, folder, files: this.#offer.size, load: this.load };
    return this.#crew === undefined ? own : { ...own, workers: this.#crew.describe() };
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
    if (this.#isRegistered) await this.#withdraw();
    const { drainMs } = this.#settings;
    const drained = Promise.all([server.stop(drainMs), this.#crew?.stop(drainMs)]);
    // A client that waits for a digest gets no bytes to finish with: nothing is lost by giving up on it.
    this.#offer.digests.close();
    await Promise.all([drained, management.close()]);
  }

  /** Registers without files. The monitor learns of the end by silence, as of any other. */
  async #withdraw(): Promise<void> {
    const signal = new AbortController().signal;
    try {
      await this.#register(signal, { files: [], patienceMs: WITHDRAW_MS });
    } catch (error) {
      this.#env.log.debug("not withdrawn", { reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Registers, and again every so often, when the folder changes, and after a failure. */
  async #keepRegistered(background: Background, socket: PacketSocket, signal: AbortSignal): Promise<void> {
    const { clock, log, random } = this.#env;
    const { index, registerMs } = this.#settings;
    const reach = new Reachability(log, "index", index);
    const backoff = new Backoff(random, REGISTER_BACKOFF);
    while (!signal.aborted) {
      if (this.#lifecycle.state !== "REGISTERING") this.#lifecycle.become("REGISTERING");
      this.#offer.changed.clear();
      const succeeded = await reach.attempt(signal, () => this.#registerPatiently(signal), REFUSAL_HINTS);
      if (signal.aborted) return;
      if (!succeeded) {
        await this.#offer.changed.wait(clock, { signal, limitMs: backoff.next() });
        continue;
      }
      backoff.reset();
      this.#lifecycle.become("ACTIVE");
      if (!this.#isRegistered) {
        log.info("registered", { index: formatAddress(index), files: this.#offer.size });
        background.run("send heartbeats", (until) => this.#sendHeartbeats(socket, until));
      }
      this.#isRegistered = true;
      // Many servers that found the index back together must not all come again together.
      const limitMs = registerMs * (0.8 + 0.2 * random.next());
      await this.#offer.changed.wait(clock, { signal, limitMs });
    }
  }

  async #registerPatiently(signal: AbortSignal): Promise<void> {
    const { clock } = this.#env;
    const beganMs = clock.now();
    let isTaken = false;
    try {
      const files = await this.#agreedFiles(signal);
      await this.#register(signal, { files, patienceMs: this.#patienceMs, onTaken: () => void (isTaken = true) });
      // The next time will take about as long: no reason to find that out by failing again, nor to wait much longer.
      this.#patienceMs = Math.min(Math.max(PATIENCE_MS, 2 * (clock.now() - beganMs)), MAX_PATIENCE_MS);
    } catch (error) {
      if (isTaken) this.#patienceMs = Math.min(2 * this.#patienceMs, MAX_PATIENCE_MS);
      throw error;
    }
  }

  /** What every process serves: what was here before the workers looked. */
  async #agreedFiles(signal: AbortSignal): Promise<readonly FileEntry[]> {
    const files = [...this.#offer.entries()];
    await this.#crew?.see(this.#offer.generation, signal);
    return files;
  }

  async #register(
    signal: AbortSignal,
    { files, patienceMs, onTaken }: {
      files: Iterable<FileEntry>;
      patienceMs: number;
      onTaken?: () => void;
    },
  ): Promise<void> {
    const { serverId, index, advertise } = this.#settings;
    const dialledFrom = await registerAtIndex(this.#env, {
      index,
      registration: {
        id: serverId,
        tcpPort: this.#addresses.tcp.port,
        udpPort: this.#addresses.udp.port,
        ...(advertise === undefined ? {} : { host: advertise }),
      },
      boundHost: this.#addresses.tcp.host,
      files,
      patienceMs,
      ...(onTaken === undefined ? {} : { onTaken }),
      signal,
    });
    this.#warnIfUnreachable(dialledFrom);
    if (advertise === undefined && isWildcard(this.#addresses.tcp.host)) this.#host = dialledFrom.host;
  }

  /** Clients elsewhere are sent here, too, and would knock in vain. */
  #warnIfUnreachable(dialledFrom: Address): void {
    const { host } = this.#addresses.tcp;
    if (this.#isWarned || !isLoopback(host) || isLoopback(dialledFrom.host)) return;
    this.#isWarned = true;
    this.#env.log.warn("only this machine can reach it", { host, hint: "open it to others with --host" });
  }

  async #sendHeartbeats(socket: PacketSocket, signal: AbortSignal): Promise<void> {
    const { clock, log, metrics } = this.#env;
    const { serverId, monitor, heartbeatMs } = this.#settings;
    const sent = metrics.counter("microcdn_heartbeats_sent_total", "Heartbeats sent.");
    const reach = new Reachability(log, "monitor", monitor);
    await every(clock, heartbeatMs, async () => {
      const heartbeat = encodeHeartbeat({
        id: serverId,
        host: this.#host,
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
