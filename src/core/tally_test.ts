import { assertEquals } from "@std/assert";
import { MAX_TALLIED, Tally } from "./tally.ts";

Deno.test("Tally.sums() adds up what each process said last", () => {
  const tally = new Tally();
  tally.note(2, "sent", { kind: "counter", value: 10 });
  tally.note(3, "sent", { kind: "counter", value: 5 });
  tally.note(2, "sent", { kind: "counter", value: 12 });
  tally.note(3, "load", { kind: "gauge", value: 4 });
  tally.note(3, "load", { kind: "gauge", value: 1 });
  assertEquals(tally.sums(), { sent: 17, load: 1 });
  assertEquals([tally.sum("sent"), tally.sum("load"), tally.sum("other")], [17, 1, 0]);
});

Deno.test("Tally.retire() keeps the counters of a process that is gone, also when another takes its place", () => {
  const tally = new Tally();
  tally.note(2, "sent", { kind: "counter", value: 10 });
  tally.note(2, "load", { kind: "gauge", value: 3 });
  tally.retire(2);
  assertEquals(tally.sums(), { sent: 10 });
  tally.note(2, "sent", { kind: "counter", value: 1 });
  tally.note(2, "load", { kind: "gauge", value: 2 });
  assertEquals(tally.sums(), { sent: 11, load: 2 });
  tally.retire(2);
  tally.retire(2);
  assertEquals(tally.sums(), { sent: 11 });
});

Deno.test("Tally keeps a limited number of series of each process", () => {
  const tally = new Tally();
  for (let at = 0; at <= MAX_TALLIED; at++) tally.note(2, `series ${at}`, { kind: "gauge", value: 1 });
  tally.note(2, "series 0", { kind: "gauge", value: 7 });
  assertEquals(Object.keys(tally.sums()).length, MAX_TALLIED);
  assertEquals([tally.sum("series 0"), tally.sum(`series ${MAX_TALLIED}`)], [7, 0]);
});
