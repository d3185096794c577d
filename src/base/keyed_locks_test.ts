import { assertEquals, assertRejects } from "@std/assert";
import { KeyedLocks } from "./keyed_locks.ts";

Deno.test("KeyedLocks.run() runs what has the same key one after the other, in order", async () => {
  const locks = new KeyedLocks();
  const seen: string[] = [];
  async function work(key: string, name: string): Promise<void> {
    await locks.run(key, async () => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
    });
  }
  await Promise.all([work("a", "1"), work("a", "2"), work("a", "3")]);
  assertEquals(seen, ["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"]);
  assertEquals(locks.count, 0);
});

Deno.test("KeyedLocks.run() lets other keys go on", async () => {
  const locks = new KeyedLocks();
  const free = await locks.take("a");
  assertEquals(await locks.run("b", () => Promise.resolve(1)), 1);
  free();
  assertEquals(locks.count, 0);
});

Deno.test("KeyedLocks.run() frees the key when what it ran fails", async () => {
  const locks = new KeyedLocks();
  await assertRejects(() => locks.run("a", () => Promise.reject(new Error("no"))), Error, "no");
  assertEquals(await locks.run("a", () => Promise.resolve(2)), 2);
});

Deno.test("KeyedLocks.take() of one who gives up neither delays nor overtakes the others", async () => {
  const locks = new KeyedLocks();
  const free = await locks.take("a");
  const impatient = new AbortController();
  const second = locks.take("a", { signal: impatient.signal });
  let isThird = false;
  const third = locks.take("a").then((free) => {
    isThird = true;
    free();
  });
  impatient.abort(new Error("enough"));
  await assertRejects(() => second, Error, "enough");
  assertEquals(isThird, false);
  free();
  await third;
  assertEquals(locks.count, 0);
});
