import { assertEquals, assertStrictEquals } from "@std/assert";
import { type Report, ReportQueue } from "./report_queue.ts";

function report(id: string, unixSeconds = 1): Report {
  return { id, unixSeconds };
}

/** What a queue holds, in the order of sending. Empties it. */
function drain(queue: ReportQueue): string[] {
  const ids: string[] = [];
  for (let head = queue.head(); head !== undefined; head = queue.head()) {
    ids.push(head.id);
    queue.acknowledge(head);
  }
  return ids;
}

Deno.test("ReportQueue.head() is the first report until it is acknowledged", () => {
  const queue = new ReportQueue();
  assertEquals(queue.head(), undefined);
  const first = report("CS2");
  queue.add(first);
  queue.add(report("CS1"));
  assertStrictEquals(queue.head(), first);
  assertStrictEquals(queue.head(), first);
  assertEquals(queue.size, 2);
  assertEquals(drain(queue), ["CS2", "CS1"]);
  assertEquals(queue.size, 0);
});

Deno.test("ReportQueue.add() leaves a server's waiting report in its place, as it is", () => {
  const queue = new ReportQueue();
  queue.add(report("CS1", 1));
  queue.add(report("CS2", 2));
  queue.add(report("CS1", 3));
  assertEquals(queue.size, 2);
  assertEquals(queue.head(), report("CS1", 1));
  assertEquals(drain(queue), ["CS1", "CS2"]);
});

Deno.test("ReportQueue.withdraw() takes a report back, and says whether there was one", () => {
  const queue = new ReportQueue();
  queue.add(report("CS1"));
  queue.add(report("CS2"));
  assertEquals([queue.has("CS1"), queue.withdraw("CS1"), queue.has("CS1"), queue.withdraw("CS1")], [
    true,
    true,
    false,
    false,
  ]);
  assertEquals(drain(queue), ["CS2"]);
});

Deno.test("ReportQueue.acknowledge() of an older report leaves a newer one of the same server", () => {
  const queue = new ReportQueue();
  const old = report("CS1", 1);
  queue.add(old);
  queue.withdraw("CS1");
  queue.add(report("CS1", 1));
  queue.acknowledge(old);
  assertEquals(queue.size, 1);
  queue.acknowledge(report("CS9"));
  assertEquals(queue.size, 1);
});

Deno.test("ReportQueue puts a server that died again at the end", () => {
  const queue = new ReportQueue();
  for (const id of ["CS1", "CS2", "CS3"]) queue.add(report(id));
  queue.withdraw("CS1");
  queue.add(report("CS1"));
  assertEquals(drain(queue), ["CS2", "CS3", "CS1"]);
});
