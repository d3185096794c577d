import { assertEquals } from "@std/assert";
import { VirtualClock } from "../base/virtual_clock.ts";
import { watch } from "../../tests/net_bench.ts";
import { Bell } from "./bell.ts";

Deno.test("Bell.wait() ends when it rings", async () => {
  const clock = new VirtualClock(), bell = new Bell(), { signal } = new AbortController();
  const waiting = bell.wait(clock, { signal });
  const seen = watch(waiting);
  await clock.advance(3_600_000);
  assertEquals(seen.settled, false);
  bell.ring();
  await waiting;
});

Deno.test("Bell.wait() ends at once if it rang since the last wait, and once for all rings", async () => {
  const clock = new VirtualClock(), bell = new Bell(), { signal } = new AbortController();
  for (let ring = 0; ring < 3; ring++) bell.ring();
  await bell.wait(clock, { signal });
  const second = watch(bell.wait(clock, { signal }));
  await clock.advance(1);
  assertEquals(second.settled, false);
});

Deno.test("Bell.wait() forgets a ring that has ended it", async () => {
  const clock = new VirtualClock(), bell = new Bell(), { signal } = new AbortController();
  const first = bell.wait(clock, { signal });
  bell.ring();
  await first;
  const second = watch(bell.wait(clock, { signal }));
  await clock.advance(1);
  assertEquals(second.settled, false);
});

Deno.test("Bell.clear() forgets a ring", async () => {
  const clock = new VirtualClock(), bell = new Bell(), { signal } = new AbortController();
  bell.ring();
  bell.clear();
  const waiting = watch(bell.wait(clock, { signal }));
  await clock.advance(1);
  assertEquals(waiting.settled, false);
});

Deno.test("Bell.wait() ends after limitMs, and leaves no timer when it rings before", async () => {
  const clock = new VirtualClock(), bell = new Bell(), { signal } = new AbortController();
  const limited = bell.wait(clock, { signal, limitMs: 500 });
  const seen = watch(limited);
  await clock.advance(499);
  assertEquals(seen.settled, false);
  await clock.advance(1);
  assertEquals(seen.settled, true);
  const rung = bell.wait(clock, { signal, limitMs: 500 });
  bell.ring();
  await rung;
  assertEquals(clock.pending, 0);
});

Deno.test("Bell.wait() leaves no listener on its signal, however often it waits", async () => {
  const clock = new VirtualClock(), bell = new Bell(), { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>): void => (listeners++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => (listeners--, remove(...args));
  for (let round = 0; round < 10; round++) {
    const waiting = bell.wait(clock, { signal });
    assertEquals(listeners, 1);
    bell.ring();
    await waiting;
    assertEquals(listeners, 0);
  }
});

Deno.test("Bell.wait() ends when the signal aborts, at once if it has, and leaves nothing behind", async () => {
  const clock = new VirtualClock(), bell = new Bell(), controller = new AbortController();
  const waiting = bell.wait(clock, { signal: controller.signal, limitMs: 500 });
  controller.abort();
  await waiting;
  assertEquals(clock.pending, 0);
  await bell.wait(clock, { signal: controller.signal });
  bell.ring();
  await bell.wait(clock, { signal: new AbortController().signal });
});
