/**
 * Wakes a loop that waits for something to happen.
 *
 * @module
 */

import { onAbort } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";

/** A bell that is heard once, however often it was rung in between. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  /** Rings it. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Forgets that it rang. */
  clear(): void {
    this.#rung = false;
  }

  /** Waits until it rings, at once if it has since the last wait; or until `signal` aborts, or `limitMs` pass. */
  async wait(clock: Clock, { signal, limitMs }: { signal: AbortSignal; limitMs?: number }): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      let off = (): void => {};
      let cancel = (): void => {};
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        off = onAbort(signal, resolve);
        if (limitMs !== undefined) cancel = clock.schedule(limitMs, resolve);
      });
      off();
      cancel();
    }
    this.#wake = undefined;
    this.#rung = false;
  }
}
