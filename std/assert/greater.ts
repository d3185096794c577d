import { AssertionError } from "./assertion_error.ts";
import { format } from "./message.ts";

/**
 * Asserts that `actual > expected`.
 *
 * @throws {AssertionError} if it is not so.
 */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (actual > expected) return;
  throw new AssertionError(msg ?? `Expect ${format(actual)} > ${format(expected)}`);
}
