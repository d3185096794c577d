import { AssertionError } from "./assertion_error.ts";
import { ending } from "./message.ts";

/**
 * Asserts that a value is an instance of a class.
 *
 * @throws {AssertionError} if it is not.
 */
export function assertInstanceOf<
  // deno-lint-ignore no-explicit-any -- only `any` admits every constructor's arguments
  T extends abstract new (...args: any[]) => any,
>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  const expected = `Expected object to be an instance of "${expectedType.name}"`;
  const found = kindOf(actual);
  if (found === expectedType.name) throw new AssertionError(`${expected}${ending(msg)}`);
  const but = found === "function" ? "was not an instanced object" : `was "${found}"`;
  throw new AssertionError(`${expected} but ${but}${ending(msg)}`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return value.constructor?.name ?? "Object";
}
