import { AssertionError } from "./assertion_error.ts";
import { ending } from "./message.ts";

/**
 * Asserts that a text contains another.
 *
 * @throws {AssertionError} if it does not.
 */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(`Expected actual: "${actual}" to contain: "${expected}"${ending(msg)}`);
}
