import { AssertionError } from "./assertion_error.ts";
import { ending } from "./message.ts";

// deno-lint-ignore no-control-regex -- ESC is what begins a colour code
const COLOUR_CODES = /\x1b\[[\d;]*m/g;

/**
 * Asserts that a value is an error, of a class and with a message if they are given. Colour codes do not count.
 *
 * @param ErrorClass The class; none means any error.
 * @param msgMatches A part of the message, or a pattern.
 * @throws {AssertionError} if it is not.
 */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  // deno-lint-ignore no-explicit-any -- only `any` admits every constructor's arguments
  ErrorClass?: abstract new (...args: any[]) => E,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) throw new AssertionError(`Expected "error" to be an Error object${ending(msg)}`);
  if (ErrorClass && !(error instanceof ErrorClass)) {
    const found = (error as Error).constructor?.name;
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${found}"${ending(msg)}`,
      { cause: error },
    );
  }
  if (!msgMatches || matches(error.message, msgMatches)) return;
  const expected = msgMatches instanceof RegExp ? String(msgMatches) : JSON.stringify(msgMatches);
  throw new AssertionError(
    `Expected error message to include ${expected}, but got ${JSON.stringify(error.message)}${ending(msg)}`,
    { cause: error },
  );
}

function matches(message: string, expected: string | RegExp): boolean {
  const plain = message.replaceAll(COLOUR_CODES, "");
  if (expected instanceof RegExp) return expected.test(plain);
  return plain.includes(expected.replaceAll(COLOUR_CODES, ""));
}
