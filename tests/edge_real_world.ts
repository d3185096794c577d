/**
 * Store and meta server of the project itself, for edge nodes of the lab.
 *
 * @module
 */

import { MemoryFiles } from "../src/env/memory_files.ts";
import type { VirtualEnv } from "../src/env/virtual.ts";
import type { Role } from "../src/services/role.ts";
import { startMeta } from "../src/roles/edge/meta.ts";
import { startStore } from "../src/roles/edge/store.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { MemoryCatalogue } from "../src/storage/memory_catalogue.ts";
import type { MetaCatalogue } from "../src/storage/meta_catalogue.ts";
import type { Objects } from "../src/storage/objects.ts";
import { type LabWorld, META, STORE } from "./edge_lab_store.ts";

const STORE_FOLDER = "/objects";

/** The real roles, their disk and their catalogue. */
export class RealWorld {
  readonly #world: LabWorld;
  readonly #env: (host: string, files?: MemoryFiles) => VirtualEnv;
  readonly #files: MemoryFiles;
  readonly #catalogue = new MemoryCatalogue();
  #objects: Objects | undefined;
  #store: Role | undefined;
  #meta: Role | undefined;

  /** Takes the way to make an outside world of a host. */
  constructor(world: LabWorld, env: (host: string, files?: MemoryFiles) => VirtualEnv) {
    this.#world = world;
    this.#env = env;
    this.#files = new MemoryFiles({ clock: world.clock });
  }

  /** Starts both. */
  async start(): Promise<void> {
    await this.startMeta();
    await this.startStore();
  }

  /** Starts the meta server, with what it knew before, as one does that has a database. */
  async startMeta(): Promise<void> {
    const catalogue = lasting(this.#catalogue);
    this.#meta = await startMeta(this.#env(META.host), { listen: META, store: STORE, insecure: true, catalogue });
  }

  /** Stops the meta server. */
  async stopMeta(): Promise<void> {
    await this.#meta?.stop();
  }

  /** Starts the store, with what is on its disk. */
  async startStore(): Promise<void> {
    const env = this.#env(STORE.host, this.#files);
    this.#objects = await openFolderObjects(env, STORE_FOLDER);
    this.#store = await startStore(env, { listen: STORE, meta: [META], insecure: true, objects: this.#objects });
  }

  /** Stops the store. */
  async stopStore(): Promise<void> {
    await this.#store?.stop();
  }

  /** The SHA-256 of what the store has under a name. */
  async latest(name: string): Promise<string | undefined> {
    return (await this.#world.clock.until(this.#objects!.stat(name)))?.sha256;
  }

  /** Stops both. */
  async stop(): Promise<void> {
    await this.stopStore();
    await this.stopMeta();
  }
}

/** A catalogue that is not closed with its role. */
function lasting(catalogue: MetaCatalogue): MetaCatalogue {
  return new Proxy(catalogue, {
    get(target, key): unknown {
      if (key === "close") return () => Promise.resolve();
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
