import { assertEquals, assertThrows } from "@std/assert";
import { parseRedisAddress, showRedisAddress } from "./redis_address.ts";

Deno.test("parseRedisAddress() reads what users write", () => {
  const plain = { host: "cache.lab", port: 6_379, isTls: false, user: undefined, password: undefined, database: 0 };
  const cases: [string, Partial<typeof plain> | Record<string, unknown>][] = [
    ["redis://cache.lab", {}],
    ["redis://cache.lab/", {}],
    ["redis://cache.lab:7000/3", { port: 7_000, database: 3 }],
    ["redis://:geheim@cache.lab", { password: "geheim" }],
    ["redis://anna:a%40b%25@cache.lab", { user: "anna", password: "a@b%" }],
    ["redis://:50%@cache.lab", { password: "50%" }],
    ["rediss://cache.lab", { isTls: true }],
    ["redis://[::1]:7000", { host: "::1", port: 7_000 }],
  ];
  for (const [text, difference] of cases) assertEquals(parseRedisAddress(text), { ...plain, ...difference }, text);
});

Deno.test("parseRedisAddress() refuses the rest without repeating it", () => {
  const bad = [
    "",
    "cache.lab:6379",
    "http://:geheim@cache.lab",
    "redis://",
    "redis://:geheim@cache.lab/x",
    "redis://:geheim@cache.lab/0?db=1",
  ];
  for (const text of bad) {
    const error = assertThrows(() => parseRedisAddress(text), RangeError, "expected redis://[:PASSWORD@]HOST");
    assertEquals(error.message.includes("geheim"), false);
  }
});

Deno.test("showRedisAddress() shows no password", () => {
  assertEquals(showRedisAddress(parseRedisAddress("rediss://anna:geheim@[::1]/7")), "rediss://[::1]:6379/7");
});
