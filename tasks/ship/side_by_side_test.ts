import { assertEquals } from "@std/assert";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { sleep } from "../../src/base/clock.ts";
import { sideBySide } from "./side_by_side.ts";

Deno.test("sideBySide() runs so many at once and no more, and keeps the order", async () => {
  const clock = new VirtualClock();
  let running = 0;
  let most = 0;
  const all = sideBySide([50, 10, 30, 20, 40], 2, async (ms) => {
    most = Math.max(most, ++running);
    await sleep(clock, ms);
    running--;
    return ms * 2;
  });
  assertEquals(await clock.until(all), [100, 20, 60, 40, 80]);
  assertEquals([most, clock.now()], [2, 90]);
});

Deno.test("sideBySide() has nothing to do for nobody", async () => {
  assertEquals(await sideBySide([], 2, () => Promise.reject(new Error("unexpected"))), []);
});
