/**
 * The edge family in a virtual world: real stores, meta servers, nodes and origins over the memory network, whose faults
 * are a test's, and what a client may get from them.
 *
 * Every state that a name had at the store is noted when it comes to be. So an answer can be judged whatever it took: it
 * has to be one of the states since the last one of which the client knew when it asked.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { sleep } from "../src/base/clock.ts";
import { type Random, seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import type { EdgeObject } from "../src/core/edge_object.ts";
import { MemoryFiles } from "../src/env/memory_files.ts";
import { type VirtualEnv, virtualEnv } from "../src/env/virtual.ts";
import type { HttpAnswer } from "../src/net/http_client.ts";
import { MemoryNetwork } from "../src/net/memory.ts";
import { MemoryHttpServers, readBody } from "../src/net/memory_http.ts";
import { fieldOf, type HttpFields } from "../src/protocol/http_fields.ts";
import { type MetaRole, startMeta } from "../src/roles/edge/meta.ts";
import { type NodeRole, startNode } from "../src/roles/edge/node.ts";
import { startStore, type StoreRole } from "../src/roles/edge/store.ts";
import { DiskLayer } from "../src/storage/disk_layer.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { MemoryCatalogue } from "../src/storage/memory_catalogue.ts";
import { MemoryLayer } from "../src/storage/memory_layer.ts";
import type { MetaCatalogue } from "../src/storage/meta_catalogue.ts";
import type { Objects } from "../src/storage/objects.ts";
import { TieredCache } from "../src/storage/tiered_cache.ts";
import { shaOf } from "./download_lab.ts";

/** Where the store is. */
export const STORE: Address = { host: "10.0.0.3", port: 5050 };
/** Where the clients are. */
export const CLIENT = "10.0.9.1";

/** What a client got, read to its end. */
export interface Got {
  readonly status: number;
  readonly headers: HttpFields;
  readonly bytes: Uint8Array;
}

/** A question of a client. */
export interface Question {
  readonly headers?: HttpFields;
  readonly body?: Uint8Array | undefined;
}

/** What a world is made of. */
export interface WorldOptions {
  readonly seed?: number;
  readonly nodes?: number;
  readonly metas?: number;
  /** How long each change of the catalogue takes, at most. Default: no time. */
  readonly catalogueMs?: number;
}

/** The virtual world. */
export class EdgeWorld implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly http: MemoryHttpServers;
  readonly history = new History();
  readonly store: WorldStore;
  readonly metas: readonly WorldMeta[];
  readonly nodes: readonly WorldNode[];
  /** What the meta servers know; another one if they have lost it. */
  catalogue: MemoryCatalogue = new MemoryCatalogue();

  constructor({ seed = 1, nodes = 2, metas = 1, catalogueMs = 0 }: WorldOptions = {}) {
    this.random = seededRandom(seed);
    this.http = new MemoryHttpServers({ clock: this.clock, random: this.random });
    const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
    this.metas = numbers(metas).map((number) => new WorldMeta(this, number, catalogueMs));
    this.store = new WorldStore(this);
    this.nodes = numbers(nodes).map((number) => new WorldNode(this, number));
  }

  /** Starts everything, and waits until the nodes have leases. */
  static async start(options?: WorldOptions): Promise<EdgeWorld> {
    const world = new EdgeWorld(options);
    for (const role of world.roles) await role.start();
    await world.clock.advance(1_000);
    return world;
  }

  get roles(): readonly WorldRole[] {
    return [...this.metas, this.store, ...this.nodes];
  }

  get metaAddresses(): Address[] {
    return this.metas.map(({ at }) => at);
  }

  /** The outside world of a host. */
  env(host: string, files?: MemoryFiles): VirtualEnv {
    const { clock, http, random } = this;
    const net = new MemoryNetwork({ clock, random }).host(host);
    const options = { clock, random, net, http, httpHost: host, source: host };
    return virtualEnv(files === undefined ? options : { ...options, files });
  }

  /** Asks as a client, and reads the answer to its end; time is the caller's. */
  async asking(to: Address, method: string, target: string, { headers = [], body }: Question = {}): Promise<Got> {
    const question = { method, target, headers, ...(body === undefined ? {} : { body }) };
    const answer: HttpAnswer = await this.http.client(CLIENT).ask(to, question);
    return { status: answer.status, headers: answer.headers, bytes: await readBody(answer) };
  }

  /** Asks as a client while time goes on. */
  async ask(to: Address, method: string, target: string, question: Question = {}): Promise<Got> {
    return await this.clock.until(this.asking(to, method, target, question));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const role of this.roles.toReversed()) await this.clock.until(role.stop());
    assertEquals(this.http.failures, []);
    for (const { files } of [this.store, ...this.nodes]) assertEquals(files.openFiles, 0, "no file is left open");
    assertEquals(this.clock.pending, 0, "no timer is left");
  }
}

/** A state that a name had: the digest of the bytes, or nothing. */
type State = string | undefined;

/** What every name was at the store, in order; at first nothing. */
export class History {
  readonly #states = new Map<string, State[]>();
  readonly #numbers = new Map<number, number>();

  /** The number of the present state of a name. */
  present(name: string): number {
    return this.#of(name).length - 1;
  }

  /** What a name is now. */
  state(name: string): State {
    return this.#of(name).at(-1);
  }

  /** Notes a new state, and the generation of the bytes. */
  note(name: string, state: State, generation?: number): void {
    this.#of(name).push(state);
    if (generation !== undefined) this.#numbers.set(generation, this.present(name));
  }

  /** The number of the state of a generation. */
  numberOf(generation: number): number {
    return this.#numbers.get(generation) ?? 0;
  }

  /** The number of the first state like this one since a number; `since` if there is none. */
  firstSince(name: string, state: State, since: number): number {
    const at = this.#of(name).indexOf(state, since);
    return at < 0 ? since : at;
  }

  /** Whether a name had a state since a number. */
  had(name: string, state: State, since: number): boolean {
    return this.#of(name).slice(since).includes(state);
  }

  /** The number of the last state like this one; -1 for none. */
  last(name: string, state: State): number {
    return this.#of(name).lastIndexOf(state);
  }

  #of(name: string): State[] {
    const states = this.#states.get(name) ?? [undefined];
    this.#states.set(name, states);
    return states;
  }
}

/** Something that is started, stopped and killed. */
export abstract class WorldRole {
  readonly world: EdgeWorld;
  readonly at: Address;
  #stop: (() => Promise<void>) | undefined;

  constructor(world: EdgeWorld, at: Address) {
    this.world = world;
    this.at = at;
  }

  protected abstract run(): Promise<{ stop(): Promise<void> }>;

  get isUp(): boolean {
    return this.#stop !== undefined;
  }

  async start(): Promise<void> {
    if (this.isUp) return;
    const role = await this.world.clock.until(this.run());
    this.#stop = () => role.stop();
  }

  async stop(): Promise<void> {
    const stop = this.#stop;
    this.#stop = undefined;
    await stop?.();
  }

  /** Ends it as `kill -9` does: nobody hears of it any more. */
  async kill(): Promise<void> {
    const heal = this.world.http.faults.cut(this.at.host, "refused");
    await this.world.clock.until(this.stop());
    heal();
  }

  /** Asks it. */
  ask(method: string, target: string, question?: Question): Promise<Got> {
    return this.world.ask(this.at, method, target, question);
  }
}

/** The store, with what it has on its disk. */
export class WorldStore extends WorldRole {
  readonly files: MemoryFiles;
  role!: StoreRole;

  constructor(world: EdgeWorld) {
    super(world, STORE);
    this.files = new MemoryFiles({ clock: world.clock });
  }

  protected override async run(): Promise<StoreRole> {
    const env = this.world.env(this.at.host, this.files);
    const objects = noting(await openFolderObjects(env, "/objects"), this.world.history);
    return this.role = await startStore(env, {
      listen: this.at,
      objects,
      meta: this.world.metaAddresses,
      insecure: true,
    });
  }

  /** Writes text to a file. */
  write(name: string, text: string): Promise<Got> {
    return this.ask("POST", `/post/${name}`, { body: new TextEncoder().encode(text) });
  }
}

/** Notes what becomes of names. */
function noting(objects: Objects, history: History): Objects {
  return {
    async put(name, body, options): Promise<EdgeObject> {
      const object = await objects.put(name, body, options);
      history.note(name, object.sha256, object.generation);
      return object;
    },
    async remove(name, options): Promise<boolean> {
      const wasThere = await objects.remove(name, options);
      if (wasThere) history.note(name, undefined);
      return wasThere;
    },
    stat: (name, options) => objects.stat(name, options),
    open: (name, options) => objects.open(name, options),
    list: (options) => objects.list(options),
    get failure() {
      return objects.failure;
    },
    close: () => objects.close(),
  };
}

/** A meta server; all of them share one catalogue, which outlives them. */
export class WorldMeta extends WorldRole {
  readonly #catalogueMs: number;

  constructor(world: EdgeWorld, number: number, catalogueMs: number) {
    super(world, { host: `10.0.2.${number}`, port: 8002 });
    this.#catalogueMs = catalogueMs;
  }

  protected override async run(): Promise<MetaRole> {
    const catalogue = shared(this.world, this.#catalogueMs);
    return await startMeta(this.world.env(this.at.host), { listen: this.at, catalogue, store: STORE, insecure: true });
  }
}

/** The catalogue as one of several meta servers has it: everything takes a while there and back. */
function shared(world: EdgeWorld, maxMs: number): MetaCatalogue {
  const pause = (): Promise<void> => sleep(world.clock, world.random.next() * maxMs);
  const endings: (() => void)[] = [];
  return new Proxy(world.catalogue, {
    get(catalogue: MemoryCatalogue, key: string): unknown {
      const value = catalogue[key as keyof MemoryCatalogue] as unknown;
      if (key === "isShared") return true;
      if (key === "close") {
        return (): Promise<void> => {
          for (const end of endings.splice(0)) end();
          return Promise.resolve();
        };
      }
      if (typeof value !== "function") return value;
      const run = value.bind(catalogue) as (...values: unknown[]) => unknown;
      if (["node", "nodes", "file", "files", "staleAt"].includes(key)) return run;
      if (key === "listen") {
        return (listener: unknown): () => void => {
          const end = run(listener) as () => void;
          endings.push(end);
          return end;
        };
      }
      return async (...values: unknown[]): Promise<unknown> => {
        if (maxMs > 0) await pause();
        const result = await run(...values);
        if (maxMs > 0) await pause();
        return result;
      };
    },
  }) as unknown as MetaCatalogue;
}

/** A node, and its disk. */
export class WorldNode extends WorldRole {
  readonly files: MemoryFiles;
  role!: NodeRole;

  constructor(world: EdgeWorld, number: number) {
    super(world, { host: `10.0.1.${number}`, port: 4000 });
    this.files = new MemoryFiles({ clock: world.clock });
  }

  protected override async run(): Promise<NodeRole> {
    const env = this.world.env(this.at.host, this.files);
    const cache = new TieredCache(env, new MemoryLayer(env), await DiskLayer.open(env, { folder: "/cache" }));
    return this.role = await startNode(env, {
      listen: this.at,
      place: { lat: 0, lng: 0 },
      meta: this.world.metaAddresses,
      store: [STORE],
      insecure: true,
      cache,
    });
  }

  /** Asks for a file. */
  get(name: string): Promise<Got> {
    return this.ask("GET", `/cdn/cache/${name}`);
  }

  /** What a client reads there: `200 HIT memory: text`. */
  async read(name: string): Promise<string> {
    const { status, headers, bytes } = await this.get(name);
    return `${status} ${fieldOf(headers, "x-cache")}: ${new TextDecoder().decode(bytes)}`;
  }
}

/** Judges an answer of a node to `GET` for which a state of this number or a later one was known to be. */
export function judge(history: History, name: string, since: number, { status, headers, bytes }: Got): void {
  const cache = fieldOf(headers, "x-cache") ?? "";
  if (status === 404) {
    assert(history.had(name, undefined, since), `${name}: it is there`);
    return;
  }
  assert([200, 206].includes(status), `${name}: status ${status}`);
  const sha256 = fieldOf(headers, "x-file-sha256")!;
  if (status === 200) assertEquals(shaOf(bytes), sha256, `${name}: bytes of one version`);
  const isStale = cache.startsWith("STALE");
  assert(
    history.had(name, sha256, isStale ? 0 : since),
    `${name}: ${cache} of ${history.last(name, sha256)}, not ${since}`,
  );
}
