/**
 * Waiting on a promise and an `AbortSignal` at once, without leaking listeners.
 *
 * @module
 */

import { setMaxListeners } from "node:events";

/** Options of anything that can be called off. */
export interface AbortOptions {
  /** Calls the operation off; it rejects with the signal's own reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Calls `run` once when `signal` aborts, at once if it already has. The returned function takes the
 * listener off again; calling it twice is harmless.
 */
export function onAbort(signal: AbortSignal | undefined, run: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    run();
    return () => {};
  }
  // A server's signal has a listener a connection; Node takes more than ten for a leak and says so on standard error.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", run, { once: true });
  return () => signal.removeEventListener("abort", run);
}

/**
 * Waits for `promise`, or rejects with the signal's reason as soon as it aborts. The promise itself goes
 * on: whoever made it must end it.
 */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  let off = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    off = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    off();
  }
}
