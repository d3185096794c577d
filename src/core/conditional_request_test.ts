import { assertEquals } from "@std/assert";
import { writeHttpDate } from "../protocol/http_fields.ts";
import { decideRead, mayWrite, type Representation } from "./conditional_request.ts";

const MODIFIED_MS = Date.UTC(2025, 5, 1, 12, 0, 0) + 750;
const NOW_MS = Date.UTC(2026, 0, 1);
const BEFORE = writeHttpDate(MODIFIED_MS - 2_000);
const THEN = writeHttpDate(MODIFIED_MS);
const AFTER = writeHttpDate(MODIFIED_MS + 2_000);

const PRESENT: Representation = { tag: "v1", modifiedMs: MODIFIED_MS, sizeBytes: 1_000 };

type Fields = Record<string, string>;

function read(fields: Fields, { method = "GET", present = PRESENT } = {}): string {
  const decision = decideRead({ method, headers: Object.entries(fields) }, present, NOW_MS);
  return decision.kind === "part" ? `${decision.range.start}-${decision.range.end}` : decision.kind;
}

Deno.test("decideRead() weighs preconditions in their order", () => {
  const table: [fields: Fields, expected: string][] = [
    [{}, "whole"],
    [{ "If-None-Match": '"v1"' }, "not-modified"],
    [{ "If-None-Match": 'W/"v1"' }, "not-modified"],
    [{ "If-None-Match": '"v0", "v1"' }, "not-modified"],
    [{ "If-None-Match": "*" }, "not-modified"],
    [{ "If-None-Match": '"v2"' }, "whole"],
    [{ "If-None-Match": "v1" }, "whole"],
    [{ "If-Modified-Since": THEN }, "not-modified"],
    [{ "If-Modified-Since": AFTER }, "not-modified"],
    [{ "If-Modified-Since": BEFORE }, "whole"],
    [{ "If-Modified-Since": "tomorrow" }, "whole"],
    // The tag says more than the date.
    [{ "If-None-Match": '"v2"', "If-Modified-Since": AFTER }, "whole"],
    [{ "If-None-Match": '"v1"', "If-Modified-Since": BEFORE }, "not-modified"],
    [{ "If-Match": '"v1"' }, "whole"],
    [{ "If-Match": "*" }, "whole"],
    [{ "If-Match": 'W/"v1"' }, "precondition-failed"],
    [{ "If-Match": '"v2"' }, "precondition-failed"],
    [{ "If-Match": "nonsense" }, "precondition-failed"],
    [{ "If-Unmodified-Since": AFTER }, "whole"],
    [{ "If-Unmodified-Since": THEN }, "whole"],
    [{ "If-Unmodified-Since": BEFORE }, "precondition-failed"],
    [{ "If-Unmodified-Since": "tomorrow" }, "whole"],
    [{ "If-Match": '"v1"', "If-Unmodified-Since": BEFORE }, "whole"],
    [{ "If-Match": '"v2"', "If-None-Match": '"v1"' }, "precondition-failed"],
    [{ "If-Match": '"v1"', "If-None-Match": '"v1"' }, "not-modified"],
    [{ "If-None-Match": '"v1"', Range: "bytes=0-1" }, "not-modified"],
    [{ "If-Match": '"v2"', Range: "bytes=5000-" }, "precondition-failed"],
  ];
  for (const [fields, expected] of table) {
    assertEquals(read(fields), expected, JSON.stringify(fields));
    if (fields.Range === undefined) assertEquals(read(fields, { method: "HEAD" }), expected, JSON.stringify(fields));
  }
});

Deno.test("decideRead() reads ranges", () => {
  const table: [range: string, expected: string][] = [
    ["bytes=0-0", "0-1"],
    ["bytes=0-499", "0-500"],
    ["bytes=500-", "500-1000"],
    ["bytes=-1", "999-1000"],
    ["bytes=-5000", "0-1000"],
    ["bytes=999-5000", "999-1000"],
    ["BYTES=1-2", "1-3"],
    ["bytes =1-2", "1-3"],
    ["bytes= 1-2 , ", "1-3"],
    ["bytes=0-99,100-199", "0-200"],
    ["bytes=100-199,0-99", "0-200"],
    ["bytes=0-99,50-60", "0-100"],
    ["bytes=0-0,5000-", "0-1"],
    ["bytes=0-0,2-2", "whole"],
    ["bytes=1000-", "unsatisfiable"],
    ["bytes=1000-2000,5000-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-4", "whole"],
    ["bytes=-", "whole"],
    ["bytes=", "whole"],
    ["bytes=a-b", "whole"],
    ["bytes=1-2-3", "whole"],
    ["bytes=0x1-2", "whole"],
    ["bytes=+1-2", "whole"],
    ["bytes=1-2;3-4", "whole"],
    ["bytes=99999999999999999-", "whole"],
    ["lines=1-2", "whole"],
    ["bytes", "whole"],
    [`bytes=${"0-0,".repeat(65)}`, "whole"],
  ];
  for (const [range, expected] of table) {
    assertEquals(read({ Range: range }), expected, range);
    assertEquals(read({ Range: range }, { method: "HEAD" }), "whole", range);
  }
});

Deno.test("decideRead() finds no range in what is empty", () => {
  const present = { ...PRESENT, sizeBytes: 0 };
  assertEquals(read({ Range: "bytes=0-" }, { present }), "unsatisfiable");
  assertEquals(read({ Range: "bytes=0-0" }, { present }), "unsatisfiable");
  assertEquals(read({ Range: "bytes=-5" }, { present }), "whole");
  assertEquals(read({}, { present }), "whole");
});

Deno.test("decideRead() sends a part only of the bytes that the client has the rest of", () => {
  const table: [ifRange: string, expected: string][] = [
    ['"v1"', "0-1"],
    ['W/"v1"', "whole"],
    ['"v2"', "whole"],
    [THEN, "0-1"],
    [BEFORE, "whole"],
    [AFTER, "whole"],
    ["nonsense", "whole"],
  ];
  for (const [ifRange, expected] of table) {
    assertEquals(read({ Range: "bytes=0-0", "If-Range": ifRange }), expected, ifRange);
  }
  assertEquals(read({ Range: "bytes=5000-", "If-Range": '"v2"' }), "whole");
});

Deno.test("mayWrite() keeps a write from what the client does not know", () => {
  const table: [fields: Fields, present: boolean, expected: boolean][] = [
    [{}, true, true],
    [{}, false, true],
    [{ "If-Match": '"v1"' }, true, true],
    [{ "If-Match": '"v2"' }, true, false],
    [{ "If-Match": "*" }, true, true],
    [{ "If-Match": "*" }, false, false],
    [{ "If-None-Match": "*" }, true, false],
    [{ "If-None-Match": "*" }, false, true],
    [{ "If-None-Match": '"v1"' }, true, false],
    [{ "If-None-Match": '"v2"' }, true, true],
    [{ "If-Unmodified-Since": BEFORE }, true, false],
    [{ "If-Unmodified-Since": THEN }, true, true],
    [{ "If-Unmodified-Since": BEFORE }, false, true],
    [{ "If-Modified-Since": AFTER }, true, true],
  ];
  for (const [fields, present, expected] of table) {
    const may = mayWrite(Object.entries(fields), present ? PRESENT : undefined, NOW_MS);
    assertEquals(may, expected, `${JSON.stringify(fields)} ${present}`);
  }
});
