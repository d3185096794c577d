import { assertEquals, assertRejects } from "@std/assert";
import { SharedLooks } from "./shared_looks.ts";

Deno.test("SharedLooks.ask() gives a look that began after the question, one for many", async () => {
  const ends: ((fails?: boolean) => void)[] = [];
  const looks = new SharedLooks<number>(() => {
    const number = ends.length;
    return new Promise((resolve, reject) => {
      ends.push((fails = false) => fails ? reject(new Error("away")) : resolve(number));
    });
  });
  const first = looks.ask("a");
  const [second, third] = [looks.ask("a"), looks.ask("a")];
  assertEquals(ends.length, 1);
  ends[0]!();
  assertEquals(await first, 0);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assertEquals(ends.length, 2);
  const fourth = looks.ask("a");
  ends[1]!(true);
  await assertRejects(() => second, Error, "away");
  await assertRejects(() => third, Error, "away");
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  ends[2]!();
  assertEquals(await fourth, 2);
});
