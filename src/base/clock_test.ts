import { assert, assertEquals, assertGreaterOrEqual, assertRejects, assertStrictEquals } from "@std/assert";
import { every, sleep, slept, systemClock } from "./clock.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** Counts the listeners that a signal has, to see that none stays behind. */
function countingSignal(controller: AbortController): { signal: AbortSignal; count: () => number } {
  const { signal } = controller;
  let count = 0;
  const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>): void => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
    count--;
    remove(...args);
  };
  return { signal, count: () => count };
}

Deno.test("systemClock().schedule() fires, and never after it was called off", async () => {
  const clock = systemClock();
  const startMs = clock.now();
  const fired: string[] = [];
  const cancel = clock.schedule(0, () => fired.push("called off"));
  cancel();
  await new Promise<void>((resolve) => clock.schedule(1, resolve));
  assertEquals(fired, []);
  assertGreaterOrEqual(clock.now(), startMs);
});

Deno.test("systemClock() has a wall clock of this century, and a clock of its own", () => {
  const clock = systemClock();
  assert(clock.unixMs() > Date.UTC(2025));
  assert(clock.now() < clock.unixMs());
});

Deno.test("systemClock().schedule() does not take an endless delay for none", () => {
  const clock = systemClock();
  let fired = 0;
  for (const delayMs of [Infinity, 2 ** 31, 1e12]) clock.schedule(delayMs, () => fired++)();
  assertEquals(fired, 0);
});

Deno.test("sleep() resolves after its delay, and leaves nothing behind", async () => {
  const clock = new VirtualClock();
  const { signal, count } = countingSignal(new AbortController());
  const sleeping = sleep(clock, 100, { signal }).then(() => clock.now());
  await clock.advance(1_000);
  assertEquals([await sleeping, count(), clock.pending], [100, 0, 0]);
});

Deno.test("sleep() rejects with the signal's reason, at once and meanwhile, and takes its timer off", async () => {
  const clock = new VirtualClock();
  const reason = { kind: "enough" };
  const early = await sleep(clock, 100, { signal: AbortSignal.abort(reason) }).catch((error) => error);
  assertStrictEquals(early, reason);
  const controller = new AbortController();
  const sleeping = sleep(clock, 100, controller).catch((error) => error);
  controller.abort(reason);
  assertStrictEquals(await sleeping, reason);
  assertEquals(clock.pending, 0);
});

Deno.test("slept() tells whether the delay passed, and leaves nothing behind", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const { signal, count } = countingSignal(controller);
  const passed = slept(clock, 10, signal), cut = slept(clock, 100, signal);
  await clock.advance(50);
  assertEquals([await passed, count()], [true, 1]);
  controller.abort();
  assertEquals([await cut, await slept(clock, 10, signal), clock.pending], [false, false, 0]);
});

Deno.test("every() runs once a period, the first time after one", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const ranMs: number[] = [];
  const loop = every(clock, 1_000, () => void ranMs.push(clock.now()), controller);
  await clock.advance(3_500);
  controller.abort();
  await loop;
  await clock.advance(5_000);
  assertEquals(ranMs, [1_000, 2_000, 3_000]);
  assertEquals(clock.pending, 0);
});

Deno.test("every() runs at once if asked to, and then once a period", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const ranMs: number[] = [];
  const loop = every(clock, 1_000, () => void ranMs.push(clock.now()), {
    signal: controller.signal,
    immediately: true,
  });
  assertEquals(ranMs, [0]);
  await clock.advance(2_500);
  controller.abort();
  await loop;
  assertEquals(ranMs, [0, 1_000, 2_000]);
});

Deno.test("every() keeps its pace when runs take a part of the period", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const ranMs: number[] = [];
  const loop = every(clock, 1_000, () => {
    ranMs.push(clock.now());
    return sleep(clock, 400);
  }, controller);
  await clock.advance(3_500);
  controller.abort();
  await loop;
  assertEquals(ranMs, [1_000, 2_000, 3_000]);
});

Deno.test("every() lets a run that overruns be followed at once, without overlap or making up", async () => {
  const clock = new VirtualClock();
  for (const immediately of [false, true]) {
    const startMs = clock.now() + (immediately ? 0 : 1_000);
    const controller = new AbortController();
    const ranMs: number[] = [];
    let running = 0;
    const loop = every(clock, 1_000, async () => {
      ranMs.push(clock.now() - startMs);
      assertEquals(++running, 1);
      await sleep(clock, ranMs.length === 1 ? 2_500 : 0);
      running--;
    }, { signal: controller.signal, immediately });
    await clock.advance(6_000);
    controller.abort();
    await loop;
    assertEquals(ranMs.slice(0, 4), [0, 2_500, 3_500, 4_500]);
  }
});

Deno.test("every() waits for a timer even if each run overruns, so that the rest of the program goes on", async () => {
  const controller = new AbortController();
  let nowMs = 0, runs = 0;
  const clock = { ...systemClock(), now: (): number => nowMs };
  await every(clock, 10, () => {
    nowMs += 100;
    if (++runs === 1) clock.schedule(0, () => controller.abort());
    assert(runs < 1_000, "the loop never yielded");
  }, { signal: controller.signal, immediately: true });
});

Deno.test("every() ends with the run under way when it is called off meanwhile", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  let runs = 0;
  await clock.until(every(clock, 1_000, () => {
    runs++;
    controller.abort();
  }, controller));
  await clock.until(every(clock, 1_000, () => void runs++, { signal: controller.signal, immediately: true }));
  assertEquals(runs, 1);
});

Deno.test("every() throws what a run throws, and refuses a period of nothing", async () => {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const failing = every(clock, 1_000, () => Promise.reject(new TypeError("as asked")), { signal });
  await assertRejects(() => clock.until(failing), TypeError, "as asked");
  for (const periodMs of [0, -1, NaN]) {
    await assertRejects(() => every(clock, periodMs, () => {}, { signal }), RangeError, "Cannot repeat");
  }
});
