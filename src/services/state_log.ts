/**
 * Makes the changes of a state machine visible: in the log at `debug`, and counted in `/metrics` and `/state`. Some states
 * last no longer than a moment, and nobody would ever see them otherwise.
 *
 * @module
 */

import type { LifecycleListener } from "../core/lifecycle.ts";
import type { Log } from "../env/log.ts";
import type { Counter, Metrics } from "../env/metrics.ts";

/** Options of {@link observeStates}. */
export interface StateLogOptions {
  /** Counts the changes. */
  metrics: Metrics;
  /** Told of each change. Default: nobody, for machines that change all the time. */
  log?: Log;
}

/** Returns a listener for a lifecycle that counts each change and logs it. */
export function observeStates({ metrics, log }: StateLogOptions): LifecycleListener<string> {
  const counters = new Map<string, Counter>();
  return (from, to) => {
    const key = `${from} ${to}`;
    let counter = counters.get(key);
    if (counter === undefined) {
      counter = metrics.counter("microcdn_state_changes_total", "Changes of state.", { from, to });
      counters.set(key, counter);
    }
    counter.add();
    log?.debug("state", { from, to });
  };
}
