/**
 * The monitor: hears heartbeats, notices silence, and tells the index.
 *
 * @module
 */

import { type Address, type Addresses, formatAddress, listAddresses } from "../../base/address.ts";
import { every, slept } from "../../base/clock.ts";
import { unreachable } from "../../base/invariant.ts";
import { type Settings, withDefaults } from "../../base/settings.ts";
import type { MonitorState } from "../../core/cdn_lifecycles.ts";
import { Census, type Suspect } from "../../core/census.ts";
import type { Env } from "../../env/env.ts";
import type { Counter } from "../../env/metrics.ts";
import type { Conn, Packet, PacketSocket } from "../../net/net.ts";
import { NetError } from "../../net/net_error.ts";
import {
  encodeServerStatus,
  type Heartbeat,
  INDEX_REGISTERED,
  type MonitorRequest,
  parseHeartbeat,
  parseMonitorRequest,
  parseServerStatus,
  PONG,
  type ServerStatus,
} from "../../protocol/cdn.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { encodeError } from "../../protocol/replies.ts";
import { askList } from "../../services/ask.ts";
import { Background } from "../../services/background.ts";
import type { LineConn } from "../../services/line_conn.ts";
import { serveLines } from "../../services/line_server.ts";
import {
  type ManagementPort,
  MAX_SHOWN,
  openManagement,
  openPackets,
  openStreams,
  type Role,
  ROLE_DEFAULTS,
  type RoleOptions,
} from "../../services/role.ts";
import { SharedList } from "../../services/shared_list.ts";
import { observeStates } from "../../services/state_log.ts";
import { StreamServer } from "../../services/stream_server.ts";
import { LifeSigns } from "./life_signs.ts";
import { Reporters } from "./reporters.ts";

/** Options of {@link startMonitor}. */
export interface MonitorOptions extends RoleOptions {
  /** Where heartbeats come in. Default: 127.0.0.1:6000. */
  packets?: Address;
  /** Where questions come in. Default: 127.0.0.1:6001. */
  control?: Address;
  /** The host at which others reach it, shown in the log and in `/state`: the protocol has nobody to tell it to. */
  advertise?: string | undefined;
  /** The index that is told of deaths, or several of them. Default: 127.0.0.1:5050. */
  index?: Addresses;
  /** A server silent for longer is dead, in milliseconds. Default: 8,000. */
  timeoutMs?: number | undefined;
  /** How often everyone is checked, in milliseconds. Default: 1,000. */
  checkMs?: number | undefined;
  /** How often each index is asked whom it knows, in milliseconds. Default: 5,000. */
  seedMs?: number | undefined;
}

/** A running monitor. */
export interface MonitorRole extends Role {
  /** REPORTING while any death is being told, else LISTENING: CHECKING lasts no longer than a check. */
  readonly state: MonitorState;
  /** Everyone it knows, by id. */
  servers(): readonly ServerStatus[];
}

const DEFAULTS = {
  ...ROLE_DEFAULTS,
  packets: { host: "127.0.0.1", port: 6000 },
  control: { host: "127.0.0.1", port: 6001 },
  index: { host: "127.0.0.1", port: 5050 },
  timeoutMs: 8_000,
  checkMs: 1_000,
  seedMs: 5_000,
} as const;

type MonitorSettings = Settings<MonitorOptions, typeof DEFAULTS>;

/** The most silent servers that are asked at once: heartbeats can be forged, and each names whom to dial. */
const MAX_QUESTIONS = 256;
/** How long to wait before listening again after an error of the socket. */
const DEAF_PAUSE_MS = 1_000;
/** How many ids a summary names. */
const NAMED = 8;

/**
 * Starts a monitor.
 *
 * @throws {NetError} if an address cannot be had.
 */
export async function startMonitor(env: Env, options: MonitorOptions = {}): Promise<MonitorRole> {
  const settings: MonitorSettings = withDefaults(DEFAULTS, options);
  const socket = await openPackets(env, settings.packets, "heartbeats");
  const background = new Background(env.log);
  const monitor = new Monitor(env, settings, background);
  try {
    const listener = await openStreams(env, settings.control, "questions about servers");
    const server = new StreamServer(listener, {
      clock: env.clock,
      log: env.log,
      maxConns: settings.maxConns,
      handle: (conn) => monitor.serve(conn),
    });
    const management = await openManagement(env, {
      role: "monitor",
      admin: settings.admin,
      background,
      describe: () => monitor.describe(),
    }).catch(async (error) => {
      await server.stop(0);
      throw error;
    });
    return monitor.run({ socket, control: listener.address, server, management });
  } catch (error) {
    socket.close();
    throw error;
  }
}

interface Parts {
  readonly socket: PacketSocket;
  readonly control: Address;
  readonly server: StreamServer;
  readonly management: ManagementPort;
}

class Monitor {
  readonly #env: Env;
  readonly #settings: MonitorSettings;
  readonly #background: Background;
  readonly #census: Census;
  readonly #questions: LifeSigns;
  /** The answer to LIST_SERVERS. Loads may be a moment old, who lives may not. */
  readonly #list: SharedList;
  readonly #reporters: Reporters;
  readonly #heartbeats: Counter;
  readonly #malformed: Counter;
  readonly #ignored: Counter;
  readonly #deaths: Counter;
  readonly #vouched: Counter;
  readonly #refusals: Counter;
  /** Who was heard since the last check. */
  readonly #heard = new Set<string>();
  #malformedSeen = 0;
  #lastMalformed: { from: string; reason: string } | undefined;

  constructor(env: Env, settings: MonitorSettings, background: Background) {
    this.#env = env;
    this.#settings = settings;
    this.#background = background;
    const onState = observeStates({ metrics: env.metrics });
    this.#census = new Census({ timeoutMs: settings.timeoutMs, sweepIntervalMs: settings.checkMs }, onState);
    this.#reporters = new Reporters(env, background, (id) => this.#census.settle(id));
    this.#questions = new LifeSigns(env, settings.timeoutMs / 2);
    this.#list = new SharedList(env.clock, () => this.#census.list().map(encodeServerStatus));
    const { metrics } = env;
    this.#heartbeats = metrics.counter("microcdn_heartbeats_total", "Heartbeats received.");
    this.#malformed = metrics.counter("microcdn_malformed_datagrams_total", "Datagrams that are no heartbeats.");
    this.#ignored = metrics.counter(
      "microcdn_ignored_heartbeats_total",
      "Heartbeats under the id of a live server elsewhere.",
    );
    this.#vouched = metrics.counter("microcdn_signs_of_life_total", "Silent servers that answered when asked.");
    this.#deaths = metrics.counter("microcdn_deaths_total", "Servers found dead.");
    this.#refusals = metrics.counter("microcdn_refusals_total", "Connections ended for breaking the protocol.");
    metrics.gauge("microcdn_servers_known", "Content servers known.", () => this.#census.count().known);
    metrics.gauge("microcdn_servers_alive", "Content servers alive.", () => this.#census.count().alive);
    metrics.gauge("microcdn_reports_waiting", "Deaths not yet told.", () => this.#reporters.waiting);
  }

  describe(): Record<string, unknown> {
    const indexes = this.#reporters.list();
    const { advertise } = this.#settings;
    const list = this.#census.list().slice(0, MAX_SHOWN);
    return { advertise, state: this.#census.state, ...this.#census.count(), list, indexes };
  }

  run({ socket, control, server, management }: Parts): MonitorRole {
    const { clock, log, metrics } = this.#env;
    const { checkMs, seedMs, drainMs, index, advertise } = this.#settings;
    const background = this.#background;
    metrics.gauge("microcdn_connections", "Open connections.", () => server.active);
    log.info("ready", { udp: formatAddress(socket.address), tcp: formatAddress(control), advertise });
    for (const one of listAddresses(index)) this.#reporters.addNamed(one);
    background.run("hear heartbeats", (signal) => this.#hear(socket, signal));
    background.run("check", (signal) => every(clock, checkMs, () => this.#check(), { signal }));
    for (const one of listAddresses(index)) {
      background.run("ask the index", (signal) => (
        every(clock, seedMs, () => this.#seed(one, signal), { signal, immediately: true })
      ));
    }
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      socket.close();
      return stopping ??= Promise.all([background.stop(), server.stop(drainMs), management.close()]).then(() => {});
    };
    const census = this.#census;
    return {
      addresses: { udp: socket.address, tcp: control, ...management.addresses },
      get state() {
        return census.state;
      },
      servers: () => census.list(),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }

  serve(conn: Conn): Promise<void> {
    const { clock, log } = this.#env;
    return serveLines(conn, {
      clock,
      idleMs: this.#settings.idleMs,
      talk: async (lines) => {
        const line = await lines.readLine();
        if (line !== undefined) await this.#answer(lines, parseMonitorRequest(line));
      },
      refuse: ({ code, message }, peer) => {
        this.#refusals.add();
        log.warn("refused", { peer, code, reason: message });
        // The monitor has one word for all that it does not understand.
        return "UNKNOWN_COMMAND";
      },
    });
  }

  async #answer(lines: LineConn, request: MonitorRequest): Promise<void> {
    switch (request.kind) {
      case "list-servers":
        return await this.#list.writeTo(lines);
      case "ping":
        return await lines.writeLines(PONG);
      case "register-index":
        return await lines.writeLines(
          this.#reporters.add(request.index) ? INDEX_REGISTERED : encodeError("TOO_MANY_INDEXES"),
        );
      default:
        return unreachable(request);
    }
  }

  /** Hears until the socket is closed. An error of the socket is no reason to turn deaf for ever. */
  async #hear(socket: PacketSocket, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const packet of socket) {
          const heartbeat = this.#parse(packet);
          if (heartbeat !== undefined) this.#beat(heartbeat, packet);
        }
        return;
      } catch (error) {
        if (!(error instanceof NetError)) throw error;
        this.#env.log.error("cannot hear heartbeats", { reason: error.message });
        await slept(this.#env.clock, DEAF_PAUSE_MS, signal);
      }
    }
  }

  /** One bad datagram never ends the loop: it is counted, and the check says how many there were. */
  #parse({ bytes, from }: Packet): Heartbeat | undefined {
    try {
      return parseHeartbeat(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#malformed.add();
      this.#lastMalformed = { from: formatAddress(from), reason: error.message };
      return undefined;
    }
  }

  #beat(heartbeat: Heartbeat, { from }: Packet): void {
    const { log, clock } = this.#env;
    const { id, host, tcpPort, load, files } = heartbeat;
    this.#heartbeats.add();
    const silentMs = this.#census.silenceMs(id, clock.now());
    const effect = this.#census.beat(heartbeat, clock.now());
    if (effect === "new" || effect === "up") this.#list.outdate();
    const fields = { id, at: formatAddress({ host, port: tcpPort }), load, files };
    switch (effect) {
      case "new":
        log.info("server alive", fields);
        break;
      case "up":
        this.#reporters.withdraw(id);
        log.info("server alive again", { ...fields, silent: seconds(silentMs ?? 0) });
        break;
      case "same":
        break;
      case "foreign":
      case "full":
        this.#ignored.add();
        log.debug("heartbeat ignored", { ...fields, from: formatAddress(from), reason: effect });
        return;
      default:
        unreachable(effect);
    }
    this.#heard.add(id);
    log.debug("heartbeat", fields);
  }

  #check(): void {
    const { clock, log } = this.#env;
    this.#summarize();
    const nowMs = clock.now();
    for (const id of this.#census.sweep(nowMs)) {
      this.#list.outdate();
      this.#deaths.add();
      log.warn("server dead", { id, silent: seconds(this.#census.silenceMs(id, nowMs) ?? 0) });
      const report = { id, unixSeconds: Math.floor(clock.unixMs() / 1000) };
      this.#reporters.report(report);
    }
    for (const suspect of this.#census.suspects(nowMs)) {
      if (this.#questions.active >= MAX_QUESTIONS) break;
      this.#background.run(`ask ${suspect.id}`, (until) => this.#question(suspect, until));
    }
  }

  /**
   * Asks a silent server itself, before it is declared dead. Its datagrams may get lost where a stream gets through; one
   * question after another is under way until the time-out, so that one that is lost does not decide.
   */
  async #question({ id, host, tcpPort }: Suspect, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#env;
    const askedMs = clock.now();
    const answers = await this.#questions.ask({ host, port: tcpPort }, signal);
    log.debug("silent server asked", { id, answers });
    if (!answers) return;
    this.#vouched.add();
    // From the question on, not from the answer: it may have died right after it gave it.
    this.#census.vouch(id, askedMs);
  }

  /** What happened since the last check, in a line each. */
  #summarize(): void {
    const { log } = this.#env;
    if (this.#heard.size > 0) {
      const { known, alive } = this.#census.count();
      const ids = [...this.#heard].sort();
      const from = ids.slice(0, NAMED).join(",") + (ids.length > NAMED ? ",..." : "");
      log.info("heartbeats", { from, alive, dead: known - alive });
      this.#heard.clear();
    }
    const malformed = this.#malformed.value - this.#malformedSeen;
    if (malformed > 0) log.warn("malformed datagrams", { count: malformed, ...this.#lastMalformed });
    this.#malformedSeen = this.#malformed.value;
  }

  /**
   * Begins to wait for servers that the index holds to be alive. Else a server that died while no monitor ran, or whose
   * death an earlier monitor took to its grave, would stay alive at the index for ever.
   */
  async #seed(index: Address, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#env;
    const listed: ServerStatus[] = [];
    try {
      await askList(this.#env, index, "LIST_SERVERS", {
        deadlineMs: 2_000,
        signal,
        take: (line) => void listed.push(parseServerStatus(line)),
      });
    } catch (error) {
      // An index that is away or too old to know the verb: there is nothing to learn from it.
      log.debug("index tells nothing", { reason: error instanceof Error ? error.message : String(error) });
      return;
    }
    for (const status of listed) {
      if (!status.alive || !this.#census.expect(status, clock.now())) continue;
      this.#list.outdate();
      log.info("server expected", { id: status.id });
    }
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}
