import { AssertionError } from "./assertion_error.ts";
import { ending } from "./message.ts";

/**
 * Asserts that two numbers are at most `tolerance` apart; NaN equals NaN.
 *
 * @param tolerance Default: one ten-millionth of `expected`.
 * @throws {AssertionError} if they are further apart.
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  const allowed = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (delta <= allowed) return;
  throw new AssertionError(
    `Expected actual: "${show(actual)}" to be close to "${show(expected)}": ` +
      `delta "${show(delta)}" is greater than "${show(allowed)}"${ending(msg)}`,
  );
}

function show(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toExponential();
}
