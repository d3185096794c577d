import { assertEquals, assertStrictEquals } from "@std/assert";
import { Inbox } from "./inbox.ts";

function next<T>(inbox: Inbox<T>): Promise<IteratorResult<T, undefined>> {
  return inbox[Symbol.asyncIterator]().next();
}

Deno.test("Inbox gives items in the order in which they came", async () => {
  const inbox = new Inbox<number>({ maxItems: 10 });
  const early = next(inbox);
  for (const item of [1, 2, 3]) assertEquals(inbox.push(item), true);
  assertEquals(await early, { done: false, value: 1 });
  const items: number[] = [];
  for await (const item of inbox) {
    items.push(item);
    if (items.length === 2) break;
  }
  assertEquals(items, [2, 3]);
});

Deno.test("Inbox.push() refuses what is past the limit of items, and takes more once some are taken", async () => {
  const inbox = new Inbox<number>({ maxItems: 2 });
  assertEquals([inbox.push(1), inbox.push(2), inbox.push(3)], [true, true, false]);
  assertEquals(await next(inbox), { done: false, value: 1 });
  assertEquals([inbox.push(4), inbox.push(5)], [true, false]);
  assertEquals(inbox.close(), [2, 4]);
});

Deno.test("Inbox.push() refuses what is past the limit of weight, and takes more once some are taken", async () => {
  const inbox = new Inbox<number>({ maxItems: 100, maxWeight: 10, weigh: (item) => item });
  assertEquals([inbox.push(6), inbox.push(5), inbox.push(4), inbox.push(1)], [true, false, true, false]);
  assertEquals(await next(inbox), { done: false, value: 6 });
  assertEquals([inbox.push(6), inbox.push(1)], [true, false]);
});

Deno.test("Inbox.push() hands to a waiting reader whatever the limits", async () => {
  const inbox = new Inbox<number>({ maxItems: 0 });
  const reading = next(inbox);
  assertEquals([inbox.push(1), inbox.push(2)], [true, false]);
  assertEquals(await reading, { done: false, value: 1 });
});

Deno.test("Inbox.close() ends waiting and later reads, returns what waited, and takes nothing more", async () => {
  const inbox = new Inbox<number>({ maxItems: 10 });
  const waiting = [next(inbox), next(inbox)];
  assertEquals(inbox.close(), []);
  for (const result of await Promise.all(waiting)) assertEquals(result.done, true);
  assertEquals(inbox.push(1), false);
  assertEquals(inbox.close(), []);
  assertEquals((await next(inbox)).done, true);
});

Deno.test("Inbox.fail() throws once, after what waits, and then has ended", async () => {
  const inbox = new Inbox<number>({ maxItems: 10 });
  const reason = new Error("broken");
  inbox.push(1);
  inbox.fail(reason);
  inbox.fail(new Error("again"));
  assertEquals(await next(inbox), { done: false, value: 1 });
  assertStrictEquals(await next(inbox).catch((error) => error), reason);
  assertEquals((await next(inbox)).done, true);
});

Deno.test("Inbox.fail() throws to one of the waiting readers and ends the others", async () => {
  const inbox = new Inbox<number>({ maxItems: 10 });
  const reason = new Error("broken");
  const waiting = [next(inbox), next(inbox)].map((reading) => reading.catch((error) => error));
  inbox.fail(reason);
  const [first, second] = await Promise.all(waiting);
  assertStrictEquals(first, reason);
  assertEquals(second.done, true);
});
