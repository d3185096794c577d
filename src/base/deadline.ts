/**
 * Deadlines: no wait without an end.
 *
 * @module
 */

import { abortable, type AbortOptions, onAbort } from "./abort.ts";
import type { Clock } from "./clock.ts";

/** A wait that lasted longer than it may. */
export class DeadlineError extends Error {
  /** The name of this class. */
  override readonly name = "DeadlineError";
}

/** Options of {@link withDeadline}. */
export interface DeadlineOptions extends AbortOptions {
  /** Milliseconds that `run` may take. */
  deadlineMs: number;
  /** What is being done, for the error: `dial 127.0.0.1:5050`. */
  what: string;
}

/**
 * Runs `run` with a signal that aborts at the deadline, or with the caller's own signal.
 *
 * @throws {DeadlineError} if the deadline passes first. Rejects with the caller's reason if its signal aborts.
 */
export async function withDeadline<T>(
  clock: Clock,
  options: DeadlineOptions,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { deadlineMs, what, signal } = options;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const cancel = clock.schedule(deadlineMs, () => {
    controller.abort(new DeadlineError(`Cannot ${what}: no answer within ${deadlineMs} ms`));
  });
  const off = onAbort(signal, () => controller.abort(signal?.reason));
  try {
    return await abortable(run(controller.signal), controller.signal);
  } finally {
    cancel();
    off();
  }
}
