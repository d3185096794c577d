/**
 * Bad days of the whole edge family, each decided by a seed: writes, removals and purges at every door, cuts between
 * everybody, slow links, kills and restarts of every role.
 *
 * What must hold: who asks after a change was acknowledged gets nothing older, unless it says that it is stale; an answer
 * that comes to its end has exactly the bytes of one version; and when all is healed, every node has what the store has,
 * and hears of the next change.
 */

import { assert, assertEquals } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { type Random, randomInt, seededRandom } from "../src/base/random.ts";
import { PUBLISHED_FIELD } from "../src/protocol/edge_headers.ts";
import { fieldOf, type HttpFields } from "../src/protocol/http_fields.ts";
import { CLIENT, EdgeWorld, type Got, judge, type Question, STORE, type WorldNode } from "./edge_world.ts";

const SEEDS = 100;
const STEPS = 120;
const NAMES = ["a", "b"];
/** Few, so that a file is often what it was before. */
const TEXTS = ["one", "two", "three".padEnd(70_000, ".")];
/** Statuses with which a request may fail on a bad day. */
const FAILURES = [502, 503, 504];

/** One day. */
class Day {
  readonly #world: EdgeWorld;
  readonly #random: Random;
  /** The last state of each name that was acknowledged. */
  readonly #known = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #cuts = new Map<string, () => void>();
  readonly trace: string[] = [];
  answers = 0;
  changes = 0;

  constructor(world: EdgeWorld, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  async run(): Promise<void> {
    const { clock } = this.#world;
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      await clock.advance(this.#pick([0, 1, 5, 20, 100, 500, 2_500]));
    }
    for (const heal of this.#cuts.values()) heal();
    for (const role of this.#world.roles) await role.start();
    await clock.until(Promise.all(this.#underWay));
    await clock.advance(60_000);
    await this.#checkHealed();
  }

  async #step(): Promise<void> {
    const node = this.#pick(this.#world.nodes);
    const name = this.#pick(NAMES);
    const action = randomInt(this.#random, 40);
    if (action < 14) this.#begin(this.#get(node, name));
    else if (action < 18) this.#begin(this.#put(node, name));
    else if (action < 22) this.#begin(this.#write(name).then(() => {}));
    else if (action < 24) this.#begin(this.#remove(name));
    else if (action < 25) this.#begin(this.#purge(name));
    else if (action < 26) this.#begin(this.#drop(node, name));
    else if (action < 28) this.#begin(this.#writeAndLook(name));
    else if (action < 36) this.#cutOrHeal();
    else if (action < 37) this.#world.clock.jumpWall(this.#pick([-60_000, 1_000, 3_600_000]));
    else await this.#killOrStart();
  }

  #begin(work: Promise<void>): void {
    const done: Promise<void> = work.finally(() => void this.#underWay.delete(done));
    this.#underWay.add(done);
    // A failure is seen when all are waited for.
    done.catch(() => {});
  }

  async #get(node: WorldNode, name: string): Promise<void> {
    const since = this.#known.get(name) ?? 0;
    const range = this.#pick([undefined, undefined, undefined, "bytes=1-2"]);
    const got = await this.#asking(node.at, "GET", `/cdn/cache/${name}`, {
      headers: range === undefined ? [] : [["range", range]],
    });
    if (got === undefined || FAILURES.includes(got.status)) return;
    this.answers++;
    judge(this.#world.history, name, since, got);
  }

  async #put(node: WorldNode, name: string): Promise<void> {
    const headers = await this.#conditions(name);
    const got = await this.#asking(node.at, "PUT", `/cdn/cache/${name}`, { headers, body: this.#body() });
    if (got?.status === 200) this.#acknowledge(name, this.#numberOf(got));
    else if (got !== undefined) assert([...FAILURES, 412].includes(got.status), `put: ${got.status}`);
  }

  async #write(name: string): Promise<boolean> {
    const headers = await this.#conditions(name);
    const got = await this.#asking(STORE, "POST", `/post/${name}`, { headers, body: this.#body() });
    if (got === undefined || got.status === 412) return false;
    assertEquals(got.status, 200);
    const isPublished = fieldOf(got.headers, PUBLISHED_FIELD) === "yes";
    if (isPublished) this.#acknowledge(name, this.#numberOf(got));
    return isPublished;
  }

  async #remove(name: string): Promise<void> {
    const { history } = this.#world;
    const before = history.present(name);
    const got = await this.#asking(STORE, "DELETE", `/delete/${name}`);
    if (got?.status !== 200 || fieldOf(got.headers, PUBLISHED_FIELD) !== "yes") return;
    this.#acknowledge(name, history.firstSince(name, undefined, before + 1));
  }

  async #purge(name: string): Promise<void> {
    const body = new TextEncoder().encode(JSON.stringify({ file_name: name }));
    await this.#asking(this.#pick(this.#world.metas).at, "POST", "/meta/purge", { body });
  }

  async #drop(node: WorldNode, name: string): Promise<void> {
    await this.#asking(node.at, "DELETE", `/cdn/cache/${name}`);
  }

  /** Whoever has written a file looks at every node whether it is there. */
  async #writeAndLook(name: string): Promise<void> {
    if (await this.#write(name)) await Promise.all(this.#world.nodes.map((node) => this.#get(node, name)));
  }

  // deno-lint-ignore require-await -- a throw must become a rejection
  async #conditions(name: string): Promise<HttpFields> {
    const state = this.#world.history.state(name);
    switch (randomInt(this.#random, 6)) {
      case 0:
        return [["if-none-match", "*"]];
      case 1:
        return [["if-match", `"${state ?? "0".repeat(64)}"`]];
      default:
        return [];
    }
  }

  async #asking(to: Address, method: string, target: string, question?: Question): Promise<Got | undefined> {
    const what = this.#note(`${method} ${to.host}${target} ${question?.body?.subarray(0, 5) ?? ""}`);
    try {
      const got = await this.#world.asking(to, method, target, question);
      const text = new TextDecoder().decode(got.bytes.subarray(0, 20));
      this.#note(`${what}: ${got.status} ${fieldOf(got.headers, "x-cache") ?? ""} ${text}`);
      return got;
    } catch (error) {
      this.#note(`${what}: ${(error as Error).message}`);
      return undefined; // It broke off, which says nothing.
    }
  }

  #cutOrHeal(): void {
    if (this.#cuts.size >= this.#pick([1, 1, 2, 3])) {
      const [oldest, heal] = [...this.#cuts][0]!;
      this.#note(`heal ${oldest}`);
      heal();
      this.#cuts.delete(oldest);
      return;
    }
    const hosts = this.#world.roles.map(({ at }) => at.host);
    const [from, to] = [this.#pick([...hosts, CLIENT]), this.#pick(hosts)];
    const key = `${from} ${to}`;
    if (from === to || this.#cuts.has(key)) return;
    const kind = this.#pick(["refused", "unreachable", "hang"] as const);
    this.#note(`cut ${key} ${kind}`);
    this.#cuts.set(key, this.#world.http.faults.cut(to, kind, { from }));
  }

  async #killOrStart(): Promise<void> {
    const role = this.#pick(this.#world.roles);
    this.#note(`${role.isUp ? "kill" : "start"} ${role.at.host}`);
    if (role.isUp) await role.kill();
    if (!role.isUp && this.#pick([true, true, false])) await role.start();
  }

  async #checkHealed(): Promise<void> {
    const { nodes, history } = this.#world;
    for (const name of NAMES) {
      for (const text of ["when all is healed", "and once more"]) {
        const body = new TextEncoder().encode(text);
        const got = await this.#world.ask(STORE, "POST", `/post/${name}`, { body });
        assertEquals([got.status, fieldOf(got.headers, PUBLISHED_FIELD)], [200, "yes"]);
        for (const node of nodes) {
          for (const cache of ["MISS", "HIT memory"]) {
            const seen = await node.get(name);
            judge(history, name, history.present(name), seen);
            assertEquals(fieldOf(seen.headers, "x-cache"), cache);
            // The copy is findable when the meta server has it on record, which the client need not wait for.
            await this.#world.clock.advance(2_000);
          }
        }
      }
    }
  }

  #numberOf({ headers }: Got): number {
    return this.#world.history.numberOf(Number(fieldOf(headers, "x-file-generation")));
  }

  #acknowledge(name: string, number: number): void {
    this.#known.set(name, Math.max(number, this.#known.get(name) ?? 0));
    this.changes++;
  }

  #body(): Uint8Array {
    return new TextEncoder().encode(this.#pick(TEXTS));
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[randomInt(this.#random, choices.length)]!;
  }

  #note(what: string): string {
    this.trace.push(`${Math.round(this.#world.clock.now())} ${what}`);
    return what;
  }
}

/** What a link may be like. */
const DELAYS = [{ latencyMs: 0, jitterMs: 0 }, { latencyMs: 2, jitterMs: 30 }, { latencyMs: 50, jitterMs: 900 }];

/** Lives through the day of a seed. */
async function live(seed: number): Promise<Day> {
  const options = { seed, nodes: 2 + seed % 2, metas: 1 + seed % 2, catalogueMs: seed % 3 * 20 };
  const world = await EdgeWorld.start(options);
  world.http.faults.setDelays(DELAYS[seed % 4 % 3]!);
  const day = new Day(world, seededRandom(seed));
  try {
    await day.run();
    await world[Symbol.asyncDispose]();
    return day;
  } catch (error) {
    throw new Error(`Seed ${seed}: ${(error as Error).message}\n${day.trace.slice(-100).join("\n")}`, { cause: error });
  }
}

Deno.test("edge: no bad day makes anybody serve what is older than what was acknowledged", async () => {
  let [answers, changes] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const day = await live(seed);
    answers += day.answers;
    changes += day.changes;
  }
  assert(answers > SEEDS * 20 && changes > SEEDS * 10, `${answers} answers, ${changes} changes`);
});

for (const seed of [383, 441, 445]) {
  // The node was put on record for what it no longer knew that it had put, in place of what it served.
  Deno.test(`edge: seed ${seed}: a write whose end the node did not see is published in its name`, async () => {
    await live(seed);
  });
}
