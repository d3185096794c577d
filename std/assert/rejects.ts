import { AssertionError } from "./assertion_error.ts";
import { assertIsError } from "./is_error.ts";
import { ending } from "./message.ts";

/**
 * Asserts that a function's promise rejects.
 *
 * @returns what it rejected with.
 * @throws {AssertionError} if it resolves, or the function throws or returns no promise.
 */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/**
 * Asserts that a function's promise rejects with an error of a class, whose message contains a text.
 *
 * @returns the error.
 * @throws {AssertionError} if it resolves or rejects with something else, or the function throws or returns no promise.
 */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any -- only `any` admits every constructor's arguments
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any -- only `any` admits every constructor's arguments
  classOrMsg?: (abstract new (...args: any[]) => E) | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const words = typeof classOrMsg === "string" ? classOrMsg : msg;
  const promise = begin(fn, words);
  try {
    await promise;
  } catch (error) {
    if (typeof classOrMsg === "function") {
      if (!(error instanceof Error)) throw new AssertionError(`A non-Error object was rejected${ending(words)}`);
      assertIsError(error, classOrMsg, msgIncludes, words);
    }
    return error;
  }
  throw new AssertionError(`Expected function to reject${ending(words)}`);
}

/** Calls the function; throwing at once, or returning anything but a promise, is not rejecting. */
function begin(
  fn: () => PromiseLike<unknown>,
  msg: string | undefined,
): PromiseLike<unknown> {
  let promise: PromiseLike<unknown> | undefined;
  let cause: unknown;
  try {
    promise = fn();
  } catch (error) {
    cause = error;
  }
  if (promise && typeof promise === "object" && typeof promise.then === "function") return promise;
  throw new AssertionError(
    `Function throws when expected to reject${ending(msg)}`,
    { cause },
  );
}
