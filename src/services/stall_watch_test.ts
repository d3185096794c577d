import { assertEquals, assertInstanceOf } from "@std/assert";
import { DeadlineError } from "../base/deadline.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { StallWatch } from "./stall_watch.ts";

Deno.test("StallWatch calls off a wait without progress, and counts nothing but waits", async () => {
  const clock = new VirtualClock();
  const watch = new StallWatch(clock, { idleMs: 100, what: "read it" });
  await clock.advance(99);
  watch.pause();
  await clock.advance(1_000);
  watch.wait();
  await clock.advance(99);
  assertEquals(watch.signal.aborted, false);
  await clock.advance(1_000);
  assertInstanceOf(watch.signal.reason, DeadlineError);
  assertEquals(watch.signal.reason.message, "Cannot read it: no progress within 100 ms");
  watch.stop();
  assertEquals(clock.pending, 0);
});

Deno.test("StallWatch passes the caller's signal on, and leaves nothing behind", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const watch = new StallWatch(clock, { idleMs: 100, what: "read it", signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(watch.signal.reason, reason);
  watch.stop();
  await clock.advance(1_000);
  assertEquals([watch.signal.reason, clock.pending], [reason, 0]);
});
