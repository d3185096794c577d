import { AssertionError } from "./assertion_error.ts";
import { ending, format } from "./message.ts";

/**
 * Asserts that two values are not the same one, as `Object.is` has it.
 *
 * @throws {AssertionError} if they are.
 */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(`Expected "actual" to not be strictly equal to: ${format(actual)}${ending(msg)}\n`);
}
