import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { giveSmallBuffer, SMALL_BUFFER_BYTES, takeSmallBuffer } from "./small_buffers.ts";

Deno.test("takeSmallBuffer() gives each buffer to one at a time, and again when it came back", () => {
  const a = takeSmallBuffer(), b = takeSmallBuffer();
  assertEquals([a.length, b.length], [SMALL_BUFFER_BYTES, SMALL_BUFFER_BYTES]);
  assertNotStrictEquals(a.buffer, b.buffer);
  giveSmallBuffer(a);
  assertStrictEquals(takeSmallBuffer(), a);
  giveSmallBuffer(a);
  giveSmallBuffer(b);
});

Deno.test("giveSmallBuffer() keeps no others, and no more than a few", () => {
  const large = new Uint8Array(SMALL_BUFFER_BYTES + 1);
  giveSmallBuffer(large);
  giveSmallBuffer(large.subarray(1));
  const taken = Array.from({ length: 300 }, () => takeSmallBuffer());
  assert(!taken.some(({ buffer }) => buffer === large.buffer));
  for (const buffer of taken) giveSmallBuffer(buffer);
  const again = Array.from({ length: 300 }, () => takeSmallBuffer());
  assertEquals(again.filter((buffer) => taken.includes(buffer)).length, 128);
});
