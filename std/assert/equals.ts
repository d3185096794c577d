import { AssertionError } from "./assertion_error.ts";
import { renderDifference } from "./diff.ts";
import { equal } from "./equal.ts";
import { ending, format } from "./message.ts";

/**
 * Asserts that two values are deeply equal, as {@link equal} has it.
 *
 * @throws {AssertionError} that shows where they differ.
 */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(`Values are not equal${ending(msg)}\n${renderDifference(actual, expected, format)}`);
}
