import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { sleep } from "./clock.ts";
import { DeadlineError, withDeadline } from "./deadline.ts";
import { VirtualClock } from "./virtual_clock.ts";

const WHAT = { deadlineMs: 1_000, what: "dial 127.0.0.1:5050" };

Deno.test("withDeadline() gives what is done in time, and takes its timer off", async () => {
  const clock = new VirtualClock();
  const value = await clock.until(withDeadline(clock, WHAT, async (signal) => {
    await sleep(clock, 999, { signal });
    return "done";
  }));
  assertEquals([value, clock.now(), clock.pending], ["done", 999, 0]);
});

Deno.test("withDeadline() throws what is thrown in time, and takes its timer off", async () => {
  const clock = new VirtualClock();
  await assertRejects(() => withDeadline(clock, WHAT, () => Promise.reject(new TypeError("as asked"))), TypeError);
  assertEquals(clock.pending, 0);
});

Deno.test("withDeadline() throws DeadlineError at the deadline, and aborts what runs with the same", async () => {
  const clock = new VirtualClock();
  let reason: unknown;
  const late = withDeadline(clock, WHAT, (signal) => {
    signal.addEventListener("abort", () => reason = signal.reason);
    return new Promise(() => {});
  });
  const error = await clock.until(late.catch((caught) => caught));
  assertInstanceOf(error, DeadlineError);
  assertEquals(error.message, "Cannot dial 127.0.0.1:5050: no answer within 1000 ms");
  assertEquals([error.name, clock.now(), clock.pending], ["DeadlineError", 1_000, 0]);
  assertStrictEquals(reason, error);
});

Deno.test("withDeadline() throws the caller's reason when the caller aborts, before and meanwhile", async () => {
  const clock = new VirtualClock();
  const reason = { kind: "enough" };
  let runs = 0;
  const run = (): Promise<never> => {
    runs++;
    return new Promise(() => {});
  };
  const before = withDeadline(clock, { ...WHAT, signal: AbortSignal.abort(reason) }, run);
  assertStrictEquals(await before.catch((caught) => caught), reason);
  assertEquals(runs, 0);
  const controller = new AbortController();
  const meanwhile = withDeadline(clock, { ...WHAT, signal: controller.signal }, run).catch((caught) => caught);
  controller.abort(reason);
  assertStrictEquals(await meanwhile, reason);
  assertEquals([runs, clock.pending], [1, 0]);
});
