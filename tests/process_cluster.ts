/**
 * A cluster of the `cdn` family as real processes, each started as a user starts it, on ports that stay the same when
 * one is started again.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { systemClock } from "../src/base/clock.ts";
import { DeadlineError } from "../src/base/deadline.ts";
import { denoNet } from "../src/net/deno.ts";
import type { Conn } from "../src/net/net.ts";
import { NetError } from "../src/net/net_error.ts";
import { parseServerStatus } from "../src/protocol/cdn.ts";
import { locateAll } from "../src/roles/cdn/lookup.ts";
import { PART_SUFFIX, RECORD_SUFFIX } from "../src/services/part_file.ts";
import { askList } from "../src/services/ask.ts";
import { fromSource, type Launcher, type Role } from "./launchers.ts";
import { PortClaims } from "./port_claims.ts";
import { eventually, type ProgramOptions, ProgramProcess } from "./program_process.ts";

const HOST = "127.0.0.1";
const ASK_ENV = { net: denoNet(), clock: systemClock() };
const ASK_MS = 2_000;

/** A quick pace, but for the time-out: a busy machine must not keep a process waiting for so long. */
const QUICK_MONITOR = ["--timeout", "2", "--check-interval", "0.1"];
const QUICK_CONTENT = ["--heartbeat-interval", "0.2", "--register-interval", "1"];

/** Options of {@link ProcessCluster.create}. */
export interface ProcessClusterOptions {
  /** How each role is started. Default: from source. */
  launch?: Launcher;
}

/** Processes that know each other's ports, and a folder that goes with them. */
export class ProcessCluster implements AsyncDisposable {
  /** A temporary folder. */
  readonly folder: string;
  readonly #launch: Launcher;
  readonly #ports = new PortClaims();
  readonly #processes: ProgramProcess[] = [];
  readonly #conns: Conn[] = [];

  private constructor(folder: string, launch: Launcher) {
    this.folder = folder;
    this.#launch = launch;
  }

  /** Makes a cluster without processes. */
  static async create({ launch = fromSource }: ProcessClusterOptions = {}): Promise<ProcessCluster> {
    return new ProcessCluster(await Deno.makeTempDir({ prefix: "microcdn-test-" }), launch);
  }

  /** Starts a monitor, an index, and content servers of these ids, and waits until they all know each other. */
  async startAll(ids: readonly string[], ...monitorFlags: readonly string[]): Promise<void> {
    await Promise.all([this.startMonitor(...monitorFlags), this.startIndex()]);
    await Promise.all(ids.map((id) => this.startContent(id)));
    for (const at of ["index", "monitor"] as const) {
      await this.eventually(`the ${at} knows ${ids}`, async () => {
        const lives = await this.lives(at);
        return ids.every((id) => lives[id] === "alive");
      });
    }
  }

  /** Starts the monitor, and waits until it is ready. */
  async startMonitor(...flags: readonly string[]): Promise<ProgramProcess> {
    return await ready(this.monitor(...flags));
  }

  /** Starts the index, which logs every message, and waits until it is ready. */
  async startIndex(...flags: readonly string[]): Promise<ProgramProcess> {
    return await ready(this.index("-v", ...flags));
  }

  /** Starts a content server, which logs every message, and waits until it is ready. */
  async startContent(id: string, ...flags: readonly string[]): Promise<ProgramProcess> {
    return await ready(await this.content(id, "-v", ...flags));
  }

  /** Starts the monitor. */
  monitor(...flags: readonly string[]): ProgramProcess {
    const ports = { "--udp-port": "heartbeats", "--tcp-port": "monitor", "--index-port": "index" };
    return this.#role("monitor", "monitor", [...this.#flags(ports), ...QUICK_MONITOR, ...flags]);
  }

  /** Starts the index. */
  index(...flags: readonly string[]): ProgramProcess {
    const ports = { "--port": "index", "--monitor-tcp-port": "monitor" };
    return this.#role("index", "index", [...this.#flags(ports), ...flags]);
  }

  /** Starts a content server. */
  async content(id: string, ...flags: readonly string[]): Promise<ProgramProcess> {
    const ports = {
      "--tcp-port": id,
      "--udp-port": `${id} udp`,
      "--admin": `${id} admin`,
      "--index-port": "index",
      "--monitor-udp-port": "heartbeats",
    };
    const own = ["--server-id", id, "--files", await this.files(id)];
    return this.#role(id, "content", [...own, ...this.#flags(ports), ...QUICK_CONTENT, ...flags]);
  }

  /** Starts the client, which logs every message. */
  client(command: "get" | "ls" | "stat" | "servers", ...args: readonly string[]): ProgramProcess {
    const line = [command, ...args, ...this.#flags({ "--index-port": "index" }), "--log", "json", "-v"];
    return this.run({ name: `client ${command}`, command: [...this.#launch("client"), ...line] });
  }

  /** Starts any process, which ends with the cluster. */
  run(options: ProgramOptions): ProgramProcess {
    const process = new ProgramProcess({ witnesses: this.#processes, ...options });
    this.#processes.push(process);
    return process;
  }

  /** The process of this name that was started last. */
  process(name: string): ProgramProcess {
    return this.#processes.findLast((process) => process.name === name)!;
  }

  /** Where a role is asked: `index`, `monitor`, or a content server by its id. */
  address(name: string): Address {
    return { host: HOST, port: this.#ports.port(name) };
  }

  /** The folder of a content server; made at the first call. */
  async files(id: string): Promise<string> {
    const folder = `${this.folder}/${id}`;
    await Deno.mkdir(folder, { recursive: true });
    return folder;
  }

  /** Puts a file into the folders of content servers. */
  async put(ids: readonly string[], name: string, bytes: Uint8Array): Promise<void> {
    for (const id of ids) await Deno.writeFile(`${await this.files(id)}/${name}`, bytes);
  }

  /** How much of a file has been downloaded to a path, if it is known which version it is of; 0 as long as it is not. */
  async partBytes(path: string): Promise<number> {
    try {
      await Deno.stat(`${path}${PART_SUFFIX}${RECORD_SUFFIX}`);
      return (await Deno.stat(`${path}${PART_SUFFIX}`)).size;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return 0;
      throw error;
    }
  }

  /** Waits until a client is in the middle of a download to a path: so many bytes are there, and it goes on. */
  async inMiddle(client: ProgramProcess, path: string, leastBytes: number): Promise<void> {
    const what = `${path} has ${leastBytes} bytes`;
    await this.eventually(what, async () => client.hasEnded || await this.partBytes(path) >= leastBytes);
    assert(!client.hasEnded, `It ended before ${what}\n${client.tail}`);
  }

  /** Who lives, as the index or the monitor says: ids and `alive` or `dead`. Nobody while it does not answer. */
  async lives(at: "index" | "monitor"): Promise<Record<string, string>> {
    const lives: Record<string, string> = {};
    const take = (line: string): void => {
      const { id, alive } = parseServerStatus(line);
      lives[id] = alive ? "alive" : "dead";
    };
    await unlessAway(() => askList(ASK_ENV, this.address(at), "LIST_SERVERS", { deadlineMs: ASK_MS, take }));
    return lives;
  }

  /** Whom the index would send a client to: ids in alphabetical order. Nobody while it does not answer. */
  async holders(name: string): Promise<string[]> {
    const index = this.address("index");
    const found = await unlessAway(() => locateAll(ASK_ENV, index, { name, deadlineMs: ASK_MS }));
    return (found ?? []).map(({ id }) => id).sort();
  }

  /** Waits until each of these content servers has sent so many more heartbeats, whether or not they arrive. */
  async sentHeartbeats(ids: readonly string[], count: number): Promise<void> {
    await Promise.all(ids.map(async (id) => {
      const before = await this.#sentHeartbeats(id);
      const condition = async (): Promise<boolean> => await this.#sentHeartbeats(id) >= before + count;
      await this.eventually(`${id} sends ${count} heartbeats`, condition);
    }));
  }

  /** Opens a connection that stays until the end: it says these words at most, and reads nothing. */
  async holdOn(name: string, words = ""): Promise<void> {
    const conn = await ASK_ENV.net.dial(this.address(name));
    this.#conns.push(conn);
    await conn.write(new TextEncoder().encode(words));
  }

  /** Waits until `condition` holds; if it never does, says `what` was waited for and what the processes said last. */
  async eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    await eventually(what, condition, this.#processes);
  }

  /** Ends all that still runs, removes the folder, and checks that no role failed, or wrote anything but its log. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    for (const conn of this.#conns) conn.close();
    this.#ports.release();
    await Deno.remove(this.folder, { recursive: true });
    for (const process of this.#processes) {
      assertEquals(process.records.filter(({ level }) => level === "error"), [], process.tail);
      if (process.seen("ready").length > 0) assertEquals(process.errors, [], process.tail);
    }
  }

  #role(name: string, role: Role, flags: readonly string[]): ProgramProcess {
    const permissions = flags.includes("--workers") ? "workers" : role;
    const command = [...this.#launch(role, permissions), ...flags, "--log", "json"];
    return this.run({ name, command, hasInput: flags.includes("--supervised") });
  }

  async #sentHeartbeats(id: string): Promise<number> {
    const { port } = this.address(`${id} admin`);
    const metrics = await (await fetch(`http://${HOST}:${port}/metrics`)).text();
    return Number(metrics.match(/^microcdn_heartbeats_sent_total (\d+)$/m)?.[1]);
  }

  #flags(names: Readonly<Record<string, string>>): string[] {
    return Object.entries(names).flatMap(([flag, name]) => {
      const port = this.#ports.port(name);
      return [flag, flag === "--admin" ? `${HOST}:${port}` : String(port)];
    });
  }
}

async function ready(role: ProgramProcess): Promise<ProgramProcess> {
  await role.see("ready");
  return role;
}

async function unlessAway<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NetError || error instanceof DeadlineError) return undefined;
    throw error;
  }
}
