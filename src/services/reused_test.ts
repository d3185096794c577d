import { assertEquals } from "@std/assert";
import { Reused } from "./reused.ts";

/** The number of times that it was made; each takes so long. */
function prepare(takesMs: number): { reused: Reused<number>; pass: (ms: number) => void } {
  let nowMs = 0;
  let made = 0;
  const pass = (ms: number): void => void (nowMs += ms);
  const reused = new Reused({ now: () => nowMs }, () => {
    pass(takesMs);
    return ++made;
  });
  return { reused, pass };
}

Deno.test("Reused.get() makes it anew for each who asks while that takes no time", () => {
  const { reused } = prepare(0);
  assertEquals([reused.get(), reused.get(), reused.get()], [1, 2, 3]);
});

Deno.test("Reused.get() gives what took long to make to all who ask within ten times as long", () => {
  const { reused, pass } = prepare(12);
  assertEquals(reused.get(), 1);
  pass(119);
  assertEquals(reused.get(), 1);
  pass(1);
  assertEquals(reused.get(), 2);
});

Deno.test("Reused.outdate() has the next one who asks see what changed", () => {
  const { reused } = prepare(12);
  reused.get();
  reused.outdate();
  assertEquals([reused.get(), reused.get()], [2, 2]);
});
