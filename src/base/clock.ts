/**
 * Time as an injected dependency.
 *
 * @module
 */

import { type AbortOptions, onAbort } from "./abort.ts";
import { TimerLines } from "./timer_lines.ts";

/** A clock and its timers. All durations are milliseconds. */
export interface Clock {
  /** Milliseconds since an arbitrary start. Never steps back, whatever happens to the wall clock. */
  now(): number;
  /** Milliseconds since the Unix epoch. May jump; fit for showing and for the wire, not for measuring. */
  unixMs(): number;
  /** Calls `run` once after `delayMs`. The returned function calls it off. */
  schedule(delayMs: number, run: () => void): () => void;
}

/** The longest delay that a runtime's timer takes: 2^31 - 1 ms, about 24.8 days. */
export const MAX_DELAY_MS = 2_147_483_647;

/** Returns the machine's clock. */
export function systemClock(): Clock {
  const now = (): number => performance.now();
  const lines = new TimerLines({
    now,
    set(delayMs, run): () => void {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  });
  return {
    now,
    unixMs: () => Date.now(),
    schedule: (delayMs, run) => lines.schedule(Math.min(delayMs, MAX_DELAY_MS), run),
  };
}

/**
 * Resolves after `delayMs`.
 *
 * @throws the signal's reason if it aborts first.
 */
export function sleep(clock: Clock, delayMs: number, options: AbortOptions = {}): Promise<void> {
  const { signal } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(delayMs, () => {
      off();
      resolve();
    });
    const off = onAbort(signal, () => {
      cancel();
      reject(signal?.reason);
    });
  });
}

/** Options of {@link every}. */
export interface EveryOptions {
  /** Ends the loop; {@link every} then resolves. */
  signal: AbortSignal;
  /** Whether the first run comes at once or after one period. Default: false. */
  immediately?: boolean;
}

/**
 * Runs `run` every `periodMs` until the signal aborts. A run is awaited before the next begins, so runs
 * never overlap; one that overruns is followed by the next at once, and missed ones are not made up for.
 *
 * @throws {RangeError} if `periodMs` is not above 0. What `run` throws is thrown as it is.
 */
export async function every(
  clock: Clock,
  periodMs: number,
  run: () => void | Promise<void>,
  { signal, immediately = false }: EveryOptions,
): Promise<void> {
  if (!(periodMs > 0)) throw new RangeError(`Cannot repeat every ${periodMs} ms: expected more than 0`);
  let next = clock.now() + periodMs;
  if (immediately && !signal.aborted) {
    await run();
    next = Math.max(next, clock.now());
  }
  // A late run waits for a timer too: runs that always overrun without yielding would stop the whole program.
  while (await slept(clock, Math.max(0, next - clock.now()), signal) && !signal.aborted) {
    await run();
    next = Math.max(next + periodMs, clock.now());
  }
}

/** Resolves to true after `delayMs`, or to false as soon as the signal aborts. */
export function slept(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const cancel = clock.schedule(delayMs, () => {
      off();
      resolve(true);
    });
    const off = onAbort(signal, () => {
      cancel();
      resolve(false);
    });
  });
}
