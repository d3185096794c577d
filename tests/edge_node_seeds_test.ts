/**
 * Bad days of edge nodes, each decided by a seed: writes, purges, cuts between everybody, kills and restarts.
 *
 * What must hold: an answer that began after a change was acknowledged has nothing older, unless it says that it is stale;
 * every answer that comes to its end has exactly the bytes of one version; and when all is healed, every node serves the
 * latest version from its cache.
 */

import { assert, assertEquals } from "@std/assert";
import { type Random, randomInt, seededRandom } from "../src/base/random.ts";
import { fieldOf } from "../src/protocol/http_fields.ts";
import { shaOf } from "./download_lab.ts";
import { targetOf } from "./edge_lab_meta.ts";
import { META, STORE } from "./edge_lab_store.ts";
import { CLIENT, EdgeLab, type Got, type LabNode } from "./edge_node_lab.ts";

const SEEDS = 30;
const REAL_SEEDS = 30;
const STEPS = 120;
const NAMES = ["a", "b"];
/** So long after a cut a copy may still be stale: a lease, and the wait for what does not answer. */
const AFTERMATH_MS = 20_000;

/** One day. */
class Day {
  readonly #lab: EdgeLab;
  readonly #random: Random;
  readonly #nodes: LabNode[];
  /** The generation of each version by its bytes, as far as the store has it. */
  readonly #versions = new Map<string, string>();
  /** The latest generation of each name that was acknowledged. */
  readonly #acknowledged = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #cuts = new Map<string, () => void>();
  readonly #down = new Set<LabNode>();
  readonly #trace: string[] = [];
  #lastTroubleMs = -Infinity;
  #count = 0;
  answers = 0;

  constructor(lab: EdgeLab, random: Random, nodes: LabNode[]) {
    this.#lab = lab;
    this.#random = random;
    this.#nodes = nodes;
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      await this.#lab.clock.advance(this.#pick([0, 1, 5, 20, 100, 500, 2_500]));
    }
    for (const heal of this.#cuts.values()) heal();
    for (const node of this.#down) await node.start();
    await this.#lab.clock.until(Promise.all(this.#underWay));
    // Writes of one name wait for each other, and each of them for a meta server.
    await this.#lab.clock.advance(300_000);
    for (const node of this.#nodes) for (const name of NAMES) await this.#checkHealed(node, name);
  }

  async #step(): Promise<void> {
    const action = randomInt(this.#random, 22);
    const node = this.#pick(this.#nodes);
    const name = this.#pick(NAMES);
    if (action < 9) this.#begin(this.#get(node, name));
    else if (action < 12) this.#begin(this.#put(node, name));
    else if (action < 13) this.#begin(this.#post(name));
    else if (action < 14) this.#begin(this.#purge(name));
    else if (action < 15) this.#begin(this.#remove(node, name));
    else if (action < 18) this.#cutOrHeal();
    else if (action < 19) await this.#killOrStart(node);
    else if (action < 21) this.#crowd(node, name);
    else await this.#restartMeta();
  }

  /** Much at once about one name. */
  #crowd(node: LabNode, name: string): void {
    for (const begin of [() => this.#put(node, name), () => this.#post(name), () => this.#purge(name)]) {
      if (this.#pick([true, false])) this.#begin(begin());
      this.#begin(this.#get(this.#pick(this.#nodes), name));
    }
  }

  #begin(work: Promise<void>): void {
    const done: Promise<void> = work.finally(() => void this.#underWay.delete(done));
    this.#underWay.add(done);
    // A failure is seen when all are waited for.
    done.catch(() => {});
  }

  async #get(node: LabNode, name: string): Promise<void> {
    const floor = this.#acknowledged.get(name) ?? 0;
    const what = this.#note(`get ${name} of ${node.at.host} above ${floor}`);
    const ranges = [undefined, undefined, undefined, "bytes=1-40"];
    const range = this.#pick(ranges);
    const got = await this.#asking(node, "GET", name, range === undefined ? {} : { headers: [["range", range]] });
    this.#note(`${what}: ${got?.status} ${got?.cache} ${got?.text.slice(0, 20)}`);
    if (got === undefined || (got.status !== 200 && got.status !== 206)) {
      assert(got === undefined || [404, 502, 503, 504].includes(got.status), `${what}: status ${got?.status}`);
      if (got?.status === 404) assertEquals(floor, 0, `${what}: it is there`);
      return;
    }
    this.answers++;
    const generation = Number(fieldOf(got.headers, "x-file-generation"));
    const sha256 = fieldOf(got.headers, "x-file-sha256")!;
    assert(this.#versions.get(sha256) === name, `${what}: bytes that nobody put`);
    if (got.status === 200) assertEquals(shaOf(got.bytes), sha256, `${what}: bytes of one version`);
    else assertEquals(got.bytes.length, 40, `${what}: a part`);
    const isStale = got.cache?.startsWith("STALE") ?? false;
    if (isStale) {
      assert(this.#lab.clock.now() - this.#lastTroubleMs < AFTERMATH_MS || this.#cuts.size > 0, `${what}: stale`);
    } else assert(generation >= floor, `${what}: ${generation} is older\n${this.#trace.slice(-60).join("\n")}`);
  }

  async #put(node: LabNode, name: string): Promise<void> {
    const body = this.#version(name);
    const what = this.#note(`put ${name} at ${node.at.host}: ${new TextDecoder().decode(body.slice(0, 20))}`);
    const got = await this.#asking(node, "PUT", name, { body });
    this.#note(`${what}: ${got?.status}`);
    if (got?.status === 200) this.#acknowledge(name, Number(fieldOf(got.headers, "x-file-generation")));
  }

  async #post(name: string): Promise<void> {
    const body = this.#version(name);
    const what = this.#note(`post ${name}: ${new TextDecoder().decode(body.slice(0, 20))}`);
    const got = await this.#lab.asking(STORE, "POST", `/post/${name}`, { body }).catch(() => undefined);
    this.#note(`${what}: ${got?.status} ${got && fieldOf(got.headers, "x-published")}`);
    if (got === undefined || fieldOf(got.headers, "x-published") !== "yes") return;
    this.#acknowledge(name, Number(fieldOf(got.headers, "x-file-generation")));
  }

  async #purge(name: string): Promise<void> {
    this.#note(`purge ${name}`);
    const body = new TextEncoder().encode(JSON.stringify({ file_name: name }));
    await this.#lab.asking(META, "POST", "/meta/purge", { body }).catch(() => undefined);
  }

  async #remove(node: LabNode, name: string): Promise<void> {
    this.#note(`delete ${name} at ${node.at.host}`);
    await this.#asking(node, "DELETE", name, {});
  }

  async #asking(
    node: LabNode,
    method: string,
    name: string,
    question: Parameters<EdgeLab["asking"]>[3],
  ): Promise<Got | undefined> {
    try {
      return await this.#lab.asking(node.at, method, targetOf(name), question);
    } catch {
      return undefined; // It broke off, which says nothing.
    }
  }

  #cutOrHeal(): void {
    const hosts = [META.host, STORE.host, ...this.#nodes.map(({ at }) => at.host)];
    this.#lastTroubleMs = this.#lab.clock.now();
    if (this.#cuts.size >= this.#pick([1, 1, 2, 3])) {
      const [oldest, heal] = [...this.#cuts][0]!;
      this.#note(`heal ${oldest}`);
      heal();
      this.#cuts.delete(oldest);
      return;
    }
    const [from, to] = [this.#pick([...hosts, CLIENT]), this.#pick(hosts)];
    const key = `${from} ${to}`;
    if (from === to || this.#cuts.has(key)) return;
    const kind = this.#pick(["refused", "unreachable", "hang"] as const);
    this.#note(`cut ${key} ${kind}`);
    this.#cuts.set(key, this.#lab.http.faults.cut(to, kind, { from }));
  }

  async #killOrStart(node: LabNode): Promise<void> {
    this.#lastTroubleMs = this.#lab.clock.now();
    if (this.#down.delete(node)) {
      this.#note(`start ${node.at.host}`);
      await node.start();
      return;
    }
    this.#note(`kill ${node.at.host}`);
    this.#down.add(node);
    await this.#lab.clock.until(node.kill());
    if (this.#pick([true, true, false])) await this.#killOrStart(node);
  }

  async #restartMeta(): Promise<void> {
    this.#note("restart meta");
    this.#lastTroubleMs = this.#lab.clock.now();
    const { clock, meta, real } = this.#lab;
    await clock.until(real === undefined ? meta.stop() : real.stopMeta());
    await clock.advance(this.#pick([10, 3_000]));
    await clock.until(real === undefined ? meta.start() : real.startMeta());
  }

  async #checkHealed(node: LabNode, name: string): Promise<void> {
    const { clock, store, real } = this.#lab;
    // What was stored while no meta server could be told is published by the store when one is back.
    if (real === undefined) await clock.until(store.tellAll());
    const latest = real === undefined ? store.objects.get(name)?.object.sha256 : await real.latest(name);
    if (latest === undefined) return;
    const first = await node.get(name);
    // The copy is findable when the meta server has it on record, which the client need not wait for.
    await this.#lab.clock.advance(1_000);
    const second = await node.get(name);
    const where = `${name} of ${node.at.host} when all is healed\n${this.#trace.slice(-60).join("\n")}`;
    assertEquals([first.status, shaOf(first.bytes)], [200, latest], where);
    assertEquals([second.status, second.cache], [200, "HIT memory"], where);
  }

  #version(name: string): Uint8Array<ArrayBuffer> {
    const sizeBytes = this.#pick([60, 500, 70_000, 200_000]);
    const bytes = new TextEncoder().encode(`${name} ${++this.#count} `.padEnd(sizeBytes, "."));
    this.#versions.set(shaOf(bytes), name);
    return bytes;
  }

  #acknowledge(name: string, generation: number): void {
    this.#acknowledged.set(name, Math.max(generation, this.#acknowledged.get(name) ?? 0));
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[randomInt(this.#random, choices.length)]!;
  }

  #note(what: string): string {
    this.#trace.push(`${Math.round(this.#lab.clock.now())} ${what}`);
    return what;
  }
}

async function days(seeds: number, { isReal }: { isReal: boolean }): Promise<void> {
  let answers = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      const lab = await EdgeLab.start(seed, { isReal });
      lab.http.faults.setDelays({ latencyMs: 2, jitterMs: seed % 2 === 0 ? 30 : 600 });
      const nodes = [await lab.node(1), await lab.node(2)];
      const day = new Day(lab, seededRandom(seed), nodes);
      await day.run();
      answers += day.answers;
      await lab[Symbol.asyncDispose]();
      for (const { files } of nodes) assertEquals(files.openFiles, 0, "no file is left open");
    } catch (error) {
      throw new Error(`Seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  assert(answers > seeds * 10, `${answers} answers`);
}

Deno.test("node: no bad day makes it serve what is older than what was acknowledged, or anything that nobody put", async () => {
  await days(SEEDS, { isReal: false });
});

Deno.test("edge: no bad day of nodes, store and meta server breaks that either", async () => {
  await days(REAL_SEEDS, { isReal: true });
});
