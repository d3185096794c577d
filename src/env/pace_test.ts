import { assertEquals, assertRejects } from "@std/assert";
import { Pace } from "./pace.ts";

/** A pace on a hand-wound clock, where an operation inline takes `inlineMs`, and a letter for each way taken. */
function newPace(): { step(inlineMs: number, waitMs?: number): Promise<void>; turn(): void; ways(): string } {
  let nowMs = 0;
  let ways = "";
  let onTurn: (() => void) | undefined;
  const pace = new Pace({ now: () => nowMs, onTurn: (run) => onTurn = run });
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
    turn: () => onTurn?.(),
    ways(): string {
      const taken = ways;
      ways = "";
      return taken;
    },
  };
}

Deno.test("Pace.run() stays on the loop while answers are quick, and leaves it after 5 ms without a turn", async () => {
  const { step, ways } = newPace();
  for (let i = 0; i < 12; i++) await step(1);
  assertEquals(ways(), "iiiiioiiiiio");
  await step(1, 1_000);
  assertEquals(ways(), "o");
});

Deno.test("Pace.run() stays on the loop as long as that has its turns", async () => {
  const { step, turn, ways } = newPace();
  for (let i = 0; i < 12; i++) {
    await step(1, 3);
    turn();
  }
  assertEquals(ways(), "i".repeat(12));
});

Deno.test("Pace.run() keeps off the loop for as long as a slow answer took, and longer with each more", async () => {
  const { step, turn, ways } = newPace();
  const offMs: number[] = [];
  for (let slow = 0; slow < 7; slow++) {
    await step(10);
    assertEquals(ways(), "i");
    turn();
    let waitedMs = 0;
    for (; ways() !== "i"; waitedMs += 10) {
      await step(0, 10);
      turn();
    }
    offMs.push(waitedMs);
  }
  assertEquals(offMs, [10, 20, 40, 80, 150, 200, 200]);
});

Deno.test("Pace.run() forgets a slow answer over many quick ones", async () => {
  const { step, turn, ways } = newPace();
  for (let slow = 0; slow < 4; slow++) {
    await step(10);
    turn();
    await step(0, 10);
    turn();
    assertEquals(ways(), "ii");
    for (let quick = 0; quick < 100; quick++) {
      await step(0);
      turn();
    }
    assertEquals(ways(), "i".repeat(100));
  }
});

Deno.test("Pace.offload() gives the loop its turn as well", async () => {
  let nowMs = 0;
  const pace = new Pace({ now: () => nowMs, onTurn: () => {} });
  assertEquals(await pace.run(() => "inline", () => Promise.resolve("aside")), "inline");
  nowMs = 4;
  assertEquals(await pace.offload(() => Promise.resolve("aside")), "aside");
  nowMs = 8;
  assertEquals(await pace.run(() => "inline", () => Promise.resolve("aside")), "inline");
  await assertRejects(() => pace.offload(() => Promise.reject(new TypeError("no"))), TypeError);
  nowMs = 12;
  assertEquals(await pace.run(() => "inline", () => Promise.resolve("aside")), "inline");
  nowMs = 13;
  assertEquals(await pace.run(() => "inline", () => Promise.resolve("aside")), "aside");
});

Deno.test("Pace.run() hands on what either way throws", async () => {
  let nowMs = 0;
  const pace = new Pace({ now: () => nowMs, onTurn: () => {} });
  const fail = (): never => {
    throw new RangeError("no");
  };
  await assertRejects(() => pace.run(fail, () => Promise.resolve()), RangeError);
  nowMs = 5;
  await assertRejects(() => pace.run(fail, () => Promise.reject(new TypeError("no"))), TypeError);
});
