import { assertEquals, assertThrows } from "@std/assert";
import { FailureDetector } from "./failure_detector.ts";

const TIMEOUT_MS = 8_000;
const INTERVAL_MS = 1_000;

function detector(): FailureDetector {
  return new FailureDetector({ timeoutMs: TIMEOUT_MS, sweepIntervalMs: INTERVAL_MS });
}

/** Sweeps at each interval after `fromMs`, up to and with `toMs`, and returns all who were declared down. */
function sweepUntil(watcher: FailureDetector, fromMs: number, toMs: number): string[] {
  const down: string[] = [];
  for (let nowMs = fromMs + INTERVAL_MS; nowMs <= toMs; nowMs += INTERVAL_MS) down.push(...watcher.sweep(nowMs));
  return down;
}

Deno.test("FailureDetector.beat() tells newcomers, survivors and returners apart", () => {
  const watcher = detector();
  assertEquals(watcher.beat("CS1", 0), "new");
  sweepUntil(watcher, 0, 3_000);
  assertEquals(watcher.beat("CS1", 3_000), "same");
  assertEquals(sweepUntil(watcher, 3_000, 12_000), ["CS1"]);
  assertEquals(watcher.isAlive("CS1"), false);
  assertEquals(watcher.beat("CS1", 12_500), "up");
  assertEquals(watcher.isAlive("CS1"), true);
  assertEquals(watcher.beat("CS1", 12_600), "same");
});

Deno.test("FailureDetector.sweep() spares who is silent for exactly the time-out, and takes one a moment later", () => {
  const watcher = detector();
  watcher.beat("CS1", 0);
  assertEquals(sweepUntil(watcher, 0, TIMEOUT_MS), []);
  assertEquals(watcher.isAlive("CS1"), true);
  assertEquals(watcher.sweep(TIMEOUT_MS + 0.001), ["CS1"]);
});

Deno.test("FailureDetector.sweep() reports a silent member once, until it has come back", () => {
  const watcher = detector();
  watcher.beat("CS1", 0);
  assertEquals(sweepUntil(watcher, 0, 60_000), ["CS1"]);
  watcher.beat("CS1", 60_000);
  assertEquals(sweepUntil(watcher, 60_000, 120_000), ["CS1"]);
});

Deno.test("FailureDetector.sweep() lists the dead in the order of their last beats", () => {
  const watcher = detector();
  watcher.beat("first", 0);
  watcher.beat("third", 10);
  watcher.beat("second", 20);
  watcher.beat("third", 900);
  watcher.beat("living", 8_500);
  assertEquals(sweepUntil(watcher, 0, 9_000), ["first", "second", "third"]);
});

Deno.test("FailureDetector.sweep() does not hold a stall of our own against anyone", () => {
  const watcher = detector();
  watcher.beat("CS1", 0);
  watcher.beat("CS2", 0);
  assertEquals(sweepUntil(watcher, 0, 5_000), []);
  // Suspended for an hour: 5 s of silence before count, and one interval.
  const wokenMs = 5_000 + 3_600_000;
  assertEquals(watcher.sweep(wokenMs), []);
  assertEquals(watcher.silenceMs("CS1", wokenMs), 6_000);
  watcher.beat("CS2", wokenMs + 500);
  assertEquals(sweepUntil(watcher, wokenMs, wokenMs + 2_000), []);
  assertEquals(sweepUntil(watcher, wokenMs + 2_000, wokenMs + 3_000), ["CS1"]);
  assertEquals(watcher.isAlive("CS2"), true);
});

Deno.test("FailureDetector.sweep() forgives a stall to nobody beyond the present", () => {
  const watcher = detector();
  watcher.sweep(0);
  watcher.beat("CS1", 99_000);
  watcher.sweep(100_000);
  assertEquals(watcher.silenceMs("CS1", 100_000), 0);
  assertEquals(sweepUntil(watcher, 100_000, 108_000), []);
  assertEquals(watcher.sweep(108_001), ["CS1"]);
});

Deno.test("FailureDetector.sweep() forgives only what is later than a whole interval", () => {
  const punctual = detector();
  punctual.beat("CS1", 0);
  sweepUntil(punctual, -500, 6_500);
  assertEquals(punctual.sweep(6_500 + 2 * INTERVAL_MS), ["CS1"]);
  const late = detector();
  late.beat("CS1", 0);
  sweepUntil(late, -500, 6_500);
  assertEquals(late.sweep(6_500 + 2 * INTERVAL_MS + 1), []);
});

Deno.test("FailureDetector.sweep() forgives a stall that came before the first sweep", () => {
  for (const note of ["beat", "expect"] as const) {
    const watcher = detector();
    watcher[note]("CS1", 1_000_000);
    assertEquals(watcher.sweep(2_000_000), []);
    assertEquals(watcher.silenceMs("CS1", 2_000_000), INTERVAL_MS);
  }
});

Deno.test("FailureDetector.expect() gives a member the time-out to show itself", () => {
  const watcher = detector();
  watcher.expect("CS1", 1_000);
  assertEquals(watcher.isAlive("CS1"), true);
  assertEquals(watcher.beat("CS1", 2_000), "same");
  watcher.expect("CS2", 2_000);
  assertEquals(sweepUntil(watcher, 2_000, 10_000), []);
  assertEquals(watcher.sweep(10_001), ["CS1", "CS2"]);
});

Deno.test("FailureDetector.expect() leaves a known member alone, alive or dead", () => {
  const watcher = detector();
  watcher.beat("CS1", 0);
  watcher.expect("CS1", 7_000);
  assertEquals(sweepUntil(watcher, 0, 9_000), ["CS1"]);
  watcher.expect("CS1", 9_000);
  assertEquals(watcher.isAlive("CS1"), false);
});

Deno.test("FailureDetector.beat() is not set back by a beat from the past", () => {
  const watcher = detector();
  watcher.beat("CS1", 5_000);
  watcher.beat("CS1", 1_000);
  assertEquals(watcher.silenceMs("CS1", 6_000), 1_000);
});

Deno.test("FailureDetector.forget() drops a member", () => {
  const watcher = detector();
  watcher.beat("CS1", 0);
  watcher.beat("CS2", 0);
  assertEquals(watcher.size, 2);
  watcher.forget("CS1");
  watcher.forget("CS9");
  assertEquals([watcher.size, watcher.isAlive("CS1"), watcher.silenceMs("CS1", 0)], [1, undefined, undefined]);
  assertEquals(sweepUntil(watcher, 0, 20_000), ["CS2"]);
  assertEquals(watcher.beat("CS1", 20_000), "new");
});

Deno.test("FailureDetector refuses durations that are not positive", () => {
  for (const [timeoutMs, sweepIntervalMs] of [[0, 1], [-1, 1], [NaN, 1], [1, 0], [1, -1], [1, NaN]] as const) {
    assertThrows(() => new FailureDetector({ timeoutMs, sweepIntervalMs }), RangeError, "expected positive durations");
  }
});

Deno.test("FailureDetector.suspects() are alive and silent for more than half of the time-out", () => {
  const watcher = detector();
  watcher.beat("CS1", 0);
  watcher.beat("CS2", 2_000);
  assertEquals(watcher.suspects(4_000), []);
  assertEquals(watcher.suspects(4_001), ["CS1"]);
  assertEquals(watcher.suspects(6_001), ["CS1", "CS2"]);
  assertEquals(sweepUntil(watcher, 0, 9_000), ["CS1"]);
  assertEquals(watcher.suspects(9_000), ["CS2"]);
});

Deno.test("FailureDetector.vouch() counts from the question on, and is too late for one that is down", () => {
  const watcher = detector();
  watcher.beat("CS1", 0);
  watcher.vouch("CS1", 5_000);
  watcher.vouch("CS1", 4_000);
  watcher.vouch("nobody", 5_000);
  assertEquals(watcher.size, 1);
  assertEquals(sweepUntil(watcher, 0, 13_000), []);
  assertEquals(watcher.sweep(14_000), ["CS1"]);
  watcher.vouch("CS1", 13_500);
  assertEquals(watcher.isAlive("CS1"), false);
});
