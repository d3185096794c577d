/**
 * Carries out what a plan says.
 *
 * @module
 */

import { unreachable } from "../../src/base/invariant.ts";
import { encodeFileName } from "../../src/protocol/file_name.ts";
import { PERFECT_LINK } from "../../src/net/memory_faults.ts";
import type { Conn, Net } from "../../src/net/net.ts";
import { type Action, describeAction, type Plan, type PlannedAction } from "./plan.ts";
import { CONTENT_PORT, CONTROL, EXAMINER, INDEX, kindOf } from "./topology.ts";
import { contentOf } from "./workload.ts";
import type { World } from "./world.ts";

/** A machine that belongs to nobody. */
const STRANGER = "10.0.4.1";
/** How long after the first half of a file the second comes. */
const SLOW_WRITE_MS = 700;
/** How long somebody waits for an answer. */
const LOOK_MS = 10_000;
/** Nothing gets lost or doubled in a calm. */
const CALM = { lossRate: 0, duplicateRate: 0, reorderRate: 0 } as const;

type Of<K extends Action["kind"]> = Extract<Action, { readonly kind: K }>;

/** Does to a world what a plan says. */
export class Stagehand {
  readonly #world: World;
  readonly #plan: Plan;
  #calms = 0;

  /** Creates one that has done nothing. */
  constructor(world: World, plan: Plan) {
    this.#world = world;
    this.#plan = plan;
  }

  #schedule(action: PlannedAction): void {
    const { clock } = this.#world;
    clock.schedule(action.atMs - clock.now(), () => {
      this.#world.note(`! ${describeAction(action)}`);
      this.#do(action);
    });
  }

  /** Begins a stretch of trouble: its actions happen at their times, and links are what they are in this network. */
  begin(actions: readonly PlannedAction[]): void {
    this.#world.network.setFaults({ ...PERFECT_LINK, ...this.#plan.faults });
    for (const action of actions) this.#schedule(action);
  }

  /** Ends all trouble: everything heals, and everything runs but what is to be dead. */
  calm(dead: readonly string[]): void {
    const { network, stations } = this.#world;
    this.#world.note("! calm");
    this.#calms++;
    network.clearFaults();
    network.setFaults(CALM);
    for (const station of stations.values()) station.isFull = false;
    for (const machine of dead) if (this.#world.station(machine).program !== undefined) this.#crash(machine, false);
    for (const [machine, station] of stations) if (!dead.includes(machine)) station.start();
  }

  #do(action: Action): void {
    const { network } = this.#world;
    switch (action.kind) {
      case "start":
        return this.#world.station(action.machine).start();
      case "stop":
        return void this.#world.station(action.machine).stop();
      case "crash":
        return this.#crash(action.machine, action.silently);
      case "kill-worker":
        return this.#world.station(action.machine).kill(`worker ${action.number}`);
      case "partition":
        network.partition(action.a, action.b, { oneWay: action.oneWay });
        return this.#endLater(action.forMs, () => network.heal(action.a, action.b));
      case "isolate":
        network.isolate(action.machine);
        return this.#endLater(action.forMs, () => network.heal(action.machine));
      case "reset":
        return network.resetStreams(action.machine);
      case "weather":
        network.setFaults(action.faults);
        return this.#endLater(action.forMs, () => network.setFaults({ ...PERFECT_LINK, ...this.#plan.faults }));
      case "uplink":
        network.setUplink(action.machine, action.bytesPerSecond);
        return this.#endLater(action.forMs, () => network.setUplink(action.machine, Infinity));
      case "jump":
        return this.#world.station(action.machine).jump(action.deltaMs);
      case "full":
        return this.#fill(action);
      case "put":
        return this.#put(action);
      case "remove":
        return this.#remove(action);
      case "want":
        return this.#world.want(action);
      case "look":
        return void this.#look(action);
      case "loiter":
        return void this.#loiter(action);
      default:
        return unreachable(action);
    }
  }

  #later(delayMs: number, run: () => void): void {
    this.#world.clock.schedule(delayMs, run);
  }

  /** Ends a trouble, unless a calm has ended all of them before. */
  #endLater(delayMs: number, run: () => void): void {
    const calms = this.#calms;
    this.#later(delayMs, () => void (calms === this.#calms && run()));
  }

  #crash(machine: string, silently: boolean): void {
    this.#world.network.crash(machine, { silently });
    this.#world.station(machine).crash();
  }

  #fill({ machine, forMs }: Of<"full">): void {
    const station = this.#world.station(machine);
    station.isFull = true;
    this.#endLater(forMs, () => station.isFull = false);
  }

  #put({ machine, name, sizeBytes, content, way }: Of<"put">): void {
    const { disk } = this.#world.station(machine);
    const path = `files/${name}`;
    const bytes = contentOf(content, sizeBytes);
    const isThere = this.#world.versions.at(machine, name) !== undefined;
    if (way === "replace" || !isThere) {
      disk.write(path, bytes);
    } else if (way === "rename") {
      disk.write("files/.new", bytes);
      void disk.rename("files/.new", path);
    } else if (way === "overwrite") {
      disk.overwrite(path, bytes);
    } else {
      const half = bytes.subarray(0, bytes.length >> 1);
      disk.overwrite(path, half);
      this.#record(machine, name, half);
      // Whatever has become of the file until then: the writer has it open.
      const version = this.#world.versions.at(machine, name);
      return this.#later(SLOW_WRITE_MS, () => {
        if (this.#world.versions.at(machine, name) !== version) return;
        disk.overwrite(path, bytes);
        this.#record(machine, name, bytes);
      });
    }
    this.#record(machine, name, bytes);
  }

  #remove({ machine, name }: Of<"remove">): void {
    if (this.#world.versions.at(machine, name) === undefined) return;
    void this.#world.station(machine).disk.remove(`files/${name}`);
    this.#record(machine, name, undefined);
  }

  #record(machine: string, name: string, bytes: Uint8Array | undefined): void {
    this.#world.versions.set(machine, name, { bytes, nowMs: this.#world.clock.now() });
  }

  async #look({ machine, verb, name }: Of<"look">): Promise<void> {
    const net = machine === EXAMINER ? this.#world.examinerNet() : this.#world.station(machine).program?.env.net;
    if (net === undefined) return;
    const encoded = encodeFileName(name);
    const text = verb === "HELLO" ? `HELLO\nGET ${encoded}\n` : `${verb} ${encoded}\n`;
    await this.#talk(net, INDEX, { text, forMs: LOOK_MS });
  }

  async #loiter({ at, text, forMs }: Of<"loiter">): Promise<void> {
    const to = kindOf(at) === "index" ? INDEX : kindOf(at) === "monitor" ? CONTROL : { host: at, port: CONTENT_PORT };
    await this.#talk(this.#world.network.host(STRANGER), to, { text, forMs });
  }

  /** Says something and listens until the other side ends or the time is up. Whatever fails is the network's doing. */
  async #talk(
    net: Net,
    to: { host: string; port: number },
    { text, forMs }: { text: string; forMs: number },
  ): Promise<void> {
    const timer = new AbortController();
    let conn: Conn | undefined;
    this.#later(forMs, () => {
      timer.abort();
      conn?.close();
    });
    try {
      conn = await net.dial(to, { signal: timer.signal });
      if (text !== "") await conn.write(new TextEncoder().encode(text));
      const buffer = new Uint8Array(16_384);
      while (await conn.read(buffer) !== null);
    } catch {
      // Refused, reset, or late: a user would shrug.
    } finally {
      conn?.close();
    }
  }
}
