import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TimerLines } from "./timer_lines.ts";

/** Timers of a runtime on a hand-wound clock, and how many are set. */
class HandTimers {
  nowMs = 0;
  /** How much earlier than asked they fire, as some runtimes' do. */
  earlyMs = 0;
  readonly #set = new Set<{ dueMs: number; run: () => void }>();

  get count(): number {
    return this.#set.size;
  }

  now(): number {
    return this.nowMs;
  }

  set(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.nowMs + Math.max(1, delayMs - this.earlyMs), run };
    this.#set.add(timer);
    return () => this.#set.delete(timer);
  }

  /** Lets time pass to `untilMs`. What timers throw is thrown. */
  wind(untilMs: number): void {
    for (;;) {
      const next = [...this.#set].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > untilMs) break;
      this.nowMs = next.dueMs;
      this.#set.delete(next);
      next.run();
    }
    this.nowMs = untilMs;
  }
}

Deno.test("TimerLines.schedule() calls each when it is due, in order, by one timer a delay", () => {
  const timers = new HandTimers();
  const lines = new TimerLines(timers);
  const calls: string[] = [];
  for (let at = 0; at < 5; at++) {
    timers.wind(at * 10);
    lines.schedule(100, () => calls.push(`${at} at ${timers.now()}`));
    lines.schedule(30, () => calls.push(`quick ${at} at ${timers.now()}`));
  }
  assertEquals([timers.count, calls], [2, ["quick 0 at 30", "quick 1 at 40"]]);
  timers.wind(1_000);
  assertEquals(calls.slice(2), [
    ...["quick 2 at 50", "quick 3 at 60", "quick 4 at 70"],
    ...["0 at 100", "1 at 110", "2 at 120", "3 at 130", "4 at 140"],
  ]);
  assertEquals(timers.count, 0);
});

Deno.test("TimerLines.schedule() sets no timer for nobody: the last call that is called off takes it along", () => {
  const timers = new HandTimers();
  const lines = new TimerLines(timers);
  let called = 0;
  const cancels = Array.from({ length: 4 }, () => lines.schedule(100, () => called++));
  assertEquals(timers.count, 1);
  for (const at of [1, 0, 3, 3, 2, 0]) cancels[at]!();
  assertEquals(timers.count, 0);
  timers.wind(1_000);
  assertEquals(called, 0);
});

Deno.test("TimerLines.schedule() calls the rest when the first is called off, and what is asked for meanwhile", () => {
  const timers = new HandTimers();
  const lines = new TimerLines(timers);
  const calls: number[] = [];
  const cancel = lines.schedule(100, () => calls.push(-1));
  timers.wind(50);
  lines.schedule(100, () => {
    calls.push(timers.now());
    lines.schedule(100, () => calls.push(timers.now()));
  });
  cancel();
  timers.wind(1_000);
  assertEquals([calls, timers.count], [[150, 250], 0]);
});

Deno.test("TimerLines.schedule() is never early, also where the runtime's timers are", () => {
  const timers = new HandTimers();
  timers.earlyMs = 0.7;
  const lines = new TimerLines(timers);
  const calls: number[] = [];
  lines.schedule(10, () => calls.push(timers.now()));
  timers.wind(9.99);
  assertEquals(calls, []);
  timers.wind(12);
  assertEquals([calls.length, calls[0]! >= 10, timers.count], [1, true, 0]);
});

Deno.test("TimerLines.schedule() goes on after a call that throws", () => {
  const timers = new HandTimers();
  const lines = new TimerLines(timers);
  let called = 0;
  lines.schedule(10, () => {
    throw new TypeError("a bug");
  });
  lines.schedule(10, () => called++);
  assertThrows(() => timers.wind(10), TypeError, "a bug");
  timers.wind(20);
  assertEquals([called, timers.count], [1, 0]);
});

Deno.test("TimerLines.schedule() does what single timers would do, whatever is asked for and called off", () => {
  const step = fc.record({ delayMs: fc.constantFrom(1, 5, 20), cancels: fc.option(fc.nat(30)), waitMs: fc.nat(8) });
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const timers = new HandTimers();
    const lines = new TimerLines(timers);
    const calls: string[] = [], expected: string[] = [];
    const cancels: (() => void)[] = [];
    const dues: { at: number; dueMs: number; isOff: boolean }[] = [];
    for (const [at, { delayMs, cancels: which, waitMs }] of steps.entries()) {
      cancels.push(lines.schedule(delayMs, () => calls.push(`${at} at ${timers.now()}`)));
      dues.push({ at, dueMs: timers.now() + delayMs, isOff: false });
      if (which !== null && which < dues.length) {
        cancels[which]!();
        dues[which]!.isOff ||= dues[which]!.dueMs > timers.now();
      }
      timers.wind(timers.now() + waitMs);
    }
    timers.wind(timers.now() + 100);
    for (const { at, dueMs, isOff } of dues) if (!isOff) expected.push(`${at} at ${dueMs}`);
    assertEquals(calls.toSorted(), expected.toSorted());
    assertEquals(timers.count, 0);
  }));
});
