/**
 * All machines of an inventory at once: a line for each as soon as it is known, and what it comes to in the end.
 *
 * @module
 */

import { columnsOf, fitColumns } from "../../src/cli/columns.ts";
import { explainFailure } from "../../src/cli/failure.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";
import type { Screen } from "../cluster/screen.ts";
import type { Result } from "./changes.ts";
import type { Errand } from "./errands.ts";
import { Remote, type RemoteEnv, type RemoteOptions } from "./remote.ts";
import type { Selected } from "./selection.ts";
import { sideBySide } from "./side_by_side.ts";

/** How many machines at once: each costs a process, and some of the network that all programs go through. */
const AT_ONCE = 8;

/** Options of {@link Fleet}. */
export interface FleetOptions extends RemoteOptions {
  /** What errands need of the outside world. */
  readonly env: RemoteEnv;
  /** The machines. */
  readonly selected: readonly Selected[];
  /** Where lines go. */
  readonly screen: Screen;
}

/** Machines on which the same is done. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #steps = new Map<string, string>();
  #done = 0;

  /** Reaches nobody yet. */
  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Runs an errand on every machine, and shows a line for each. Returns whether all of them went well. */
  async run(errand: (errand: Errand) => Promise<Result>): Promise<boolean> {
    const { selected } = this.#options;
    const width = Math.max(...selected.map(({ machine }) => machine.name.length));
    const all = await this.each(async (one) => {
      const { line, isGood } = await errand(one);
      this.#show(`${one.remote.machine.name.padEnd(width)}  ${line}`);
      return isGood;
    });
    return all.every((isGood) => isGood === true);
  }

  /**
   * Runs something on every machine. Where it fails a line is shown, and its result is `undefined`.
   *
   * @param atOnce How many at the same time.
   */
  async each<T>(
    errand: (errand: Errand) => Promise<T>,
    atOnce: number = AT_ONCE,
  ): Promise<ReadonlyArray<T | undefined>> {
    const { env, selected, signal } = this.#options;
    const width = Math.max(...selected.map(({ machine }) => machine.name.length));
    return await sideBySide(selected, atOnce, async ({ machine, isWhole }) => {
      const { name } = machine;
      const remote = new Remote(env, machine, this.#options);
      try {
        signal.throwIfAborted();
        return await errand({ remote, isWhole, onStep: (step) => this.#step(name, step) });
      } catch (error) {
        // Whoever called it off knows; what a machine has begun it finishes.
        if (!signal.aborted) this.#show(`${name.padEnd(width)}  FAILED: ${explainFailure(error).line ?? "it ended"}`);
        return undefined;
      } finally {
        this.#done++;
        this.#steps.delete(name);
        this.#showStatus();
      }
    });
  }

  #show(line: string): void {
    this.#options.screen.line(escapeControls(line));
  }

  #step(name: string, step: string): void {
    this.#steps.set(name, step);
    this.#showStatus();
  }

  #showStatus(): void {
    const { screen, selected } = this.#options;
    const under = [...this.#steps].map(([name, step]) => `${name} ${step}`).join(", ");
    const all = under === "" ? "" : `${this.#done} of ${selected.length} machines; ${under}`;
    const text = fitColumns(escapeControls(all), screen.statusColumns);
    screen.status({ text, columns: columnsOf(text) });
  }
}
