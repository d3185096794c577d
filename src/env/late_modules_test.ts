import { assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { NetError } from "../net/net_error.ts";
import { lateModule, provideModule } from "./late_modules.ts";

Deno.test("lateModule() loads what was provided, when it is asked for", async () => {
  let loads = 0;
  provideModule("a package of this test", () => Promise.resolve({ loads: ++loads }));
  assertEquals(loads, 0);
  assertEquals(await lateModule("a package of this test"), { loads: 1 });
});

Deno.test("lateModule() finds a module of the project by its path", async () => {
  const found = await lateModule<typeof import("./late_modules.ts")>("src/env/late_modules.ts");
  assertStrictEquals(found.lateModule, lateModule);
});

Deno.test("lateModule() says in one line that there is no such package", async () => {
  const error = await assertRejects(() => lateModule("no-such-package"), NetError);
  assertEquals(error.code, "other");
  assertMatch(error.message, /^Cannot load the package no-such-package: .+$/);
});

Deno.test("lateModule() passes on what a module throws", async () => {
  const reason = new TypeError("it has a mistake");
  provideModule("a module with a mistake", () => Promise.reject(reason));
  assertStrictEquals(await lateModule("a module with a mistake").catch((error) => error), reason);
});
