/**
 * A real meta server, store and nodes in memory, through bad days that a seed decides: whoever asks any node after a write
 * was published gets nothing older.
 */

import { assert, assertEquals } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { type Random, randomInt, seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import { type VirtualEnv, virtualEnv } from "../src/env/virtual.ts";
import { MemoryNetwork } from "../src/net/memory.ts";
import { MemoryHttpServers, readBody } from "../src/net/memory_http.ts";
import { NetError } from "../src/net/net_error.ts";
import { fieldOf } from "../src/protocol/http_fields.ts";
import { type MetaRole, startMeta } from "../src/roles/edge/meta.ts";
import { type NodeRole, startNode } from "../src/roles/edge/node.ts";
import { startStore, type StoreRole } from "../src/roles/edge/store.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { MemoryCatalogue } from "../src/storage/memory_catalogue.ts";
import { MemoryLayer } from "../src/storage/memory_layer.ts";

const SEEDS = 40;
const STEPS = 100;
const NAMES = ["a", "b/c"];
const TOKEN = "lab";
const CLIENT = "10.0.0.9";
const META: Address = { host: "10.0.0.1", port: 8002 };
const STORE: Address = { host: "10.0.0.2", port: 5050 };
const NODES: readonly Address[] = ["10.0.0.3", "10.0.0.4"].map((host) => ({ host, port: 4000 }));
const KINDS = ["refused", "unreachable", "hang"] as const;
/** Long enough for every wait that a fault began. */
const AFTERMATH_MS = 60_000;

/** One day. */
class Day {
  readonly #clock = new VirtualClock();
  readonly #random: Random;
  readonly #http: MemoryHttpServers;
  readonly #network: MemoryNetwork;
  readonly #catalogue = new MemoryCatalogue();
  readonly #written = new Map<string, number>();
  /** The latest version of each name that was said to be published. */
  readonly #published = new Map<string, number>();
  readonly #heals: (() => void)[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly trace: string[] = [];
  #meta: MetaRole | undefined;
  #store: StoreRole | undefined;
  #nodes: NodeRole[] = [];
  checked = 0;

  constructor(seed: number) {
    const clock = this.#clock;
    this.#random = seededRandom(seed);
    this.#http = new MemoryHttpServers({ clock, random: seededRandom(seed + 1) });
    this.#network = new MemoryNetwork({ clock, random: seededRandom(seed + 2) });
    this.#http.faults.setDelays({ latencyMs: 1, jitterMs: 3 });
    // The catalogue outlives the meta server.
    this.#catalogue.close = () => Promise.resolve();
  }

  async run(): Promise<void> {
    await this.#startAll();
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      await this.#clock.advance([0, 1, 10, 100, 1_000, 3_000][randomInt(this.#random, 6)]!);
    }
    for (const heal of this.#heals) heal();
    await this.#clock.until(Promise.all(this.#underWay));
    await this.#clock.advance(AFTERMATH_MS);
    for (const name of NAMES) {
      await this.#clock.until(this.#write(name));
      for (const node of NODES) {
        assert(await this.#clock.until(this.#read(node, name)), "all is well, and so it is served");
      }
    }
  }

  async stop(): Promise<void> {
    const roles = [...this.#nodes, this.#store, this.#meta];
    await this.#clock.until(Promise.all(roles.map((role) => role?.stop())));
    assertEquals(this.#http.failures, []);
  }

  async #startAll(): Promise<void> {
    await this.#startMeta();
    const env = this.#env(STORE.host);
    const objects = await this.#clock.until(openFolderObjects(env, "/objects"));
    this.#store = await startStore(env, { listen: STORE, objects, meta: [META], token: TOKEN });
    for (const listen of NODES) {
      const place = { lat: 1, lng: 1 };
      const env = this.#env(listen.host);
      const starting = startNode(env, {
        listen,
        place,
        meta: [META],
        store: [STORE],
        cache: new MemoryLayer(env),
        token: TOKEN,
      });
      this.#nodes.push(await this.#clock.until(starting));
    }
    await this.#clock.advance(5_000);
  }

  async #startMeta(): Promise<void> {
    const options = { listen: META, catalogue: this.#catalogue, store: STORE, token: TOKEN };
    this.#meta = await startMeta(this.#env(META.host), options);
  }

  async #step(): Promise<void> {
    const action = randomInt(this.#random, 20);
    const name = NAMES[randomInt(this.#random, NAMES.length)]!;
    const node = NODES[randomInt(this.#random, NODES.length)]!;
    if (action < 11) this.#begin(this.#read(node, name));
    else if (action < 15) this.#begin(this.#write(name));
    else if (action < 16) this.#begin(this.#purge(name));
    else if (action < 18) {
      const [from, to] = action === 16 ? [META.host, node.host] : [node.host, META.host];
      this.trace.push(`cut ${from} ${to}`);
      const kind = KINDS[randomInt(this.#random, KINDS.length)]!;
      this.#heals.push(
        this.#http.faults.cut(to, kind, { from }),
      );
    } else if (action < 19) {
      this.trace.push("heal");
      this.#heals.pop()?.();
    } else {
      this.trace.push("restart meta");
      await this.#clock.until(this.#meta!.stop());
      await this.#startMeta();
    }
  }

  #begin(work: Promise<unknown>): void {
    const done: Promise<void> = work.then(() => {}).finally(() => void this.#underWay.delete(done));
    this.#underWay.add(done);
    // A failure is seen when all are waited for.
    done.catch(() => {});
  }

  async #write(name: string): Promise<void> {
    const version = (this.#written.get(name) ?? 0) + 1;
    this.#written.set(name, version);
    this.trace.push(`write ${name} ${version}`);
    const answer = await this.#ask(STORE, "POST", `/post/${name}`, `${version}`);
    const published = answer === undefined ? undefined : fieldOf(answer.headers, "X-Published");
    const generation = generationOf(answer);
    this.trace.push(`written ${name} ${version} as ${generation} ${answer?.status} ${published}`);
    if (answer?.status !== 200 || published !== "yes") return;
    this.#published.set(name, Math.max(generation, this.#published.get(name) ?? 0));
  }

  async #purge(name: string): Promise<void> {
    this.trace.push(`purge ${name}`);
    await this.#ask(META, "POST", "/meta/purge", JSON.stringify({ file_name: name }));
  }

  /** Returns whether it was served, and fails if it was too old. */
  async #read(node: Address, name: string): Promise<boolean> {
    const floor = this.#published.get(name) ?? 0;
    const startMs = this.#clock.now();
    const answer = await this.#ask(node, "GET", `/cdn/cache/${name}`);
    if (answer?.status !== 200) return false;
    const cache = fieldOf(answer.headers, "X-Cache") ?? "";
    this.trace.push(`read ${name} at ${node.host}: ${answer.text} ${cache}, from ${startMs}, above ${floor}`);
    assert(generationOf(answer) >= floor || cache.startsWith("STALE"), this.trace.join("\n"));
    this.checked++;
    return true;
  }

  async #ask(to: Address, method: string, target: string, body?: string): Promise<Answered | undefined> {
    const question = { method, target, headers: [["authorization", `Bearer ${TOKEN}`]] as const };
    const bytes = body === undefined ? {} : { body: new TextEncoder().encode(body) };
    try {
      const answer = await this.#http.client(CLIENT).ask(to, { ...question, ...bytes });
      return { status: answer.status, headers: answer.headers, text: new TextDecoder().decode(await readBody(answer)) };
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      return undefined;
    }
  }

  #env(host: string): VirtualEnv {
    const clock = this.#clock;
    const net = this.#network.host(host);
    return virtualEnv({ clock, random: seededRandom(5), net, http: this.#http, httpHost: host });
  }
}

function generationOf(answer: Answered | undefined): number {
  return answer === undefined ? 0 : Number(fieldOf(answer.headers, "X-File-Generation"));
}

interface Answered {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
}

Deno.test("whoever asks a node after a write was published gets nothing older, through bad days", async () => {
  let checked = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const day = new Day(seed);
    try {
      await day.run();
    } catch (error) {
      throw new Error(`Seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
    await day.stop();
    checked += day.checked;
  }
  assert(checked > SEEDS * 10, `${checked}`);
});
