import { assertEquals, assertStrictEquals } from "@std/assert";
import { getEventListeners, getMaxListeners } from "node:events";
import { abortable, onAbort } from "./abort.ts";

Deno.test("onAbort() calls once, at once if the signal has aborted, and never after it was taken off", () => {
  const called: string[] = [];
  onAbort(undefined, () => called.push("no signal"))();
  onAbort(AbortSignal.abort(), () => called.push("already"))();
  const controller = new AbortController();
  onAbort(controller.signal, () => called.push("later"));
  const off = onAbort(controller.signal, () => called.push("taken off"));
  off();
  off();
  controller.abort();
  controller.abort();
  assertEquals(called, ["already", "later"]);
});

Deno.test("onAbort() takes as many listeners as there are, which Node would warn of beyond ten", () => {
  const { signal } = new AbortController();
  const offs = Array.from({ length: 11 }, () => onAbort(signal, () => {}));
  assertEquals([getMaxListeners(signal), getEventListeners(signal, "abort").length], [0, 11]);
  for (const off of offs) off();
  assertEquals(getEventListeners(signal, "abort").length, 0);
});

Deno.test("abortable() gives what the promise gives", async () => {
  const { signal } = new AbortController();
  const error = new TypeError("as asked");
  assertEquals(await abortable(Promise.resolve(1), undefined), 1);
  assertEquals(await abortable(Promise.resolve(1), signal), 1);
  assertStrictEquals(await abortable(Promise.reject(error), signal).catch((caught) => caught), error);
  assertStrictEquals(await abortable(Promise.reject(error), undefined).catch((caught) => caught), error);
});

Deno.test("abortable() rejects with the signal's reason, at once and meanwhile", async () => {
  const reason = { kind: "enough" };
  const never = new Promise<never>(() => {});
  assertStrictEquals(await abortable(never, AbortSignal.abort(reason)).catch((caught) => caught), reason);
  const controller = new AbortController();
  const waiting = abortable(never, controller.signal).catch((caught) => caught);
  controller.abort(reason);
  assertStrictEquals(await waiting, reason);
});

Deno.test("abortable() lets a promise that fails after the abort fail unnoticed", async () => {
  const controller = new AbortController();
  let fail = (_: Error): void => {};
  const late = new Promise<never>((_, reject) => fail = reject);
  const waiting = abortable(late, controller.signal).catch((caught) => caught);
  controller.abort("enough");
  assertEquals(await waiting, "enough");
  fail(new Error("too late"));
  // An unhandled rejection would be reported in the next turn of the event loop, and fail this test.
  await new Promise((resolve) => setImmediate(resolve));
});
