import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";

class OwnError extends Error {}

function throwing(value: unknown): () => never {
  return () => {
    throw value;
  };
}

/** Each holds. */
const HOLDING: readonly (() => unknown)[] = [
  () => assert(1),
  () => assertFalse(""),
  () => assertExists(0),
  () => assertEquals({ a: [1] }, { a: [1] }),
  () => assertNotEquals<unknown>(1, "1"),
  () => assertStrictEquals(NaN, NaN),
  () => assertNotStrictEquals({}, {}),
  () => assertAlmostEquals(0.1 + 0.2, 0.3),
  () => assertAlmostEquals(10, 11, 1),
  () => assertAlmostEquals(NaN, NaN),
  () => assertGreater(2, 1),
  () => assertGreaterOrEqual(2, 2),
  () => assertLess("a", "b"),
  () => assertLessOrEqual(1n, 1n),
  () => assertStringIncludes("abc", "bc"),
  () => assertMatch("abc", /b/),
  () => assertNotMatch("abc", /x/),
  () => assertArrayIncludes([1, { a: 1 }, NaN], [{ a: 1 }, NaN]),
  () => assertInstanceOf(new OwnError(), Error),
  () => assertIsError(new OwnError("one \x1b[31mtwo\x1b[0m"), OwnError, "one two"),
  () => assertIsError(new Error("abc"), undefined, /b/),
];

/** Each fails, with a message that begins so. */
const FAILING: readonly (readonly [() => unknown, message: string])[] = [
  [() => assert(0, "why"), "why"],
  [() => assert(0), ""],
  [() => assertFalse(1, "why"), "why"],
  [() => assertExists(null), 'Expected actual: "null" to not be null or undefined.'],
  [() => assertEquals<unknown>(1, "1"), "Values are not equal."],
  [() => assertEquals(1, 2, "why"), "Values are not equal: why\n"],
  [() => assertNotEquals(1, 1), "Expected actual: 1 not to be: 1."],
  [() => assertStrictEquals({ a: 1 }, { a: 1 }), "Values have the same structure but are not reference-equal."],
  [() => assertStrictEquals(0, -0), "Values are not strictly equal."],
  [() => assertNotStrictEquals(1, 1, "why"), 'Expected "actual" to not be strictly equal to: 1: why'],
  [() => assertAlmostEquals(1, 2), 'Expected actual: "1" to be close to "2": delta "1" is greater than "2e-7".'],
  [() => assertGreater(1, 1), "Expect 1 > 1"],
  [() => assertGreaterOrEqual(1, 2), "Expect 1 >= 2"],
  [() => assertLess(1, 1, "why"), "why"],
  [() => assertLessOrEqual(2, 1), "Expect 2 <= 1"],
  [() => assertStringIncludes("abc", "x"), 'Expected actual: "abc" to contain: "x".'],
  [() => assertMatch("abc", /x/), 'Expected actual: "abc" to match: "/x/".'],
  [() => assertNotMatch("abc", /b/), 'Expected actual: "abc" to not match: "/b/".'],
  [() => assertArrayIncludes([1], [1, 2]), "Expected actual:"],
  [() => assertInstanceOf({}, Map), 'Expected object to be an instance of "Map" but was "Object".'],
  [() => assertInstanceOf(null, Map), 'Expected object to be an instance of "Map" but was "null".'],
  [() => assertInstanceOf(Map, Map), 'Expected object to be an instance of "Map" but was not an instanced object.'],
  [() => assertIsError("x"), 'Expected "error" to be an Error object.'],
  [() => assertIsError(new Error("a"), OwnError), 'Expected error to be instance of "OwnError", but was "Error".'],
  [() => assertIsError(new Error("a"), Error, "b"), 'Expected error message to include "b", but got "a".'],
  [() => assertThrows(() => 1, "why"), "Expected function to throw: why"],
  [() => assertThrows(throwing("x"), Error), "A non-Error object was thrown."],
  [() => assertThrows(throwing(new Error("a")), OwnError), "Expected error to be instance of"],
  [() => assertThrows(throwing(new OwnError("a")), OwnError, "b"), "Expected error message to include"],
  [() => fail("why"), "Failed assertion: why"],
];

Deno.test("assertions return when they hold", () => {
  for (const holding of HOLDING) holding();
});

Deno.test("assertions throw an AssertionError that says why when they fail", () => {
  for (const [failing, message] of FAILING) {
    const error = assertThrows(failing, AssertionError);
    assert(error.message.startsWith(message), `${failing}: ${error.message}`);
    assertStrictEquals(error.name, "AssertionError");
  }
});

Deno.test("assertThrows() returns what was thrown", () => {
  const error = new OwnError("one two");
  assertStrictEquals(assertThrows(throwing(error)), error);
  assertStrictEquals(assertThrows(throwing(error), OwnError, "two"), error);
  assertStrictEquals(assertThrows(throwing("text"), "why"), "text");
});

Deno.test("assertRejects() returns what a promise rejected with", async () => {
  const error = new OwnError("one two");
  assertStrictEquals(await assertRejects(() => Promise.reject(error)), error);
  assertStrictEquals(await assertRejects(() => Promise.reject(error), OwnError, "two"), error);
  assertStrictEquals(await assertRejects(() => Promise.reject("text"), "why"), "text");
});

Deno.test("assertRejects() fails unless a promise rejects as expected", async () => {
  const failing: readonly (readonly [() => Promise<unknown>, message: string])[] = [
    [() => assertRejects(() => Promise.resolve(1)), "Expected function to reject."],
    [() => assertRejects(throwing(new OwnError("a")), "why"), "Function throws when expected to reject: why"],
    [() => assertRejects((() => 1) as never), "Function throws when expected to reject."],
    [() => assertRejects(() => Promise.reject("x"), Error), "A non-Error object was rejected."],
    [() => assertRejects(() => Promise.reject(new Error("a")), OwnError), "Expected error to be instance of"],
    [() => assertRejects(() => Promise.reject(new OwnError("a")), OwnError, "b"), "Expected error message to include"],
  ];
  for (const [run, message] of failing) {
    const error = await run().then(() => fail(message), (error: unknown) => error);
    assertInstanceOf(error, AssertionError);
    assert(error.message.startsWith(message), error.message);
  }
});

Deno.test("assertEquals() shows where values differ", () => {
  const error = assertThrows(() => assertEquals({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }), AssertionError);
  assertMatch(error.message, /-\s+2,/);
  assertMatch(error.message, /\+\s+3,/);
});
