import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Cache } from "./cache.ts";

/** A cache of so many keys of one byte each: `a`, `b`, ... */
function cacheOf(count: number): Cache<string> {
  const cache = new Cache<string>(count);
  for (let at = 0; at < count; at++) cache.add(String.fromCharCode(97 + at), 1);
  return cache;
}

/** Adds a key of one byte, making room as needed; returns what had to go. */
function bring(cache: Cache<string>, key: string): (string | undefined)[] {
  const gone = [];
  while (!cache.hasRoom(1)) gone.push(cache.evict());
  cache.add(key, 1);
  return gone;
}

Deno.test("Cache.evict() takes the oldest of those that were not used", () => {
  const cache = cacheOf(4);
  assert(cache.use("a") && cache.use("c"));
  assertEquals([cache.evict(), cache.evict(), cache.count], ["b", "d", 2]);
});

Deno.test("Cache.evict() takes what was used once the hand has been round, and nothing where nothing is", () => {
  const cache = cacheOf(3);
  for (const key of "abc") cache.use(key);
  assertEquals([cache.evict(), cache.evict(), cache.evict(), cache.evict()], ["a", "b", "c", undefined]);
  assertEquals([cache.count, cache.sizeBytes], [0, 0]);
});

Deno.test("Cache.evict() goes on where it was: what is used stays through a pass over what is new", () => {
  const cache = cacheOf(4);
  cache.use("a");
  cache.use("b");
  const gone = [..."efghijklmnop"].flatMap((key) => bring(cache, key));
  assertEquals(gone, [..."cdefghijklmn"]);
  assert(cache.has("a") && cache.has("b"));
});

Deno.test("Cache.evict() passes over what may not go", () => {
  const cache = cacheOf(3);
  const mayGo = (key: string): boolean => key === "b";
  assertEquals([cache.evict(mayGo), cache.evict(mayGo), cache.count], ["b", undefined, 2]);
  cache.use("a");
  assertEquals([cache.evict((key) => key === "a"), cache.evict()], ["a", "c"]);
});

Deno.test("Cache.remove() takes out what the hand points at, and the hand goes on with the next", () => {
  const cache = cacheOf(4);
  assertEquals(cache.evict(), "a");
  assert(cache.remove("b"));
  assert(!cache.remove("b"));
  assertEquals([cache.evict(), cache.evict(), cache.evict()], ["c", "d", undefined]);
});

Deno.test("Cache.use() and has() know what is here", () => {
  const cache = cacheOf(1);
  assertEquals([cache.use("a"), cache.use("b"), cache.has("a"), cache.has("b")], [true, false, true, false]);
});

Deno.test("Cache.hasRoom() counts bytes, to the last one", () => {
  const cache = new Cache<string>(10);
  cache.add("a", 4);
  assertEquals([cache.hasRoom(6), cache.hasRoom(7), cache.sizeBytes], [true, false, 4]);
  cache.add("b", 6);
  assertEquals([cache.hasRoom(0), cache.hasRoom(1)], [true, false]);
  assert(cache.remove("a"));
  assertEquals([cache.hasRoom(4), cache.hasRoom(5)], [true, false]);
});

Deno.test("Cache refuses what our own code must not do", () => {
  for (const maxBytes of [-1, NaN]) assertThrows(() => new Cache(maxBytes), RangeError, "Cannot keep");
  const cache = cacheOf(1);
  assertThrows(() => cache.add("b", 1), Error, "stays within its bound");
  assertThrows(() => cache.add("a", 0), Error, "added once");
});

Deno.test("Cache holds what was added and not given up, never more than it may, in whatever order it is used", () => {
  const step = fc.record({ key: fc.nat(20), sizeBytes: fc.nat(40), what: fc.constantFrom("bring", "use", "remove") });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const cache = new Cache<number>(100);
    const held = new Map<number, number>();
    for (const { key, sizeBytes, what } of steps) {
      if (what === "use") assertEquals(cache.use(key), held.has(key));
      else if (what === "remove") assertEquals(cache.remove(key), held.delete(key));
      else if (!held.has(key)) {
        while (!cache.hasRoom(sizeBytes)) assert(held.delete(cache.evict()!));
        cache.add(key, sizeBytes);
        held.set(key, sizeBytes);
      }
      assertEquals(cache.sizeBytes, [...held.values()].reduce((sum, size) => sum + size, 0));
      assertEquals(cache.count, held.size);
      assert(cache.sizeBytes <= 100);
    }
    for (const key of held.keys()) assert(cache.has(key));
    const left = new Set(held.keys());
    for (let key = cache.evict(); key !== undefined; key = cache.evict()) assert(left.delete(key));
    assertEquals(left.size, 0);
  }));
});
