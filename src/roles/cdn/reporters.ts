/**
 * Tells every index that wants to know who died.
 *
 * @module
 */

import { type Address, formatAddress } from "../../base/address.ts";
import type { Report } from "../../core/report_queue.ts";
import type { Env } from "../../env/env.ts";
import type { Background } from "../../services/background.ts";
import { Reporter } from "./reporter.ts";

/** The most indexes that may ask to be told of deaths, and how long one may be away before it is forgotten. */
const MAX_INDEXES = 16;
const FORGET_INDEX_MS = 600_000;

/** A reporter for each index. */
export class Reporters {
  readonly #env: Env;
  readonly #background: Background;
  readonly #onSettled: (id: string) => void;
  /** By address. */
  readonly #reporters = new Map<string, Reporter>();
  /** Those that the monitor was started for, which are never forgotten. */
  readonly #named = new Set<string>();

  /** Creates it without indexes. `onSettled` is told of a server whose death no index waits for any more. */
  constructor(env: Env, background: Background, onSettled: (id: string) => void) {
    this.#env = env;
    this.#background = background;
    this.#onSettled = onSettled;
  }

  /** How many reports wait, over all indexes. */
  get waiting(): number {
    let waiting = 0;
    for (const reporter of this.#reporters.values()) waiting += reporter.waiting;
    return waiting;
  }

  /** Each index, and how many reports wait for it. */
  list(): { readonly address: string; readonly waiting: number }[] {
    return [...this.#reporters].map(([address, { waiting }]) => ({ address, waiting }));
  }

  /** Begins to tell an index of deaths for as long as the monitor runs. */
  addNamed(index: Address): void {
    this.#named.add(formatAddress(index));
    this.add(index);
  }

  /** Begins to tell an index of deaths. Returns false if there are too many. */
  add(index: Address): boolean {
    const address = formatAddress(index);
    if (this.#reporters.has(address)) return true;
    const isFull = this.#reporters.size >= MAX_INDEXES && !this.#named.has(address);
    if (isFull && !this.#forgetOne()) return false;
    const reporter = new Reporter(this.#env, { index, onSettled: (id) => this.#settle(id) });
    this.#reporters.set(address, reporter);
    this.#background.run(`report to ${address}`, (signal) => reporter.run(signal));
    return true;
  }

  /** Tells all of a death. */
  report(report: Report): void {
    for (const reporter of this.#reporters.values()) reporter.report(report);
  }

  /** Takes back what is not true any more. */
  withdraw(id: string): void {
    for (const reporter of this.#reporters.values()) reporter.withdraw(id);
  }

  #settle(id: string): void {
    for (const reporter of this.#reporters.values()) if (reporter.isWaiting(id)) return;
    this.#onSettled(id);
  }

  /** Makes room by dropping an index that has been away for long. */
  #forgetOne(): boolean {
    const nowMs = this.#env.clock.now();
    const others = [...this.#reporters].filter(([address]) => !this.#named.has(address));
    const gone = others.find(([, reporter]) => reporter.failingForMs(nowMs) > FORGET_INDEX_MS);
    if (gone === undefined) return false;
    const [address, reporter] = gone;
    this.#reporters.delete(address);
    reporter.stop();
    return true;
  }
}
