import { assertEquals, assertRejects } from "@std/assert";
import { Pace } from "./pace.ts";

/** A pace on a hand-wound clock, where an operation inline takes `inlineMs`, and a letter for each way taken. */
function newPace(): { step(inlineMs: number, waitMs?: number): Promise<void>; ways(): string } {
  let nowMs = 0;
  let ways = "";
  const pace = new Pace(() => nowMs);
  return {
    async step(inlineMs, waitMs = 0): Promise<void> {
      nowMs += waitMs;
      await pace.run(() => {
        nowMs += inlineMs;
        ways += "i";
      }, () => {
        ways += "o";
        return Promise.resolve();
      });
    },
    ways(): string {
      const taken = ways;
      ways = "";
      return taken;
    },
  };
}

Deno.test("Pace.run() stays on the loop while answers are quick, and leaves it every 5 ms", async () => {
  const { step, ways } = newPace();
  for (let i = 0; i < 12; i++) await step(1);
  assertEquals(ways(), "oiiiiioiiiii");
  await step(1, 1_000);
  assertEquals(ways(), "o");
});

Deno.test("Pace.run() keeps off the loop for twenty times as long as a slow answer took", async () => {
  const { step, ways } = newPace();
  await step(0);
  await step(10);
  assertEquals(ways(), "oi");
  for (let i = 0; i < 19; i++) await step(0, 10);
  assertEquals(ways(), "o".repeat(19));
  await step(0, 10);
  await step(0);
  assertEquals(ways(), "oi");
});

Deno.test("Pace.offload() gives the loop its turn as well", async () => {
  let nowMs = 0;
  const pace = new Pace(() => nowMs);
  assertEquals(await pace.offload(() => Promise.resolve("aside")), "aside");
  nowMs = 4;
  assertEquals(await pace.run(() => "inline", () => Promise.resolve("aside")), "inline");
  nowMs = 5;
  await assertRejects(() => pace.offload(() => Promise.reject(new TypeError("no"))), TypeError);
  nowMs = 9;
  assertEquals(await pace.run(() => "inline", () => Promise.resolve("aside")), "inline");
});

Deno.test("Pace.run() hands on what either way throws", async () => {
  const pace = new Pace(() => 0);
  const fail = (): never => {
    throw new RangeError("no");
  };
  await assertRejects(() => pace.run(fail, () => Promise.reject(new TypeError("no"))), TypeError);
  await assertRejects(() => pace.run(fail, () => Promise.resolve()), RangeError);
});
