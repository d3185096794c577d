/**
 * A program on a simulated machine: its view of the world, which ends at once when it is killed.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { inlineDigests } from "../../src/env/digests.ts";
import type { Env } from "../../src/env/env.ts";
import { createLog, type LogRecord } from "../../src/env/log.ts";
import type { MemoryFiles } from "../../src/env/memory_files.ts";
import { Metrics } from "../../src/env/metrics.ts";
import type { Spawn } from "../../src/env/processes.ts";
import type { Net } from "../../src/net/net.ts";
import { ProgramFiles } from "./program_files.ts";

/** What {@link Program} is made of. */
export interface ProgramOptions {
  /** Time; `unixMs` is that of the machine. */
  readonly clock: Clock;
  /** Seeds its chances. */
  readonly seed: number;
  /** The network as it sees it. */
  readonly net: Net;
  /** The machine's disk. */
  readonly disk: MemoryFiles;
  /** Starts other programs there. Default: it starts none. */
  readonly spawn?: Spawn | undefined;
  /** Whether the disk takes no more bytes. */
  readonly isFull: () => boolean;
  /** Who logs. */
  readonly source: string;
  /** Takes what it logs while it lives. */
  readonly sink: (record: LogRecord) => void;
}

/** A program that lives until it is killed. Afterwards its timers do not fire, its files do nothing, its log is silent. */
export class Program {
  /** Its outside world. */
  readonly env: Env;
  readonly #timers = new Set<() => void>();
  readonly #files: ProgramFiles;
  #isKilled = false;

  /** Starts it. */
  constructor({ clock: world, seed, net, disk, spawn = spawnNone, isFull, source, sink }: ProgramOptions) {
    const clock: Clock = {
      now: () => world.now(),
      unixMs: () => world.unixMs(),
      schedule: (delayMs, run) => this.#schedule(world, delayMs, run),
    };
    const random: Random = seededRandom(seed);
    this.#files = new ProgramFiles({ disk, clock, random: seededRandom(seed + 1), isFull });
    this.env = {
      net,
      http: { serve: () => Promise.reject(new Error("no management in a simulation")) },
      httpClient: { ask: () => Promise.reject(new Error("no HTTP in a simulation")) },
      clock,
      random,
      files: this.#files,
      digests: inlineDigests(),
      spawn,
      host: { runtime: "virtual", pid: 1, variable: () => undefined },
      log: createLog({ clock, sink: (record) => this.#isKilled ? undefined : sink(record), level: "debug", source }),
      metrics: new Metrics(),
    };
  }

  /** Whether it was killed. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Ends it between two instructions, as `kill -9` would. Its sockets are the network's business. */
  kill(): void {
    this.#isKilled = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#files.kill();
  }

  #schedule(world: Clock, delayMs: number, run: () => void): () => void {
    if (this.#isKilled) return () => {};
    const cancel = world.schedule(delayMs, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }
}

function spawnNone(): Promise<never> {
  return Promise.reject(new Error("it has no programs to start"));
}
