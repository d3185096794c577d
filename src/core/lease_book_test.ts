import { assertEquals, assertThrows } from "@std/assert";
import { LeaseBook } from "./lease_book.ts";

const OPTIONS = { leaseMs: 8_000, marginMs: 1_000 };

Deno.test("LeaseBook.endMs() is the last sign of life, and a lease and a margin more", () => {
  const book = new LeaseBook(OPTIONS, 100);
  // Somebody else may have given a lease just now.
  assertEquals(book.endMs(1), 9_100);
  book.beat(1, 5_000);
  assertEquals([book.endMs(1), book.endMs(2)], [14_000, 9_100]);
  book.beat(1, 7_000);
  assertEquals(book.endMs(1), 16_000);
});

Deno.test("LeaseBook.gap() takes every node for one that just got a lease", () => {
  const book = new LeaseBook(OPTIONS, 0);
  book.beat(1, 1_000);
  book.gap(20_000);
  assertEquals([book.endMs(1), book.endMs(2)], [29_000, 29_000]);
  book.beat(1, 21_000);
  assertEquals(book.endMs(1), 30_000);
});

Deno.test("LeaseBook wants durations", () => {
  assertThrows(() => new LeaseBook({ leaseMs: -1, marginMs: 0 }, 0), RangeError);
  assertThrows(() => new LeaseBook({ leaseMs: 1, marginMs: NaN }, 0), RangeError);
});
