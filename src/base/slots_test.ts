import { assertEquals, assertRejects } from "@std/assert";
import { Slots } from "./slots.ts";

Deno.test("Slots.take() lets as many in as there are, and the others in the order in which they came", async () => {
  const slots = new Slots(2);
  const first = await slots.take();
  const second = await slots.take();
  const seen: number[] = [];
  const third = slots.take().then((give) => (seen.push(3), give));
  const fourth = slots.take().then((give) => (seen.push(4), give));
  assertEquals(slots.waiting, 2);
  first();
  first();
  (await third)();
  (await fourth)();
  second();
  assertEquals(seen, [3, 4]);
  assertEquals(slots.waiting, 0);
});

Deno.test("Slots.take() of one who gives up costs nobody a slot", async () => {
  const slots = new Slots(1);
  const give = await slots.take();
  const impatient = new AbortController();
  const second = slots.take({ signal: impatient.signal });
  impatient.abort(new Error("enough"));
  await assertRejects(() => second, Error, "enough");
  give();
  (await slots.take())();
});
