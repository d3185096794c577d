import { AssertionError } from "./assertion_error.ts";
import { assertIsError } from "./is_error.ts";
import { ending } from "./message.ts";

/**
 * Asserts that a function throws.
 *
 * @returns what it threw.
 * @throws {AssertionError} if it returns.
 */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/**
 * Asserts that a function throws an error of a class, whose message contains a text.
 *
 * @returns the error.
 * @throws {AssertionError} if it returns, or throws something else.
 */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any -- only `any` admits every constructor's arguments
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any -- only `any` admits every constructor's arguments
  classOrMsg?: (abstract new (...args: any[]) => E) | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const words = typeof classOrMsg === "string" ? classOrMsg : msg;
  try {
    fn();
  } catch (error) {
    if (typeof classOrMsg === "function") {
      if (!(error instanceof Error)) throw new AssertionError(`A non-Error object was thrown${ending(words)}`);
      assertIsError(error, classOrMsg, msgIncludes, words);
    }
    return error;
  }
  throw new AssertionError(`Expected function to throw${ending(words)}`);
}
