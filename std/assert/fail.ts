import { AssertionError } from "./assertion_error.ts";
import { ending } from "./message.ts";

/**
 * Marks a place that a test must not reach.
 *
 * @throws {AssertionError} always.
 */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${ending(msg)}`);
}
