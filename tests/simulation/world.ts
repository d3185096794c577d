/**
 * A whole simulated network at work: machines with production roles, and somebody who looks on.
 *
 * @module
 */

import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { type LogRecord, renderText } from "../../src/env/log.ts";
import { MemoryNetwork } from "../../src/net/memory.ts";
import type { Net } from "../../src/net/net.ts";
import { type ContentWorkers, startContent } from "../../src/roles/cdn/content.ts";
import { runContentWorker } from "../../src/roles/cdn/content_worker.ts";
import { startIndex } from "../../src/roles/cdn/index.ts";
import { startMonitor } from "../../src/roles/cdn/monitor.ts";
import { IndexModel } from "./index_model.ts";
import { MonitorModel } from "./monitor_model.ts";
import { oldNet } from "./old_peers.ts";
import type { Plan } from "./plan.ts";
import type { Program } from "./program.ts";
import { checkSentFile } from "./sent_file.ts";
import { type Connection, type Running, Station } from "./station.ts";
import { tapNet } from "./tap.ts";
import { CONTENT_PORT, CONTROL, EXAMINER, HEARTBEATS, INDEX, kindOf, serverIdOf } from "./topology.ts";
import { Versions } from "./versions.ts";
import { Violations } from "./violations.ts";
import { Wish } from "./wish.ts";

/** Events that only a bug of ours can cause. */
const BUGS: ReadonlySet<string> = new Set(["connection failed", "loop ended", "accepting failed"]);

/** What {@link World} is made of. */
export interface WorldOptions {
  /** What is to be simulated. */
  readonly plan: Plan;
  /** Takes a line for all that happens: network, log, actions. */
  readonly trace?: ((line: string) => void) | undefined;
}

/** Machines, what runs on them, and what is known of them. */
export class World {
  /** Time. */
  readonly clock = new VirtualClock();
  /** What was broken. */
  readonly violations: Violations = new Violations(() => this.clock.now());
  /** What there was to be had. */
  readonly versions: Versions = new Versions();
  /** The network. */
  readonly network: MemoryNetwork;
  /** All machines but the examiner's, by address. */
  readonly stations: ReadonlyMap<string, Station>;
  /** What the monitor may conclude. */
  readonly monitor: MonitorModel;
  /** What users want. */
  readonly wishes: Wish[] = [];
  readonly #plan: Plan;
  readonly #trace: ((line: string) => void) | undefined;
  /** How a client's program takes up a new wish. */
  readonly #pursuits = new WeakMap<Program, (wish: Wish) => void>();
  #index: IndexModel;

  /** Creates a network on which nothing runs. */
  constructor({ plan, trace }: WorldOptions) {
    const now = (): number => this.clock.now();
    this.#plan = plan;
    this.#trace = trace;
    this.monitor = new MonitorModel({
      violations: this.violations,
      now,
      goneSinceMs: (machine) => this.stations.get(machine)?.goneSinceMs,
      isAtWork: () => this.stations.get(CONTROL.host)?.program !== undefined,
    });
    this.#index = this.#newIndexModel();
    this.network = new MemoryNetwork({
      clock: this.clock,
      random: seededRandom(plan.seed ^ 0x5eed),
      faults: plan.faults,
      trace: (line) => {
        this.monitor.noted(line);
        trace?.(line);
      },
    });
    const machines = [INDEX.host, CONTROL.host, ...plan.contents, ...plan.clients];
    this.stations = new Map(machines.map((machine, at) => [machine, this.#station(machine, at)]));
  }

  /** Writes a line of the trace. */
  note(text: string): void {
    this.#trace?.(`${this.clock.now().toFixed(3)} ${text}`);
  }

  /** A machine. */
  station(machine: string): Station {
    const station = this.stations.get(machine);
    if (station === undefined) throw new RangeError(`Cannot find a machine: ${machine} is not in the plan`);
    return station;
  }

  /** How many workers the content server on a machine has. */
  workersOf(machine: string): number {
    return this.#plan.workers?.[machine] ?? 0;
  }

  /** Somebody wants a file from now on. */
  want(wish: Omit<Wish["options"], "path">): void {
    const { violations, versions } = this;
    const path = `out/${this.wishes.length}`;
    const made = new Wish({ violations, versions, now: () => this.clock.now() }, { ...wish, path });
    this.wishes.push(made);
    const program = this.stations.get(wish.machine)?.program;
    if (program !== undefined) this.#pursuits.get(program)?.(made);
  }

  /** A program for a question from outside. */
  examinerNet(): Net {
    return this.network.host(EXAMINER);
  }

  #station(machine: string, at: number): Station {
    const kind = kindOf(machine);
    const source = kind === "content" ? serverIdOf(machine) : kind === "client" ? `client ${machine}` : kind;
    return new Station({
      machine,
      clock: this.clock,
      seed: (this.#plan.seed + 1) * 1_000_003 + at * 104_729,
      source,
      connect: () => this.#connect(machine),
      launch: (program, station) => this.#launch(program, station),
      sink: (record) => this.#logged(kind, record),
      onLife: (isUp) => this.#lifeChanged(machine, isUp),
      onFailure: (error) => {
        const text = error instanceof Error ? error.stack ?? error.message : String(error);
        this.violations.add("nobody crashes", `${source} cannot start: ${text}`);
      },
    });
  }

  #connect(machine: string): Connection {
    const net = this.network.host(machine);
    return { net: this.#tap(machine, net), crash: () => net.crash() };
  }

  #tap(machine: string, net: Net): Net {
    const now = (): number => this.clock.now();
    if (kindOf(machine) === "content") {
      const { violations, versions } = this;
      return tapNet(net, {
        accepted: () => checkSentFile(machine, { violations, versions, now }),
        dialling: () => ({ received: () => {}, said: () => {} }),
      });
    }
    if (kindOf(machine) !== "index") return net;
    const model = this.#index = this.#newIndexModel();
    const { old } = this.#plan;
    const own = old === undefined ? net : oldNet(net, old);
    return tapNet(own, { accepted: (remote) => model.accepted(remote), dialling: () => model.dialling() });
  }

  #newIndexModel(): IndexModel {
    return new IndexModel({
      violations: this.violations,
      now: () => this.clock.now(),
      onBuried: (id) => this.monitor.buried(id),
    });
  }

  async #launch(program: Program, station: Station): Promise<Running> {
    const { env } = program;
    const { machine } = station;
    switch (kindOf(machine)) {
      case "index": {
        const advertise = this.#plan.announces ? INDEX.host : undefined;
        return await startIndex(env, { listen: INDEX, monitor: CONTROL, advertise });
      }
      case "monitor":
        return await startMonitor(env, { packets: HEARTBEATS, control: CONTROL, index: INDEX });
      case "content":
        return await startContent(env, {
          serverId: serverIdOf(machine),
          folder: "files",
          listen: { host: machine, port: CONTENT_PORT },
          index: INDEX,
          monitor: HEARTBEATS,
          workers: this.#teamOf(station),
        });
      case "client":
        return this.#launchClient(program, station);
    }
  }

  #teamOf(station: Station): ContentWorkers | undefined {
    const count = this.workersOf(station.machine);
    if (count === 0) return undefined;
    return {
      count,
      start(number, listen): { command: readonly [string] } {
        const name = `worker ${number}`;
        station.install(name, async (env, { input, print }) => {
          const channel = { input, write: (bytes: Uint8Array) => Promise.resolve(print(bytes)) };
          await runContentWorker(env, { folder: "files", listen, channel });
          return 0;
        });
        return { command: [name] };
      },
    };
  }

  #launchClient(program: Program, station: Station): Running {
    const controller = new AbortController();
    const pursuits = new Set<Promise<void>>();
    const pursue = (wish: Wish): void => {
      const pursuit = wish.pursue(program.env, station.disk, controller.signal).finally(() => pursuits.delete(pursuit));
      pursuits.add(pursuit);
    };
    this.#pursuits.set(program, pursue);
    for (const wish of this.wishes) if (wish.options.machine === station.machine && !wish.isFulfilled) pursue(wish);
    return {
      stop: async () => {
        controller.abort();
        await Promise.all(pursuits);
      },
    };
  }

  #logged(kind: string, record: LogRecord): void {
    if (this.#trace !== undefined) this.note(renderText(record).slice(9));
    if (kind === "index") this.#index.logged(record);
    if (kind === "monitor") this.monitor.logged(record);
    const { event, fields } = record;
    if (BUGS.has(event) || String(fields.reason).includes("Broken invariant")) {
      this.violations.add("nobody crashes", `${record.source}: ${event} ${JSON.stringify(fields)}`);
    }
  }

  #lifeChanged(machine: string, isUp: boolean): void {
    this.note(`${isUp ? "up" : "down"} ${machine}`);
    if (machine === CONTROL.host) {
      if (isUp) this.monitor.started();
      else this.monitor.ended();
    }
    if (machine === INDEX.host && isUp) this.monitor.indexStarted();
  }
}
