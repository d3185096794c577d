import { AssertionError } from "./assertion_error.ts";
import { renderDifference } from "./diff.ts";
import { ending, format } from "./message.ts";

/**
 * Asserts that two values are the same one, as `Object.is` has it.
 *
 * @throws {AssertionError} that shows where they differ, if they do.
 */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const text = format(actual);
  if (text === format(expected)) {
    throw new AssertionError(
      `Values have the same structure but are not reference-equal${ending(msg)}\n\n${text.replaceAll(/^/gm, "    ")}\n`,
    );
  }
  throw new AssertionError(
    `Values are not strictly equal${ending(msg)}\n${renderDifference(actual, expected, format)}`,
  );
}
