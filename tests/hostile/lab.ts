/**
 * A network of real processes that is attacked, the well-behaved client that has to be served meanwhile, and what the
 * processes hold before and afterwards. With `HOSTILE_SHOW=1` it prints what they hold after each round.
 *
 * @module
 */

import { assert, assertEquals, assertLess, assertLessOrEqual, assertStringIncludes } from "@std/assert";
import process from "node:process";
import type { Address } from "../../src/base/address.ts";
import { ProcessCluster } from "../process_cluster.ts";
import type { ProgramProcess } from "../program_process.ts";
import { takeTurn } from "../turn.ts";
import { bytesOf, exchange, NET } from "./exchange.ts";
import { NO_RESOURCES, type Resources, resourcesOf } from "./resources.ts";

/**
 * How long a lookup and a download may take while an attack is under way, in milliseconds. The worst attack, hundreds
 * who want all long names at once, takes a second of an idle processor; other tests may have most of it.
 */
export const SERVED_MS = 15_000;
/** How much more memory than before a round of attacks a role may hold once it is over, in bytes. */
export const MEMORY_SLACK_BYTES = 64 * 1_048_576;
/** How much memory a role may hold at the worst moment of an attack, in bytes. */
const PEAK_BYTES = 512 * 1_048_576;
/** How many more descriptors: connections of roles among themselves come and go. */
export const HANDLE_SLACK = 12;
/** How long a role may take to be as it was, in milliseconds. */
const RECOVERED_MS = 15_000;
/** How often all attacks come at the most. */
const MAX_ROUNDS = 4;

const HELLO = "hello\n";
/** More than the buffers of a connection on loopback take in. */
export const BIG_BYTES = 268_435_456;
/** How much of its files the content server keeps in memory, in MiB: less than one of them, and more than the other. */
const CACHE_MIB = 64;
const KEPT_BYTES = 50_331_648;

/** A monitor, an index and the content server CS1, each with its management port. */
export class HostileLab implements AsyncDisposable {
  /** The processes. */
  readonly cluster: ProcessCluster;
  readonly #turn: Disposable;
  readonly #roles: ProgramProcess[] = [];
  /** What each role held before the first attack. */
  #atFirst: readonly Resources[] = [];

  private constructor(cluster: ProcessCluster, turn: Disposable) {
    this.cluster = cluster;
    this.#turn = turn;
  }

  /** Starts it. Connections may stand still for `idleS` seconds; nobody dies of a heartbeat lost in a flood. */
  static async start({ idleS = 30 }: { idleS?: number } = {}): Promise<HostileLab> {
    if (NO_RESOURCES !== undefined) {
      assert(process.env.REQUIRE_ALL !== "1", NO_RESOURCES);
      console.warn(`SKIPPED in part: ${NO_RESOURCES}`);
    }
    const turn = await takeTurn();
    const cluster = await ProcessCluster.create();
    await cluster.put(["CS1"], "hello.txt", bytesOf(HELLO));
    await cluster.put(["CS1"], "big", new Uint8Array());
    await cluster.put(["CS1"], "kept", new Uint8Array());
    await Deno.truncate(`${await cluster.files("CS1")}/big`, BIG_BYTES);
    await Deno.truncate(`${await cluster.files("CS1")}/kept`, KEPT_BYTES);
    const lab = new HostileLab(cluster, turn);
    const flags = (name: string): string[] => {
      const { host, port } = lab.admin(name);
      return ["--admin", `${host}:${port}`, "--idle-timeout", String(idleS)];
    };
    lab.#roles.push(cluster.monitor(...flags("monitor"), "--timeout", "60"), cluster.index(...flags("index")));
    lab.#roles.push(await cluster.content("CS1", "--idle-timeout", String(idleS), "--cache-mb", String(CACHE_MIB)));
    for (const role of lab.#roles) await role.see("ready");
    await cluster.eventually("CS1 is known", async () => {
      return (await cluster.lives("index")).CS1 === "alive" && (await cluster.lives("monitor")).CS1 === "alive";
    });
    await lab.assertServing();
    lab.#atFirst = await lab.#look();
    return lab;
  }

  /** Where `index`, `monitor`, `heartbeats`, `CS1` or `CS1 udp` is. */
  at(name: "index" | "monitor" | "heartbeats" | "CS1" | "CS1 udp"): Address {
    return this.cluster.address(name);
  }

  /** The management port of `index`, `monitor` or `CS1`. */
  admin(name: string): Address {
    return this.cluster.address(`${name} admin`);
  }

  /** A client's whole need: looks a file up and downloads it. */
  async beServed(): Promise<void> {
    const within = { deadlineMs: SERVED_MS };
    const { host, port } = this.at("CS1");
    const found = await exchange(this.at("index"), ["HELLO\nGET hello.txt\n"], within);
    assertEquals(found, `WELCOME MICRO-CDN\nSERVER ${host} ${port} CS1 ${HELLO.length}\n`);
    assertEquals(await exchange(this.at("CS1"), ["GET hello.txt\n"], within), `OK ${HELLO.length}\n${HELLO}`);
  }

  /** All that roles do for others: registration, lookup, download, heartbeat, death, health. */
  async assertServing(): Promise<void> {
    const within = { deadlineMs: SERVED_MS };
    const { host, port } = this.at("CS1");
    await this.beServed();
    const probe = `REGISTER Probe ${port} 1\nADD_FILE Probe probe.txt 5\nDONE_FILES\n`;
    assertEquals(await exchange(this.at("index"), [probe], within), "OK REGISTERED\nOK FILES_ADDED\n");
    const known = await exchange(this.at("index"), ["GET probe.txt\n"], within);
    assertEquals(known, `SERVER ${host} ${port} Probe 5\n`);
    const socket = await NET.bind({ host, port: 0 });
    await this.cluster.eventually("a heartbeat is heard", async () => {
      await socket.send(bytesOf(`HEARTBEAT Probe ${host} ${port} 3 1`), this.at("heartbeats"));
      const list = await exchange(this.at("monitor"), ["LIST_SERVERS\n"], within);
      return list.includes(`SERVER Probe ${host} ${port} 3 alive\n`) && list.includes(`SERVER CS1 ${host} ${port} `);
    });
    socket.close();
    assertEquals(await exchange(this.at("index"), ["SERVER_DOWN Probe\n"], within), "OK SERVER_MARKED_DEAD\n");
    for (const name of ["index", "monitor", "CS1"]) {
      const health = await exchange(this.admin(name), [`GET /health HTTP/1.0\r\n\r\n`], within);
      assertStringIncludes(health, `{"status":"healthy"}`, name);
    }
  }

  /**
   * Runs attacks, one after the other, while a client goes on being served. After each of them all roles serve; after all
   * of them they hold no more than before. All come twice: what they need the first time, code and room in the heap, may
   * be kept, but not again and again. A heap that has not found its size by then is given another chance or two, since
   * garbage is collected when the runtime sees fit; a leak grows each time.
   */
  async withstand(attacks: Readonly<Record<string, () => Promise<void>>>): Promise<void> {
    let before = this.#atFirst;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      for (const attack of Object.values(attacks)) await this.#during(attack);
      const after = await this.#settle(before, round === 0);
      if (process.env.HOSTILE_SHOW === "1") console.log(round, this.#roles.map(({ name }) => name), after);
      if (round > 0 && (round === MAX_ROUNDS - 1 || isAsBefore(before, after))) {
        return this.#assertRecovered(before, after);
      }
      before = after;
    }
  }

  /** Runs an attack while a client goes on being served. */
  async #during(attack: () => Promise<void>): Promise<void> {
    let isOver = false;
    const attacking = attack().finally(() => isOver = true);
    const serving = this.cluster.eventually("the attack is over", async () => {
      const beganMs = performance.now();
      await this.beServed();
      assertLess(performance.now() - beganMs, SERVED_MS, "a client waits too long");
      return isOver;
    });
    await Promise.all([attacking, serving]);
    await this.assertServing();
  }

  /** Waits until the connections are gone, and the garbage: collecting it takes some work, so work goes on. */
  async #settle(before: readonly Resources[], isFirst: boolean): Promise<Resources[]> {
    const endMs = performance.now() + RECOVERED_MS;
    let after: Resources[] = [];
    await this.cluster.eventually("the roles are as before", async () => {
      await this.beServed();
      after = await this.#look();
      const areGone = after.every(({ handles }, at) => handles <= before[at]!.handles + HANDLE_SLACK);
      return performance.now() > endMs || (areGone && (isFirst || isAsBefore(before, after)));
    });
    return after;
  }

  #assertRecovered(before: readonly Resources[], after: readonly Resources[]): void {
    for (const [at, { rssBytes, peakBytes, handles }] of after.entries()) {
      const message = `${this.#roles[at]!.name}: ${JSON.stringify({ before: before[at], after: after[at] })}`;
      assertLessOrEqual(rssBytes, before[at]!.rssBytes + MEMORY_SLACK_BYTES, message);
      assertLessOrEqual(handles, before[at]!.handles + HANDLE_SLACK, message);
      assertLess(peakBytes, PEAK_BYTES, message);
    }
  }

  async #look(): Promise<Resources[]> {
    return NO_RESOURCES === undefined ? await resourcesOf(this.#roles.map(({ pid }) => pid)) : [];
  }

  /** Ends all processes. Fails if one has failed on its own before, or has logged an error. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#roles.filter(({ hasEnded }) => hasEnded);
    await this.cluster[Symbol.asyncDispose]();
    this.#turn[Symbol.dispose]();
    assertEquals(ended.map(({ tail }) => tail), []);
  }
}

function isAsBefore(before: readonly Resources[], after: readonly Resources[]): boolean {
  return after.every(({ rssBytes, handles }, at) => (
    rssBytes <= before[at]!.rssBytes + MEMORY_SLACK_BYTES && handles <= before[at]!.handles + HANDLE_SLACK
  ));
}
