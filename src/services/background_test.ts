import { assertEquals } from "@std/assert";
import { every } from "../base/clock.ts";
import type { VirtualClock } from "../base/virtual_clock.ts";
import { watch } from "../../tests/net_bench.ts";
import { StreamBench } from "../../tests/stream_bench.ts";
import { Background } from "./background.ts";

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Resolves once the clock was wound by so much. */
function wound(clock: VirtualClock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(delayMs, resolve));
}

Deno.test("Background.stop() aborts every loop and waits for all of them", async () => {
  const { clock, log, records } = new StreamBench();
  const background = new Background(log);
  const ended: string[] = [];
  for (const [name, tailMs] of [["slow", 500], ["quick", 0]] as const) {
    background.run(name, async (signal) => {
      await aborted(signal);
      await wound(clock, tailMs);
      ended.push(name);
    });
  }
  await clock.advance(1_000);
  assertEquals([ended, background.signal.aborted], [[], false]);
  const stopping = background.stop();
  const seen = watch(stopping);
  assertEquals(background.signal.aborted, true);
  await clock.advance(499);
  assertEquals([ended, seen.settled], [["quick"], false]);
  await clock.until(stopping);
  assertEquals([ended, background.failure, records], [["quick", "slow"], undefined, []]);
});

Deno.test("Background.stop() is idempotent, and done at once without loops", async () => {
  const background = new Background(new StreamBench().log);
  await Promise.all([background.stop(), background.stop()]);
  await background.stop();
});

Deno.test("Background.stop() also waits for a loop that another one starts on its way out", async () => {
  const { clock, log } = new StreamBench();
  const background = new Background(log);
  let isLateOneDone = false;
  background.run("first", async (signal) => {
    await aborted(signal);
    background.run("second", async () => {
      await wound(clock, 100);
      isLateOneDone = true;
    });
  });
  await clock.until(background.stop());
  assertEquals(isLateOneDone, true);
});

Deno.test("Background.run() logs and shows what ends a loop too early", async () => {
  const { clock, log, records } = new StreamBench();
  const background = new Background(log);
  background.run("check", () => Promise.reject(new TypeError("a bug")));
  await clock.advance(0);
  assertEquals(background.failure, "check: a bug");
  assertEquals(records.map(({ level, event, fields }) => ({ level, event, fields })), [
    { level: "error", event: "loop ended", fields: { loop: "check", reason: "check: a bug" } },
  ]);
  background.run("poll", () => {
    throw new TypeError("thrown at once");
  });
  await clock.advance(0);
  assertEquals(background.failure, "poll: thrown at once");
  await background.stop();
});

Deno.test("Background.run() takes a loop that is done, or fails after the abort, for no failure", async () => {
  const { clock, log, records } = new StreamBench();
  const background = new Background(log);
  background.run("done", () => Promise.resolve());
  background.run("stopped", async (signal) => {
    await aborted(signal);
    throw signal.reason;
  });
  await clock.advance(0);
  await background.stop();
  assertEquals([background.failure, records], [undefined, []]);
});

Deno.test("Background.run() keeps the others going when a loop fails", async () => {
  const { clock, log } = new StreamBench();
  const background = new Background(log);
  let rounds = 0;
  background.run("steady", (signal) => every(clock, 100, () => void rounds++, { signal }));
  background.run("broken", () => Promise.reject(new Error("a bug")));
  await clock.advance(1_000);
  assertEquals([rounds, background.signal.aborted], [10, false]);
  await background.stop();
});
