/**
 * Looks, in the calm, whether everything has healed.
 *
 * @module
 */

import { type Random, seededRandom } from "../../src/base/random.ts";
import type { Env } from "../../src/env/env.ts";
import { ClientError, getFile, listServers } from "../../src/roles/cdn/client.ts";
import { locateAll } from "../../src/roles/cdn/lookup.ts";
import { encodeFileName } from "../../src/protocol/file_name.ts";
import { converse } from "../../src/services/ask.ts";
import { Program } from "./program.ts";
import { MemoryFiles } from "../../src/env/memory_files.ts";
import { CONTENT_PORT, CONTROL, INDEX, kindOf, serverIdOf } from "./topology.ts";
import { digestOf, readingsOf, type Version } from "./versions.ts";
import type { Invariant } from "./violations.ts";
import type { World } from "./world.ts";

/** How many files are downloaded. */
const MAX_DOWNLOADS = 3;

/** One look at a calm world. */
export class Examination {
  readonly #world: World;
  readonly #random: Random;
  readonly #disk: MemoryFiles;
  readonly #env: Env;

  /** Prepares it. */
  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = seededRandom(seed);
    this.#disk = new MemoryFiles({ clock: world.clock });
    const program = new Program({
      clock: world.clock,
      seed,
      net: world.examinerNet(),
      disk: this.#disk,
      isFull: () => false,
      source: "examiner",
      sink: () => {},
    });
    this.#env = program.env;
  }

  /** Asks and downloads. What is wrong is noted. */
  async run(): Promise<void> {
    const { untold } = this.#world.monitor;
    if (untold.length > 0) this.#blame("no death untold", `nobody was told that ${untold.join(", ")} died`);
    try {
      await this.#checkServers("index", INDEX);
      await this.#checkServers("monitor", CONTROL);
      for (const name of this.#world.versions.names()) {
        await this.#checkHolders(name);
        await this.#checkWorkers(name);
      }
      await this.#download();
    } catch (error) {
      const text = error instanceof Error ? error.stack ?? error.message : String(error);
      this.#blame("healed within 30 s", `the examiner gets no answer: ${text}`);
    }
  }

  /** What can be had now under a name, by the first reading of it that anybody has. */
  holdersOf(name: string): Version[] {
    const { stations, versions } = this.#world;
    for (const reading of readingsOf(name)) {
      const found = [...stations.values()]
        .map(({ machine, program }) => program === undefined ? undefined : versions.at(machine, reading))
        .filter((version) => version !== undefined);
      if (found.length > 0) return found;
    }
    return [];
  }

  #blame(invariant: Invariant, text: string): void {
    this.#world.violations.add(invariant, text);
  }

  async #checkServers(who: string, at: { host: string; port: number }): Promise<void> {
    const servers = await listServers(this.#env, { index: at });
    const lives = new Map(servers.map(({ id, alive }) => [id, alive]));
    for (const [machine, { program }] of this.#world.stations) {
      if (kindOf(machine) !== "content") continue;
      const id = serverIdOf(machine);
      const isAlive = lives.get(id) ?? false;
      if (isAlive === (program !== undefined)) continue;
      const text = `the ${who} holds ${id} to be ${isAlive ? "alive" : "dead"}, and it is not`;
      this.#blame("healed within 30 s", text);
    }
  }

  async #checkHolders(name: string): Promise<void> {
    const options = { name: encodeFileName(name), deadlineMs: 5_000 };
    const locations = await locateAll(this.#env, INDEX, options) ?? [];
    const named = locations.map(({ id, host, tcpPort, sizeBytes }) => `${id} ${host}:${tcpPort} ${sizeBytes}`).sort();
    const expected = this.holdersOf(name)
      .map(({ machine, sizeBytes }) => `${serverIdOf(machine)} ${machine}:${CONTENT_PORT} ${sizeBytes}`)
      .sort();
    if (named.join() === expected.join()) return;
    const text = `the holders of ${JSON.stringify(name)} are said to be ${named.join(", ") || "nobody"}, ` +
      `expected ${expected.join(", ") || "nobody"}`;
    this.#blame("healed within 30 s", text);
  }

  /** Whatever the index says of a server, each of its processes has to be able to keep: in memory they take turns. */
  async #checkWorkers(name: string): Promise<void> {
    const crewed = this.holdersOf(name).filter(({ machine }) => this.#world.workersOf(machine) > 0);
    for (const { machine } of crewed) {
      for (let turn = 0; turn <= this.#world.workersOf(machine); turn++) {
        const at = { host: machine, port: CONTENT_PORT };
        const answer = await converse(this.#env, at, { deadlineMs: 5_000 }, async (lines) => {
          await lines.writeLines(`RANGE 0 0 ${encodeFileName(name)}`);
          return await lines.readLine();
        });
        if (answer === "OK 0") continue;
        this.#blame("healed within 30 s", `a process of ${serverIdOf(machine)}, asked for ${name}, says ${answer}`);
      }
    }
  }

  async #download(): Promise<void> {
    const names = this.#world.versions.names();
    for (let count = 0; count < MAX_DOWNLOADS && names.length > 0; count++) {
      const [name] = names.splice(Math.floor(this.#random.next() * names.length), 1);
      await this.#downloadOne(name!);
    }
  }

  async #downloadOne(name: string): Promise<void> {
    const holders = this.holdersOf(name);
    const beganMs = this.#world.clock.now();
    try {
      await getFile(this.#env, { name, to: { kind: "file", path: "file" }, index: INDEX, retries: 0 });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (holders.length === 0 && error.kind === "not-found") return;
      const who = holders.map(({ machine }) => machine).join(", ");
      return this.#blame("retrying succeeds", `${who || "nobody"} has ${name}: ${error.message}`);
    }
    const sha256 = digestOf(this.#disk.read("file"));
    if (holders.some((version) => version.sha256 === sha256)) return;
    const text = `${name}: no live holder has had what arrived since ${beganMs} ms`;
    this.#blame("download is a version that existed", text);
  }
}
