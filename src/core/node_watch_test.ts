import { assertEquals } from "@std/assert";
import { NodeWatch } from "./node_watch.ts";

const OPTIONS = { timeoutMs: 8_000, sweepIntervalMs: 1_000, askMs: 3_000 };

Deno.test("NodeWatch finds a node dead whose heartbeats stop, once, and alive when they come again", () => {
  const watch = new NodeWatch(OPTIONS);
  assertEquals(watch.isAlive(1), false);
  watch.register(1, 0);
  for (let nowMs = 0; nowMs <= 4_000; nowMs += 1_000) {
    if (nowMs % 2_000 === 0) watch.beat(1, nowMs);
    assertEquals(watch.sweep(nowMs), []);
  }
  const dead: number[] = [];
  for (let nowMs = 5_000; nowMs <= 20_000; nowMs += 1_000) {
    if (watch.sweep(nowMs).length > 0) dead.push(nowMs);
    assertEquals(watch.due(nowMs), [], "its silence says enough");
  }
  assertEquals([dead, watch.isAlive(1)], [[13_000], false]);
  assertEquals(watch.beat(1, 21_000), "up");
  assertEquals([watch.isAlive(1), watch.sendsHeartbeats(1)], [true, true]);
});

Deno.test("NodeWatch has nodes asked that send no heartbeats, dead ones too", () => {
  const watch = new NodeWatch(OPTIONS);
  watch.register(1, 0);
  watch.expect(2, 0);
  const asked: string[] = [];
  const dead: number[] = [];
  for (let nowMs = 0; nowMs <= 20_000; nowMs += 1_000) {
    for (const nodeId of watch.due(nowMs)) {
      asked.push(`${nodeId} at ${nowMs}`);
      if (nodeId === 1) watch.answered(1, nowMs);
    }
    dead.push(...watch.sweep(nowMs));
  }
  assertEquals(asked.filter((text) => text.startsWith("1")).length, 6);
  assertEquals(asked.filter((text) => text.startsWith("2")).length, 6);
  assertEquals([dead, watch.isAlive(1), watch.isAlive(2)], [[2], true, false]);
  assertEquals(watch.answered(2, 21_000), "up");
  assertEquals(watch.sendsHeartbeats(2), false);
  // One of ours after all.
  watch.beat(2, 21_500);
  assertEquals(watch.due(30_000), [1]);
});

Deno.test("NodeWatch.expect() gives nodes that are known at a start the whole time-out", () => {
  const watch = new NodeWatch(OPTIONS);
  watch.expect(1, 100_000);
  assertEquals(watch.isAlive(1), true);
  const dead: number[] = [];
  for (let nowMs = 100_000; nowMs <= 110_000; nowMs += 1_000) if (watch.sweep(nowMs).length > 0) dead.push(nowMs);
  assertEquals(dead, [109_000]);
});
