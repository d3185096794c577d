/**
 * What a monitor may conclude, from the heartbeats that the network really delivered to it.
 *
 * @module
 */

import type { LogRecord } from "../../src/env/log.ts";
import { HEARTBEATS, kindOf, machineOf, serverIdOf } from "./topology.ts";
import type { Violations } from "./violations.ts";

const TIMEOUT_MS = 8_000;
/** The time-out and one check. */
const LATEST_MS = 9_000;
/** Sums of fractions of milliseconds are not exact. */
const ROUNDING_MS = 0.01;
/** How long one attempt at a report takes at most. */
const ATTEMPT_MS = 2_000;
const MONITOR = `${HEARTBEATS.host}:${HEARTBEATS.port}`;

/** What {@link MonitorModel} is made of. */
export interface MonitorModelOptions {
  /** Where what is wrong goes. */
  readonly violations: Violations;
  /** Virtual time. */
  readonly now: () => number;
  /** Since when nothing has run on a machine; undefined while something runs there, be it about to stop. */
  readonly goneSinceMs: (machine: string) => number | undefined;
  /** Whether the monitor runs and was not asked to stop. */
  readonly isAtWork: () => boolean;
}

/** The knowledge of the monitor that runs, forgotten when it starts anew. */
export class MonitorModel {
  readonly #options: MonitorModelOptions;
  #isRunning = false;
  /** The last heartbeat, or when it began to wait for one. */
  #signs = new Map<string, number>();
  #alive = new Set<string>();
  /** Deaths to be reported, in their order. */
  #reports: string[] = [];
  /** Whose report was taken back, and when; it may have been on its way. */
  #withdrawn = new Map<string, number>();
  /** Deaths that no index has acknowledged. */
  #untold = new Set<string>();

  /** Creates the model of a monitor that does not run. */
  constructor(options: MonitorModelOptions) {
    this.#options = options;
  }

  /** A monitor starts, and knows nothing. */
  started(): void {
    this.#forget();
    this.#isRunning = true;
  }

  /** It ends. */
  ended(): void {
    this.#forget();
    this.#isRunning = false;
  }

  /** Deaths that no index has acknowledged. */
  get untold(): readonly string[] {
    return [...this.#untold];
  }

  /** An index has acknowledged a report. */
  buried(id: string): void {
    this.#untold.delete(id);
  }

  /** An index starts: it knows nobody, and need not be told of old deaths. */
  indexStarted(): void {
    this.#untold.clear();
  }

  /** Follows the network's record. */
  noted(line: string): void {
    if (!this.#isRunning || !line.includes(` ${MONITOR} `)) return;
    const [, event, from] = line.split(" ");
    const machine = from!.slice(0, from!.lastIndexOf(":"));
    if (event === "packet" && kindOf(machine) === "content") this.#signs.set(serverIdOf(machine), this.#options.now());
  }

  /** Follows what the monitor says. */
  logged({ event, fields }: LogRecord): void {
    const id = String(fields.id);
    if (event === "server alive") this.#alive.add(id);
    else if (event === "server alive again") this.#revive(id);
    else if (event === "server expected") this.#expect(id);
    else if (event === "server dead") this.#die(id);
    else if (event === "death reported") this.#report(id);
  }

  /** Looks for servers that are long gone and count as alive. */
  check(): void {
    const nowMs = this.#options.now();
    if (!this.#options.isAtWork()) return;
    for (const id of this.#alive) {
      const goneSinceMs = this.#options.goneSinceMs(machineOf(id));
      if (goneSinceMs === undefined) continue;
      const goneMs = nowMs - Math.max(goneSinceMs, this.#signs.get(id) ?? 0);
      if (goneMs <= LATEST_MS + ROUNDING_MS) continue;
      this.#options.violations.add("no late death", `${id} has been gone for ${goneMs} ms and counts as alive`);
    }
  }

  #forget(): void {
    this.#signs = new Map();
    this.#alive = new Set();
    this.#reports = [];
    this.#withdrawn = new Map();
    this.#untold = new Set();
  }

  #revive(id: string): void {
    this.#alive.add(id);
    this.#untold.delete(id);
    if (!this.#reports.includes(id)) return;
    this.#reports = this.#reports.filter((waiting) => waiting !== id);
    this.#withdrawn.set(id, this.#options.now());
  }

  #expect(id: string): void {
    this.#alive.add(id);
    if (!this.#signs.has(id)) this.#signs.set(id, this.#options.now());
  }

  #die(id: string): void {
    const silentMs = this.#options.now() - (this.#signs.get(id) ?? Infinity);
    if (!(silentMs > TIMEOUT_MS)) {
      this.#options.violations.add("no death without silence", `${id} is declared dead after ${silentMs} ms`);
    }
    if (!this.#alive.delete(id)) {
      this.#options.violations.add("no death without silence", `${id} is declared dead twice`);
    }
    this.#reports.push(id);
    this.#untold.add(id);
  }

  #report(id: string): void {
    const sinceMs = this.#options.now() - (this.#withdrawn.get(id) ?? -Infinity);
    if (this.#reports[0] === id) this.#reports.shift();
    else if (sinceMs > ATTEMPT_MS + ROUNDING_MS) {
      const expected = this.#reports[0] ?? "nothing";
      this.#options.violations.add("reports in order", `the death of ${id} is reported, expected ${expected}`);
    }
  }
}
