import { AssertionError } from "./assertion_error.ts";
import { equal } from "./equal.ts";
import { ending, format } from "./message.ts";

/** Something with a length and indices that is not a string. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/**
 * Asserts that each of `expected` deeply equals some entry of `actual`.
 *
 * @throws {AssertionError} that lists the missing ones.
 */
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  msg?: string,
): void {
  const there = Array.from(actual);
  const missing = Array.from(expected).filter((item) => !there.some((one) => equal(one, item)));
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: "${format(actual)}" to include: "${format(expected)}"${ending(msg)}\n` +
      `missing: ${format(missing)}`,
  );
}
