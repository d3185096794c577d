import { AssertionError } from "./assertion_error.ts";
import { equal } from "./equal.ts";
import { ending, format } from "./message.ts";

/**
 * Asserts that two values are not deeply equal.
 *
 * @throws {AssertionError} if they are.
 */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(`Expected actual: ${format(actual)} not to be: ${format(expected)}${ending(msg)}`);
}
