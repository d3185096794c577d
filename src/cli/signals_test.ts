import { assertEquals, assertInstanceOf } from "@std/assert";
import { VirtualClock } from "../base/virtual_clock.ts";
import type { Env } from "../env/env.ts";
import { MemoryIo } from "./memory_io.ts";
import { exitCodeOf, listenForStop, StopError, StopFilter } from "./signals.ts";

const NO_ENV = {} as Env;

Deno.test("StopFilter.take() stops once, ignores the same keystroke, and then forces", () => {
  const filter = new StopFilter();
  assertEquals(filter.take(5_000), "stop");
  assertEquals(filter.take(5_001), "ignore");
  assertEquals(filter.take(5_999), "ignore");
  assertEquals(filter.take(6_000), "force");
  assertEquals(filter.take(6_001), "force");
});

Deno.test("exitCodeOf() is 128 and the signal's number", () => {
  assertEquals(exitCodeOf("SIGINT"), 130);
  assertEquals(exitCodeOf("SIGTERM"), 143);
  assertEquals(exitCodeOf("SIGHUP"), 129);
});

Deno.test("listenForStop() aborts at the first signal, and forces at a later one", async () => {
  const clock = new VirtualClock();
  const io = new MemoryIo(NO_ENV);
  const stop = listenForStop(io, { clock, supervised: false });
  assertEquals(io.listening, 3);
  io.raise("SIGINT");
  assertInstanceOf(stop.signal.reason, StopError);
  assertEquals(stop.signal.reason.stopCause, "SIGINT");
  assertEquals(stop.signal.reason.message, "Stopped by SIGINT");
  io.raise("SIGINT");
  await clock.advance(1_500);
  io.raise("SIGTERM");
  assertEquals(await stop.forced, 143);
  stop.close();
  assertEquals(io.listening, 0);
});

Deno.test("listenForStop() takes the same keystroke to its end, when it is closed before", async () => {
  const clock = new VirtualClock();
  const io = new MemoryIo(NO_ENV);
  const stop = listenForStop(io, { clock, supervised: true });
  await clock.advance(5_000);
  io.raise("SIGINT");
  await clock.advance(10);
  stop.close();
  assertEquals(io.listening, 3);
  await clock.advance(989);
  assertEquals(io.listening, 3);
  await clock.advance(1);
  assertEquals(io.listening, 0);
});

Deno.test("listenForStop() heeds the end of input only when supervised", async () => {
  const clock = new VirtualClock();
  const free = new MemoryIo(NO_ENV);
  const freeStop = listenForStop(free, { clock, supervised: false });
  free.endInput();
  assertEquals(freeStop.signal.aborted, false);
  const child = new MemoryIo(NO_ENV);
  const childStop = listenForStop(child, { clock, supervised: true });
  child.endInput();
  assertEquals(childStop.signal.reason.stopCause, "input-end");
  freeStop.close();
  assertEquals(free.listening, 0);
  childStop.close();
  await clock.advance(1_000);
  assertEquals(child.listening, 0);
});
