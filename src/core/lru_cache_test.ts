import { assert, assertEquals, assertThrows } from "@std/assert";
import { LruCache } from "./lru_cache.ts";

Deno.test("LruCache.evict() gives up what was used least recently", () => {
  const cache = new LruCache<string>(3);
  for (const key of ["a", "b", "c"]) cache.add(key, 1);
  assert(cache.use("a"));
  assertEquals(cache.evict(), "b");
  assertEquals(cache.evict((key) => key !== "c"), "a");
  assertEquals(cache.evict((key) => key !== "c"), undefined);
  assertEquals([cache.count, cache.sizeBytes, cache.has("c"), cache.has("a")], [1, 1, true, false]);
});

Deno.test("LruCache keeps within its bound", () => {
  const cache = new LruCache<string>(10);
  cache.add("a", 7);
  assert(!cache.hasRoom(4) && cache.hasRoom(3));
  assertThrows(() => cache.add("b", 4), Error, "stays within its bound");
  assertThrows(() => cache.add("a", 1), Error, "is added once");
  assert(cache.remove("a") && !cache.remove("a") && !cache.use("a"));
  assertEquals(cache.sizeBytes, 0);
  assertThrows(() => new LruCache(-1), RangeError, "Cannot keep -1 bytes");
});
