import { assertAlmostEquals, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { RateLimiter } from "./rate_limiter.ts";

Deno.test("RateLimiter.take() lets a tenth of a second's worth through at once, then makes the rest wait", () => {
  const limiter = new RateLimiter(1_000);
  assertEquals(limiter.burstBytes, 100);
  assertEquals(limiter.take(100, 0), 0);
  assertEquals(limiter.take(100, 0), 100);
  assertEquals(limiter.take(50, 0), 150);
  assertEquals(limiter.take(0, 0), 150);
  assertEquals(limiter.take(100, 150), 100);
});

Deno.test("RateLimiter.take() makes one large piece wait for itself", () => {
  assertEquals(new RateLimiter(1_000).take(10_000, 5_000), 9_900);
});

Deno.test("RateLimiter.take() saves up no more than one burst, however long nothing went through", () => {
  const limiter = new RateLimiter(1_000);
  limiter.take(1_000, 0);
  const hourMs = 3_600_000;
  assertEquals(limiter.take(100, hourMs), 0);
  assertEquals(limiter.take(1, hourMs), 1);
});

Deno.test("RateLimiter.take() keeps the rate over time, whatever the pieces", () => {
  const limiter = new RateLimiter(1_000_000);
  let nowMs = 0;
  let bytes = 0;
  for (let piece = 1; nowMs < 10_000; piece = (piece * 7) % 65_537) {
    bytes += piece;
    nowMs += limiter.take(piece, nowMs);
  }
  assertLessOrEqual(bytes, 1_000_000 * nowMs / 1000 + limiter.burstBytes + 1);
  assertAlmostEquals(bytes / nowMs, 1_000, 20);
});

Deno.test("RateLimiter.burstBytes is at least one byte", () => {
  assertEquals(new RateLimiter(1).burstBytes, 1);
  assertEquals(new RateLimiter(15).burstBytes, 2);
});

Deno.test("RateLimiter refuses a rate that is not positive", () => {
  for (const rate of [0, -1, NaN]) assertThrows(() => new RateLimiter(rate), RangeError, "Cannot limit a rate");
});
