import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { sleep } from "./clock.ts";
import { randomInt, seededRandom } from "./random.ts";
import { VirtualClock } from "./virtual_clock.ts";

Deno.test("VirtualClock.advance() fires timers at their moments, in the order of time", async () => {
  const clock = new VirtualClock();
  const fired: [string, number][] = [];
  for (const [name, delayMs] of [["c", 30], ["a", 10], ["b", 20], ["d", 31]] as const) {
    clock.schedule(delayMs, () => fired.push([name, clock.now()]));
  }
  await clock.advance(30);
  assertEquals(fired, [["a", 10], ["b", 20], ["c", 30]]);
  assertEquals(clock.now(), 30);
  assertEquals(clock.pending, 1);
});

Deno.test("VirtualClock.advance() fires timers of one moment in the order in which they were set", async () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  for (let i = 0; i < 100; i++) clock.schedule(5, () => fired.push(i));
  await clock.advance(5);
  assertEquals(fired, Array.from({ length: 100 }, (_, i) => i));
});

Deno.test("VirtualClock.advance() fires what a timer sets, if that is due too", async () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  const again = (): void => {
    fired.push(clock.now());
    clock.schedule(10, again);
  };
  clock.schedule(10, again);
  await clock.advance(35);
  assertEquals(fired, [10, 20, 30]);
  assertEquals(clock.now(), 35);
});

Deno.test("VirtualClock.advance() lets what a timer set in motion settle before the next one", async () => {
  const clock = new VirtualClock();
  const happened: string[] = [];
  const chain = async (name: string): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    happened.push(name);
  };
  clock.schedule(1, () => void chain("first"));
  clock.schedule(1, () => happened.push("second"));
  await clock.advance(1);
  assertEquals(happened, ["first", "second"]);
});

Deno.test("VirtualClock.advance() lets what is already in motion settle first", async () => {
  const clock = new VirtualClock();
  const slept = Promise.resolve().then(() => sleep(clock, 10)).then(() => clock.now());
  await clock.advance(10);
  assertEquals(await slept, 10);
});

Deno.test("VirtualClock.advance() refuses to go back or nowhere in particular", async () => {
  const clock = new VirtualClock();
  for (const deltaMs of [-1, NaN, Infinity]) {
    await assertRejects(() => clock.advance(deltaMs), RangeError, "Cannot advance the clock");
  }
  assertEquals(clock.now(), 0);
});

Deno.test("VirtualClock.advance() never sets time back when two wind at once", async () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  for (let delayMs = 1; delayMs <= 100; delayMs++) clock.schedule(delayMs, () => seen.push(clock.now()));
  await Promise.all([clock.advance(10), clock.advance(100)]);
  assertEquals(seen, Array.from({ length: 100 }, (_, i) => i + 1));
  assertEquals(clock.now(), 100);
});

Deno.test("VirtualClock.advance() throws what a timer throws, and can go on", async () => {
  const clock = new VirtualClock();
  clock.schedule(5, () => {
    throw new Error("broken timer");
  });
  await assertRejects(() => clock.advance(10), Error, "broken timer");
  await clock.advance(5);
  assertEquals(clock.now(), 10);
});

Deno.test("VirtualClock.schedule() treats a negative delay as none, and refuses what is no number", async () => {
  const clock = new VirtualClock();
  let fired = 0;
  clock.schedule(-5, () => fired++);
  clock.schedule(Infinity, () => fired++);
  await clock.advance(0);
  assertEquals([fired, clock.now()], [1, 0]);
  assertThrows(() => clock.schedule(NaN, () => {}), RangeError, "Cannot schedule");
});

Deno.test("VirtualClock.schedule() can be called off, also twice, also too late", async () => {
  const clock = new VirtualClock();
  const fired: string[] = [];
  const never = clock.schedule(1, () => fired.push("never"));
  const late = clock.schedule(1, () => fired.push("late"));
  never();
  never();
  assertEquals(clock.pending, 1);
  await clock.advance(1);
  late();
  assertEquals(fired, ["late"]);
  assertEquals(clock.pending, 0);
});

Deno.test("VirtualClock.schedule() can be called off by a timer of the same moment", async () => {
  const clock = new VirtualClock();
  const fired: string[] = [];
  clock.schedule(1, () => cancel());
  const cancel = clock.schedule(1, () => fired.push("called off"));
  await clock.advance(1);
  assertEquals(fired, []);
});

Deno.test("VirtualClock keeps the order of time whatever is set and called off", async () => {
  const random = seededRandom(4);
  const clock = new VirtualClock();
  const due: { atMs: number; order: number }[] = [];
  const fired: typeof due = [];
  const cancels: (() => void)[] = [];
  for (let order = 0; order < 5_000; order++) {
    const atMs = randomInt(random, 500);
    const mark = { atMs, order };
    const cancel = clock.schedule(atMs, () => fired.push(mark));
    if (randomInt(random, 4) === 0) due.push(mark);
    else cancels.push(cancel);
  }
  for (const cancel of cancels) cancel();
  assertEquals(clock.pending, due.length);
  await clock.advance(500);
  assertEquals(fired, due.sort((a, b) => a.atMs - b.atMs || a.order - b.order));
});

Deno.test("VirtualClock stays exact over a million timers called off long before they are due", async () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  for (let i = 0; i < 1_000_000; i++) {
    if (i % 100_000 === 0) clock.schedule(1_000 - i / 100_000, () => fired.push(i));
    clock.schedule(86_400_000, () => fired.push(-1))();
  }
  assertEquals(clock.pending, 10);
  await clock.advance(100_000_000);
  assertEquals(fired, Array.from({ length: 10 }, (_, i) => (9 - i) * 100_000));
  assertEquals(clock.pending, 0);
});

Deno.test("VirtualClock fires 200,000 timers in their order", async () => {
  const random = seededRandom(1);
  const clock = new VirtualClock();
  let fired = 0, lastMs = 0;
  for (let i = 0; i < 200_000; i++) {
    clock.schedule(random.next() * 3_600_000, () => {
      assert(clock.now() >= lastMs);
      lastMs = clock.now();
      fired++;
    });
  }
  await clock.advance(3_600_000);
  assertEquals(fired, 200_000);
});

Deno.test("VirtualClock.until() moves time on as far as the promise needs", async () => {
  const clock = new VirtualClock();
  clock.schedule(10_000, () => {});
  const value = await clock.until(sleep(clock, 5_000).then(() => "done"));
  assertEquals([value, clock.now()], ["done", 5_000]);
});

Deno.test("VirtualClock.until() throws what the promise rejects with", async () => {
  const clock = new VirtualClock();
  const failing = sleep(clock, 10).then(() => Promise.reject(new TypeError("as asked")));
  await assertRejects(() => clock.until(failing), TypeError, "as asked");
});

Deno.test("VirtualClock.until() gives up when nothing more happens within its limit", async () => {
  const clock = new VirtualClock();
  await assertRejects(() => clock.until(new Promise(() => {})), Error, "Cannot settle a promise");
  const slow = sleep(clock, 1_001);
  await assertRejects(() => clock.until(slow, 1_000), Error, "in 1000 ms of virtual time");
  await clock.until(slow, 1_001);
});

Deno.test("VirtualClock.unixMs() runs with now(), and jumps alone", async () => {
  const clock = new VirtualClock({ unixMs: 1_000_000 });
  let fired = 0;
  clock.schedule(60_000, () => fired++);
  await clock.advance(500);
  assertEquals([clock.now(), clock.unixMs()], [500, 1_000_500]);
  clock.jumpWall(-900_000);
  assertEquals([clock.now(), clock.unixMs(), fired], [500, 100_500, 0]);
  assertEquals(new VirtualClock().now(), 0);
  assertEquals(new Date(new VirtualClock().unixMs()).toISOString(), "2026-01-01T00:00:00.000Z");
});
