/**
 * The index: knows which content server holds which file, and sends clients to the least loaded live one.
 *
 * @module
 */

import { type Address, formatAddress } from "../../base/address.ts";
import { every } from "../../base/clock.ts";
import { DeadlineError } from "../../base/deadline.ts";
import { unreachable } from "../../base/invariant.ts";
import { type Settings, withDefaults } from "../../base/settings.ts";
import type { CatalogServer } from "../../core/catalog.ts";
import { INDEX_LIFECYCLE, type IndexState } from "../../core/cdn_lifecycles.ts";
import { type IndexAction, IndexDialogue } from "../../core/index_dialogue.ts";
import { Lifecycle } from "../../core/lifecycle.ts";
import { type Draft, idInUse, RoutingTable } from "../../core/routing_table.ts";
import type { Env } from "../../env/env.ts";
import type { Counter } from "../../env/metrics.ts";
import type { Conn } from "../../net/net.ts";
import { NetError } from "../../net/net_error.ts";
import {
  encodeFileEntry,
  encodeLocation,
  encodeServerStatus,
  FILES_ADDED,
  GREETING,
  MARKED_DEAD,
  parseServerStatus,
  REGISTERED,
  type Registration,
  RENEWED,
  type ServerStatus,
} from "../../protocol/cdn.ts";
import { encodeError, END } from "../../protocol/replies.ts";
import { ask, askList, converse } from "../../services/ask.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { Background } from "../../services/background.ts";
import type { LineConn } from "../../services/line_conn.ts";
import { serveLines } from "../../services/line_server.ts";
import { Reachability } from "../../services/reachability.ts";
import {
  MAX_SHOWN,
  openManagement,
  openStreams,
  type Role,
  ROLE_DEFAULTS,
  type RoleOptions,
} from "../../services/role.ts";
import { SharedList } from "../../services/shared_list.ts";
import { observeStates } from "../../services/state_log.ts";
import { StreamServer } from "../../services/stream_server.ts";
import type { RegistrationBook, StoredRegistration } from "../../storage/registrations.ts";

/** Options of {@link startIndex}. */
export interface IndexOptions extends RoleOptions {
  /** Where to listen. Default: 127.0.0.1:5050. */
  listen?: Address;
  /** The monitor's control port, asked for loads and lives. Default: 127.0.0.1:6001. */
  monitor?: Address;
  /** The host at which the monitor is to report deaths, told to it. Default: nothing is told. */
  advertise?: string | undefined;
  /** How often the monitor is asked, in milliseconds. Default: 1,000. */
  pollMs?: number | undefined;
  /** How long a server may be silent at the monitor after it registered, in milliseconds. Default: 8,000. */
  graceMs?: number | undefined;
  /** The most file entries, those of registrations under way included. Default: 10,000,000. */
  maxFiles?: number | undefined;
  /** How long all file names together may be, in bytes, counted as entries are. Default: 1 GiB. */
  maxNameBytes?: number | undefined;
  /** The most content servers. Default: 10,000. */
  maxServers?: number | undefined;
  /** Where registrations are kept beside its memory, for other indexes and for later; closed with it. Default: nowhere. */
  book?: RegistrationBook | undefined;
}

/** A running index. */
export interface IndexRole extends Role {
  /** INIT, RUNNING or UPDATING. */
  readonly state: IndexState;
  /** Every server it knows, by id. */
  servers(): readonly ServerStatus[];
}

const DEFAULTS = {
  ...ROLE_DEFAULTS,
  listen: { host: "127.0.0.1", port: 5050 },
  monitor: { host: "127.0.0.1", port: 6001 },
  pollMs: 1_000,
  graceMs: 8_000,
  maxFiles: 10_000_000,
  maxServers: 10_000,
} as const;

type IndexSettings = Settings<IndexOptions, typeof DEFAULTS>;

/** How many characters of a list go out in one write, and wait with each who is slow to read it. */
const LIST_BATCH_CHARS = 32_768;
/** The most holders that LOCATE names: with more, the least loaded among them are all that anybody needs. */
const MAX_LOCATED = 1_000;
/** How long a server that holds an id has to answer before its id is given to another. */
const PROBE_MS = 1_000;

/**
 * Starts an index.
 *
 * @example
 * ```ts
 * import { startIndex } from "./index.ts";
 * import { systemEnv } from "../../env/runtime.ts";
 * const index = await startIndex(systemEnv(), { listen: { host: "127.0.0.1", port: 0 } });
 * await index.stop();
 * ```
 *
 * @throws {NetError} if an address cannot be had.
 */
export async function startIndex(env: Env, options: IndexOptions = {}): Promise<IndexRole> {
  const settings: IndexSettings = withDefaults(DEFAULTS, options);
  const listener = await openStreams(env, settings.listen, "registrations and lookups");
  const index = new Index(env, settings);
  const background = new Background(env.log);
  const management = await openManagement(env, {
    role: "index",
    admin: settings.admin,
    background,
    describe: () => index.describe(),
  }).catch((error) => {
    listener.close();
    throw error;
  });
  const server = new StreamServer(listener, {
    clock: env.clock,
    log: env.log,
    maxConns: settings.maxConns,
    handle: (conn) => index.serve(conn),
  });
  env.metrics.gauge("microcdn_connections", "Open connections.", () => server.active);
  index.begin(background, listener.address);
  async function stop(): Promise<void> {
    await Promise.all([server.stop(settings.drainMs), background.stop(), management.close()]);
    index.end();
    await settings.book?.close();
  }
  return {
    addresses: { tcp: listener.address, ...management.addresses },
    get state() {
      return index.state;
    },
    servers: () => index.table.listServers(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

class Index {
  readonly table: RoutingTable;
  /** The answer to LIST_SERVERS. Loads may be a moment old, who lives may not. */
  readonly #servers: SharedList;
  readonly #env: Env;
  readonly #settings: IndexSettings;
  readonly #lifecycle: Lifecycle<IndexState>;
  readonly #lookups: Counter;
  readonly #misses: Counter;
  readonly #registrations: Counter;
  readonly #renewals: Counter;
  readonly #deaths: Counter;
  readonly #revivals: Counter;
  readonly #refusals: Counter;
  #stopListening = (): void => {};

  constructor(env: Env, settings: IndexSettings) {
    this.#env = env;
    this.#settings = settings;
    this.table = new RoutingTable(settings, (id) => settings.book?.forget(id));
    this.#servers = new SharedList(env.clock, () => this.table.listServers().map(encodeServerStatus));
    const { metrics } = env;
    this.#lifecycle = new Lifecycle(INDEX_LIFECYCLE, observeStates(env));
    this.#lookups = metrics.counter("microcdn_lookups_total", "Lookups answered.");
    this.#misses = metrics.counter("microcdn_lookup_misses_total", "Lookups of files that nobody alive has.");
    this.#registrations = metrics.counter("microcdn_registrations_total", "Registrations completed.");
    this.#renewals = metrics.counter("microcdn_renewals_total", "Registrations that go on without their lists.");
    this.#deaths = metrics.counter("microcdn_deaths_total", "Servers marked dead.");
    this.#revivals = metrics.counter("microcdn_revivals_total", "Servers that came back.");
    this.#refusals = metrics.counter("microcdn_refusals_total", "Connections ended for breaking the protocol.");
    metrics.gauge("microcdn_servers_known", "Content servers known.", () => this.table.count().servers);
    metrics.gauge("microcdn_servers_alive", "Content servers held to be alive.", () => this.table.count().alive);
    metrics.gauge("microcdn_files", "File names known.", () => this.table.count().files);
  }

  get state(): IndexState {
    return this.#lifecycle.state;
  }

  describe(): Record<string, unknown> {
    const list = this.table.listServers().slice(0, MAX_SHOWN);
    const { book } = this.#settings;
    const catalogue = book === undefined ? {} : { catalogue: book.failure ?? "reached" };
    return { state: this.state, ...this.table.count(), ...catalogue, list };
  }

  begin(background: Background, address: Address): void {
    const { book } = this.#settings;
    if (book !== undefined) {
      this.#stopListening = book.listen((registration) => this.#adopt(registration));
      for (const registration of book.registrations()) this.#adopt(registration);
    }
    this.#lifecycle.become("RUNNING");
    this.#env.log.info("ready", { tcp: formatAddress(address) });
    background.run("poll the monitor", (signal) => this.#pollMonitor(signal));
    const { advertise } = this.#settings;
    if (advertise !== undefined) {
      background.run("tell the monitor", (signal) => this.#announce({ ...address, host: advertise }, signal));
    }
  }

  end(): void {
    this.#stopListening();
  }

  serve(conn: Conn): Promise<void> {
    const { clock, log } = this.#env;
    return serveLines(conn, {
      clock,
      idleMs: this.#settings.idleMs,
      talk: (lines) => this.#talk(lines),
      refuse: ({ code, message }, peer) => {
        this.#refusals.add();
        log.warn("refused", { peer, code, reason: message });
        return code;
      },
    });
  }

  async #talk(lines: LineConn): Promise<void> {
    const dialogue = new IndexDialogue();
    let draft: Draft | undefined;
    try {
      for (let line = await lines.readLine(); line !== undefined; line = await lines.readLine()) {
        const action = dialogue.take(line);
        if (action.kind === "greet") {
          await lines.writeLines(GREETING);
        } else if (action.kind === "begin") {
          draft = await this.#begin(lines.conn, action.registration);
          await lines.writeLines(REGISTERED);
        } else if (action.kind === "stage") {
          this.table.stage(draft!, action.file);
        } else {
          return await this.#answer(lines, action, draft);
        }
      }
    } finally {
      if (draft !== undefined) this.table.discard(draft);
    }
  }

  /** Answers the line that ends a connection. */
  async #answer(
    lines: LineConn,
    action: Exclude<IndexAction, { kind: "greet" | "begin" | "stage" }>,
    draft: Draft | undefined,
  ): Promise<void> {
    switch (action.kind) {
      case "lookup":
        return await lines.writeLines(this.#lookUp(action.name));
      case "locate":
        return await this.#writeLocations(lines, action.name);
      case "list-files":
        return await writeList(lines, this.table.listFiles(), encodeFileEntry);
      case "list-servers":
        return await this.#servers.writeTo(lines);
      case "commit":
        await this.#commit(draft!);
        return await lines.writeLines(FILES_ADDED);
      case "renew":
        return await lines.writeLines(this.#renew(lines.conn, action) ? RENEWED : encodeError("NOT_REGISTERED"));
      case "bury":
        this.#bury(action.id, lines.peer);
        return await lines.writeLines(MARKED_DEAD);
      default:
        return unreachable(action);
    }
  }

  #lookUp(name: string): string {
    this.#lookups.add();
    const location = this.table.route(name);
    if (location === undefined) {
      this.#misses.add();
      return encodeError("FILE_NOT_FOUND");
    }
    this.#env.log.debug("routed", { file: name, server: location.id });
    return encodeLocation(location);
  }

  async #writeLocations(lines: LineConn, name: string): Promise<void> {
    this.#lookups.add();
    const answer = this.#locate(name);
    if (answer !== undefined) return await lines.write(answer);
    this.#misses.add();
    await lines.writeLines(encodeError("FILE_NOT_FOUND"));
  }

  /** The holders of a file, as bytes: these cost the least while somebody is slow to read them. */
  #locate(name: string): Uint8Array | undefined {
    const locations = this.table.locate(name).slice(0, MAX_LOCATED);
    if (locations.length === 0) return undefined;
    return new TextEncoder().encode(`${[...locations.map(encodeLocation), END].join("\n")}\n`);
  }

  async #begin(conn: Conn, registration: Registration): Promise<Draft> {
    const server = serverOf(conn, registration);
    const rival = this.table.rivalOf(server);
    // Without a monitor nobody else would ever notice that a server has moved.
    if (rival !== undefined && await this.#answers(rival)) throw idInUse(server, rival);
    return this.table.draft(server, rival);
  }

  /** Whether somebody serves there: takes the connection, whatever it then says. */
  async #answers({ host, tcpPort }: CatalogServer): Promise<boolean> {
    let isTaken = false;
    try {
      const limits = { deadlineMs: 2 * PROBE_MS, dialMs: PROBE_MS };
      await converse(this.#env, { host, port: tcpPort }, limits, async (lines) => {
        isTaken = true;
        // A line that every content server refuses: it need not wait for one that never comes.
        await lines.writeLines("PING");
        await lines.readLine();
      });
    } catch (error) {
      const isPeers = error instanceof NetError || error instanceof DeadlineError || error instanceof ProtocolError;
      if (!isPeers) throw error;
    }
    return isTaken;
  }

  /** Takes over what another index took in. It counts as a registration made now: whether it lives, the monitor says. */
  #adopt(registration: StoredRegistration): void {
    const { log, clock } = this.#env;
    const { id, host, tcpPort } = registration.server;
    try {
      const change = this.table.adopt(registration, clock.now());
      if (change === undefined) return;
      this.#servers.outdate();
      log.info("server registered elsewhere", { id, at: formatAddress({ host, port: tcpPort }), ...change });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warn("no room for a server", { id, code: error.code });
    }
  }

  async #commit(draft: Draft): Promise<void> {
    const { id, host, tcpPort } = draft.server;
    const revived = this.table.isAlive(id) === false;
    const { files, added, withdrawn } = this.table.commit(draft, this.#env.clock.now());
    this.#servers.outdate();
    this.#registrations.add();
    if (revived) this.#revivals.add();
    const isNews = revived || added > 0 || withdrawn > 0;
    const fields = { id, at: formatAddress({ host, port: tcpPort }), files, added, withdrawn };
    if (isNews) this.#env.log.info(revived ? "server revived" : "server registered", fields);
    else this.#env.log.debug("server registered again", fields);
    const registration = this.table.registrationOf(id);
    if (registration === undefined) return;
    const { server, files: list, sha256 } = registration;
    // Acknowledged in any case: what this index knows it answers from, and its server renews it at others.
    const outcome = await this.#settings.book?.put({ server, files: list, sha256 });
    if (outcome === "later") this.#env.log.debug("registration waits to be stored", { id });
  }

  /** Returns whether the registration counts on. */
  #renew(conn: Conn, { registration, sha256 }: { registration: Registration; sha256: string }): boolean {
    const { log, clock } = this.#env;
    const server = serverOf(conn, registration);
    const verdict = this.table.renew({ server, sha256 }, clock.now());
    const fields = { id: server.id, at: formatAddress({ host: server.host, port: server.tcpPort }) };
    if (verdict === "unknown") {
      log.debug("renewal of an unknown registration", fields);
      return false;
    }
    this.#renewals.add();
    if (verdict === "revived") {
      this.#servers.outdate();
      this.#revivals.add();
      log.info("server revived", fields);
    } else log.debug("server renewed", fields);
    return true;
  }

  #bury(id: string, peer: string): void {
    this.#lifecycle.become("UPDATING");
    const wasAlive = this.table.bury(id, this.#env.clock.now());
    this.#servers.outdate();
    this.#lifecycle.become("RUNNING");
    if (wasAlive) {
      this.#deaths.add();
      this.#env.log.warn("server marked dead", { id, reporter: peer });
    } else this.#env.log.debug("server was not alive", { id, reporter: peer });
  }

  async #pollMonitor(signal: AbortSignal): Promise<void> {
    const { monitor, pollMs } = this.#settings;
    const { clock, log } = this.#env;
    const reach = new Reachability(log, "monitor", monitor);
    await every(clock, pollMs, async () => {
      const askedMs = clock.now();
      const listed: ServerStatus[] = [];
      const succeeded = await reach.attempt(signal, () =>
        askList(this.#env, monitor, "LIST_SERVERS", {
          deadlineMs: 2_000,
          signal,
          take: (line) => void listed.push(parseServerStatus(line)),
        }));
      if (!succeeded) return this.table.hearNothing();
      for (const { kind, id } of this.table.hear(listed, askedMs)) {
        this.#servers.outdate();
        if (kind === "revive") {
          this.#revivals.add();
          log.info("server revived", { id, reason: "the monitor hears it again" });
        } else {
          this.#deaths.add();
          log.warn("server marked dead", { id, reason: "the monitor does not hear it" });
        }
      }
    }, { signal, immediately: true });
  }

  /** Tells the monitor where to report deaths, again and again, since it may restart. */
  async #announce(self: Address, signal: AbortSignal): Promise<void> {
    const { monitor } = this.#settings;
    const reach = new Reachability(this.#env.log, "monitor", monitor);
    const line = `REGISTER_INDEX ${self.host} ${self.port}`;
    await every(this.#env.clock, 15_000, async () => {
      await reach.attempt(signal, () => ask(this.#env, monitor, line, { deadlineMs: 2_000, signal }));
    }, { signal, immediately: true });
  }
}

/** Who registers: at the host that it names, or at the one that it is seen from. */
function serverOf({ remote }: Conn, { id, host = remote.host, tcpPort, udpPort }: Registration): CatalogServer {
  return { id, host, tcpPort, udpPort };
}

/** Writes a list and its `END`, some lines at a time. */
async function writeList<T>(lines: LineConn, items: Iterable<T>, encode: (item: T) => string): Promise<void> {
  let batch: string[] = [];
  let chars = 0;
  for (const item of items) {
    const line = encode(item);
    batch.push(line);
    chars += line.length;
    if (chars < LIST_BATCH_CHARS) continue;
    await lines.writeLines(...batch);
    batch = [];
    chars = 0;
  }
  await lines.writeLines(...batch, END);
}
