/**
 * Waiting for what real processes do: the one place where a test lets time pass.
 *
 * @module
 */

/** Options of {@link until}. */
export interface UntilOptions {
  /** Milliseconds before it gives up. */
  deadlineMs: number;
}

const POLL_MS = 10;

/**
 * How long real processes and sockets get for what they do in an instant on a quiet machine: a test that holds does not
 * last any longer for it, and one on a machine that is busy with others does not fail for want of time.
 */
export const PATIENCE: UntilOptions = { deadlineMs: 120_000 };

/**
 * Waits until `condition` holds, looking every 10 ms.
 *
 * @throws {Error} if it does not hold within the deadline. What `condition` throws is thrown as it is.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { deadlineMs }: UntilOptions = PATIENCE,
): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!await condition()) {
    if (performance.now() > endMs) throw new Error(`Cannot wait longer: no change within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
