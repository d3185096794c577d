/**
 * Workers of content servers in memory: programs on the same machine, which share its port and its disk.
 *
 * @module
 */

import type { Env } from "../src/env/env.ts";
import type { FolderEntry } from "../src/env/files.ts";
import { type MemoryProcess, MemoryProcesses, type MemoryProgramContext } from "../src/env/memory_processes.ts";
import type { MemoryNet } from "../src/net/memory.ts";
import type { ContentWorkers } from "../src/roles/cdn/content.ts";
import { runContentWorker } from "../src/roles/cdn/content_worker.ts";

/** Options of {@link VirtualWorkers}. */
export interface VirtualWorkersOptions {
  /** The folder that they serve. */
  folder: string;
  /** The outside world of a new program on the machine, by the name that it logs with. */
  env: (source: string) => Env & { readonly net: MemoryNet };
}

/** The programs that one machine runs besides its content server. */
export class VirtualWorkers {
  /** What starts them. */
  readonly processes: MemoryProcesses = new MemoryProcesses();
  /** How long they take to list a folder, in milliseconds. */
  listingMs = 0;
  readonly #options: VirtualWorkersOptions;

  /** Starts none. */
  constructor(options: VirtualWorkersOptions) {
    this.#options = options;
  }

  /** The option of a content server that makes it start so many. */
  team(count: number): ContentWorkers {
    return {
      count,
      start: (number, at) => {
        const name = `worker ${number}`;
        this.processes.install(name, (context) => this.#run(name, context, at));
        return { command: [name] };
      },
    };
  }

  /** Those that run. */
  get running(): readonly MemoryProcess[] {
    return this.processes.started.filter(({ end }) => end === undefined);
  }

  async #run(
    name: string,
    { input, signal, print }: MemoryProgramContext,
    listen: { readonly host: string; readonly port: number },
  ): Promise<number> {
    const env = this.#withSlowDisk(this.#options.env(name));
    // Killed, it closes nothing any more: the machine does.
    signal.addEventListener("abort", () => env.net.crash());
    const write = (bytes: Uint8Array): Promise<void> => Promise.resolve(print(bytes));
    await runContentWorker(env, { folder: this.#options.folder, listen, channel: { input, write } });
    return 0;
  }

  #withSlowDisk<T extends Env>(env: T): T {
    const list = async (path: string): Promise<readonly FolderEntry[]> => {
      await new Promise<void>((resolve) => env.clock.schedule(this.listingMs, resolve));
      return await env.files.list(path);
    };
    const files = new Proxy(env.files, {
      get(target, key): unknown {
        const value = Reflect.get(target, key);
        return key === "list" ? list : typeof value === "function" ? value.bind(target) : value;
      },
    });
    return { ...env, files };
  }
}
