import { assertEquals } from "@std/assert";
import { decideServing, mayServeStale } from "./serve_decision.ts";

Deno.test("decideServing() serves unasked only what is on record under a lease", () => {
  const cases = [
    [{ isHeld: true, hasLease: true }, "serve"],
    [{ isHeld: false, hasLease: true }, "ask-meta"],
    [{ isHeld: true, hasLease: false }, "ask-store"],
    [{ isHeld: false, hasLease: false }, "ask-store"],
  ] as const;
  for (const [standing, step] of cases) assertEquals(decideServing(standing), step);
});

Deno.test("mayServeStale() goes by age, and never with 0", () => {
  assertEquals([mayServeStale(0, 1), mayServeStale(1, 1), mayServeStale(2, 1), mayServeStale(0, 0)], [
    true,
    true,
    false,
    false,
  ]);
});
