/**
 * A user who wants a file, and tries until he has it.
 *
 * @module
 */

import { sleep } from "../../src/base/clock.ts";
import type { Env } from "../../src/env/env.ts";
import type { MemoryFiles } from "../../src/env/memory_files.ts";
import { ClientError, getFile } from "../../src/roles/cdn/client.ts";
import { INDEX } from "./topology.ts";
import { digestOf, type Versions } from "./versions.ts";
import type { Violations } from "./violations.ts";

/** What is wanted. */
export interface WishOptions {
  /** The client's machine. */
  readonly machine: string;
  /** The file. */
  readonly name: string;
  /** Where it goes on the machine's disk. */
  readonly path: string;
  /** How many connections share the work. */
  readonly parallel: number;
  /** How fast the client reads; undefined for as fast as can be. */
  readonly limitBytesPerSecond: number | undefined;
}

/** What a wish is judged by. */
export interface WishWorld {
  /** Where what is wrong goes. */
  readonly violations: Violations;
  /** What there was to be had. */
  readonly versions: Versions;
  /** Virtual time. */
  readonly now: () => number;
}

/** One file for one user. It outlives the programs that try to get it. */
export class Wish {
  /** What is wanted. */
  readonly options: WishOptions;
  readonly #world: WishWorld;
  #isFulfilled = false;
  #lastFailure = "not tried";

  /** Creates a wish that nobody has tried to fulfil. */
  constructor(world: WishWorld, options: WishOptions) {
    this.#world = world;
    this.options = options;
  }

  /** Whether the file is there. */
  get isFulfilled(): boolean {
    return this.#isFulfilled;
  }

  /** How the last attempt ended. */
  get lastFailure(): string {
    return this.#lastFailure;
  }

  /** Tries until it is fulfilled or the signal aborts. Between attempts it waits on the world's `VirtualClock`. */
  async pursue(env: Env, disk: MemoryFiles, signal: AbortSignal): Promise<void> {
    while (!this.#isFulfilled && !signal.aborted) {
      const sinceMs = this.#world.now();
      try {
        await this.#attempt(env, disk, { sinceMs, signal });
      } catch (error) {
        if (!(error instanceof ClientError)) {
          const text = error instanceof Error ? error.stack ?? error.message : String(error);
          this.#world.violations.add("nobody crashes", `a client fails with ${text}`);
          return;
        }
        this.#lastFailure = `${error.kind}: ${error.message}`;
        env.log.info("attempt failed", { file: this.options.name, kind: error.kind, reason: error.message });
        await sleep(env.clock, 200 + 1_800 * env.random.next(), { signal }).catch(() => {});
      }
    }
  }

  async #attempt(
    env: Env,
    disk: MemoryFiles,
    { sinceMs, signal }: { sinceMs: number; signal: AbortSignal },
  ): Promise<void> {
    const { name, path, parallel, limitBytesPerSecond } = this.options;
    const to = { kind: "file", path } as const;
    const { sizeBytes, sha256, isVerified } = await getFile(env, {
      name,
      to,
      index: INDEX,
      parallel,
      limitBytesPerSecond,
      signal,
    });
    const bytes = disk.read(path);
    const digest = digestOf(bytes);
    env.log.info("file obtained", { file: name, bytes: sizeBytes, sha256, isVerified });
    this.#isFulfilled = true;
    const { violations, versions } = this.#world;
    if (bytes.length !== sizeBytes || digest !== sha256) {
      const text =
        `${name}: ${bytes.length} bytes with ${digest} are there, the client says ${sizeBytes} with ${sha256}`;
      violations.add("download is a version that existed", text);
    } else if (!versions.existed(name, digest, sinceMs)) {
      const text = `${name}: no holder had ${sizeBytes} bytes with ${digest} since ${sinceMs} ms`;
      violations.add("download is a version that existed", text);
    }
  }
}
