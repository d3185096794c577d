/**
 * What a request that does not fit its schema is answered with: `{"detail":[{"loc","msg","type"}]}`, status 422, in the
 * words that existing clients know.
 *
 * Source: PROTOCOL.md, "edge: errors".
 *
 * @module
 */

import type { ValidationErrorReply } from "./edge_json.ts";

/** Something that a schema found: as much of an issue of zod as is shown. */
export interface SchemaIssue {
  /** The kind, such as `invalid_type`. */
  readonly code: string;
  /** Names of fields and numbers of elements that lead to it. */
  readonly path: readonly PropertyKey[];
  /** What is wrong, in zod's words. */
  readonly message: string;
  /** The type that was expected, with `invalid_type`. */
  readonly expected?: string;
  /** What is too small or too big, with those codes: `number`, `string`, `array`, ... */
  readonly origin?: string;
  /** The least, with `too_small`. */
  readonly minimum?: number | bigint;
  /** The most, with `too_big`. */
  readonly maximum?: number | bigint;
}

/** Where in a request something is. */
export type RequestPart = "body" | "query" | "path" | "header";

type Detail = ValidationErrorReply["detail"][number];

/** The most things that one answer names: a list of 10,000 broken files would else be answered with as many. */
const MAX_DETAILS = 100;

/** What is said of a type, by the name that zod has for it. */
const TYPES: Readonly<Record<string, readonly [type: string, msg: string]>> = {
  array: ["list_type", "Input should be a valid list"],
  boolean: ["bool_type", "Input should be a valid boolean"],
  int: ["int_type", "Input should be a valid integer"],
  number: ["float_type", "Input should be a valid number"],
  object: ["dict_type", "Input should be a valid dictionary"],
  string: ["string_type", "Input should be a valid string"],
};

/** What is said of a length, by what has it: the type of too little and of too much, and what is counted. */
const LENGTHS: Readonly<Record<string, readonly [short: string, long: string, noun: string, units: string]>> = {
  array: ["too_short", "too_long", "List", "items"],
  string: ["string_too_short", "string_too_long", "String", "characters"],
};

/**
 * Turns what a schema found into the answer.
 *
 * @param value What was checked: it tells a field that is missing from one that is of another type.
 */
export function validationError(
  issues: readonly SchemaIssue[],
  value: unknown,
  part: RequestPart = "body",
): ValidationErrorReply {
  return {
    detail: issues.slice(0, MAX_DETAILS).map((issue) => {
      const path = issue.path.map((key) => typeof key === "number" ? key : String(key));
      return { loc: [part, ...path], ...wordsFor(issue, isMissing(value, path)) };
    }),
  };
}

/** The answer to a body that is no JSON at all. */
export function invalidJson(): ValidationErrorReply {
  return { detail: [{ loc: ["body"], msg: "JSON decode error", type: "json_invalid" }] };
}

function wordsFor(issue: SchemaIssue, missing: boolean): Pick<Detail, "msg" | "type"> {
  if (missing) return { msg: "Field required", type: "missing" };
  const { code, expected = "", origin = "", minimum, maximum, message } = issue;
  if (code === "invalid_type" && Object.hasOwn(TYPES, expected)) {
    const [type, msg] = TYPES[expected]!;
    return { msg, type };
  }
  if (code === "too_small" || code === "too_big") {
    const isSmall = code === "too_small";
    const bound = isSmall ? minimum : maximum;
    if (Object.hasOwn(LENGTHS, origin)) {
      const [short, long, noun, units] = LENGTHS[origin]!;
      return {
        msg: `${noun} should have at ${isSmall ? "least" : "most"} ${bound} ${units}`,
        type: isSmall ? short : long,
      };
    }
    return {
      msg: `Input should be ${isSmall ? "greater" : "less"} than or equal to ${bound}`,
      type: isSmall ? "greater_than_equal" : "less_than_equal",
    };
  }
  return { msg: message, type: "value_error" };
}

/** Whether there is nothing at the end of a path. */
function isMissing(value: unknown, path: readonly (string | number)[]): boolean {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return true;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at === undefined;
}
