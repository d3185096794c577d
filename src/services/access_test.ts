import { assertEquals, assertThrows } from "@std/assert";
import type { HttpFields } from "../protocol/http_fields.ts";
import { Access, type AccessOptions, tokenFields } from "./access.ts";

const TOKEN = { token: "s3cret" };
const SHOWN: HttpFields = tokenFields("s3cret");

Deno.test("Access.refusalOf() lets this machine and those who know the token change something", () => {
  const cases: (readonly [what: string, AccessOptions, peer: string, HttpFields, status: number | undefined])[] = [
    ["this machine", TOKEN, "127.0.0.1", [], undefined],
    ["this machine by IPv6, without a token", {}, "::1", [], undefined],
    ["another machine", TOKEN, "10.0.0.7", [], 401],
    ["another machine, where there is no token", {}, "10.0.0.7", SHOWN, 401],
    ["another machine that knows it", TOKEN, "10.0.0.7", SHOWN, undefined],
    ["the scheme in other letters", TOKEN, "10.0.0.7", [["Authorization", "bearer s3cret"]], undefined],
    ["another token", TOKEN, "10.0.0.7", [["authorization", "Bearer s3creT"]], 401],
    ["a part of the token", TOKEN, "10.0.0.7", [["authorization", "Bearer s3cre"]], 401],
    ["the token twice over", TOKEN, "10.0.0.7", [["authorization", "Bearer s3crets3cret"]], 401],
    ["two tokens", TOKEN, "10.0.0.7", [...SHOWN, ...SHOWN], 401],
    ["another scheme", TOKEN, "10.0.0.7", [["authorization", "Basic s3cret"]], 401],
    ["anybody, if told so", { insecure: true }, "10.0.0.7", [], undefined],
    ["somebody behind a proxy on this machine", TOKEN, "127.0.0.1", [["X-Forwarded-For", "10.0.0.7"]], 401],
    ["the same with the token", TOKEN, "127.0.0.1", [["Via", "1.1 proxy"], ...SHOWN], undefined],
    ["a page of another site", TOKEN, "127.0.0.1", [["Sec-Fetch-Site", "cross-site"]], 403],
    ["a connection that is gone", TOKEN, "?", [], 401],
  ];
  for (const [what, options, host, headers, status] of cases) {
    const answer = new Access(options).refusalOf({ headers, peer: { host, port: 1 } });
    assertEquals(answer?.status, status, what);
  }
});

Deno.test("Access.checkOpening() lets no role be open to others without a token, unless told so", () => {
  const open = { host: "0.0.0.0", port: 5050 };
  assertThrows(() => new Access({}).checkOpening(open), RangeError, "Cannot serve at 0.0.0.0:5050: it is open");
  assertThrows(() => new Access({}).checkOpening({ host: "edge.lab", port: 1 }), RangeError);
  for (const options of [TOKEN, { insecure: true }]) new Access(options).checkOpening(open);
  for (const host of ["127.0.0.1", "localhost", "::1"]) new Access({}).checkOpening({ host, port: 5050 });
});

Deno.test("Access takes no token that cannot be shown", () => {
  for (const token of ["", "a b", "ä", "a\r\nb", "x".repeat(4_097)]) {
    assertThrows(() => new Access({ token }), RangeError, "Cannot take the token");
  }
});
