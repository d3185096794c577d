/**
 * What goes wrong with a cache layer's engine: counted, and logged once until it works again.
 *
 * @module
 */

import type { Env } from "../env/env.ts";
import type { Counter } from "../env/metrics.ts";

/** The faults of one layer. */
export class LayerFaults {
  readonly #log: Env["log"];
  readonly #layer: string;
  readonly #errors: Counter;
  #failure: string | undefined;

  /** Creates it without a fault. */
  constructor({ log, metrics }: Pick<Env, "log" | "metrics">, layer: string) {
    this.#log = log;
    this.#layer = layer;
    const help = "Operations of the cache that failed.";
    this.#errors = metrics.counter("microcdn_edge_cache_errors_total", help, { layer });
  }

  /** The last fault, unless something worked since. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Notes that an operation failed. */
  note(error: unknown): void {
    this.#errors.add();
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#failure === undefined) this.#log.warn("cache fails", { layer: this.#layer, reason });
    this.#failure = reason;
  }

  /** Notes that an operation worked. */
  clear(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#log.info("cache works again", { layer: this.#layer });
  }
}
