import { assert, assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { seededRandom } from "../base/random.ts";
import { Backoff } from "./backoff.ts";

Deno.test("Backoff.next() doubles from the first wait to the longest", () => {
  const backoff = new Backoff({ next: () => 0 }, { firstMs: 200, maxMs: 2_000 });
  const waits = Array.from({ length: 7 }, () => backoff.next());
  assertEquals(waits, [100, 200, 400, 800, 1_000, 1_000, 1_000]);
});

Deno.test("Backoff.next() draws from the upper half of each step", () => {
  const random = seededRandom(7);
  const spread = new Set<number>();
  for (let round = 0; round < 200; round++) {
    const backoff = new Backoff(random, { firstMs: 100, maxMs: 5_000 });
    for (let failure = 0; failure < 10; failure++) {
      const stepMs = Math.min(5_000, 100 * 2 ** failure);
      const waitMs = backoff.next();
      assertGreaterOrEqual(waitMs, stepMs / 2);
      assertLess(waitMs, stepMs);
      if (failure === 0) spread.add(waitMs);
    }
  }
  assert(spread.size > 190, "first waits differ");
  assert([...spread].some((waitMs) => waitMs < 60) && [...spread].some((waitMs) => waitMs > 90), "and use the half");
});

Deno.test("Backoff.reset() begins anew", () => {
  const backoff = new Backoff({ next: () => 0.5 }, { firstMs: 100, maxMs: 1_000 });
  assertEquals([backoff.next(), backoff.next(), backoff.failures], [75, 150, 2]);
  backoff.reset();
  assertEquals([backoff.failures, backoff.next(), backoff.failures], [0, 75, 1]);
});

Deno.test("Backoff.next() stays bounded after any number of failures", () => {
  const backoff = new Backoff(seededRandom(1), { firstMs: 1, maxMs: 60_000 });
  for (let failure = 0; failure < 5_000; failure++) backoff.next();
  assertEquals(backoff.failures, 5_000);
  const waitMs = backoff.next();
  assert(waitMs >= 30_000 && waitMs < 60_000, `${waitMs}`);
});

Deno.test("Backoff.next() never waits longer than the longest, even at first", () => {
  const backoff = new Backoff({ next: () => 0.999 }, { firstMs: 500, maxMs: 100 });
  assertLess(backoff.next(), 100);
});
