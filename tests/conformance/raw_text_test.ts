import { assertEquals, assertThrows } from "@std/assert";
import { parseRaw, renderRaw } from "./raw_text.ts";

Deno.test("parseRaw() reads escapes, and all else as UTF-8", () => {
  assertEquals(parseRaw("a\\n\\r\\t\\\\\\x00\\xfF"), Uint8Array.of(0x61, 10, 13, 9, 0x5c, 0, 255));
  assertEquals(parseRaw("\u00e9"), Uint8Array.of(0xc3, 0xa9));
  assertEquals(parseRaw(""), new Uint8Array());
  for (const bad of ["\\", "\\q", "\\x", "\\x1", "\\N"]) assertThrows(() => parseRaw(bad), RangeError, "is none");
});

Deno.test("renderRaw() writes what parseRaw() reads", () => {
  const all = Uint8Array.from({ length: 128 }, (_, at) => at);
  const high = Uint8Array.from({ length: 128 }, (_, at) => 128 + at);
  for (const bytes of [all, high, new Uint8Array()]) assertEquals(parseRaw(renderRaw(bytes)), bytes);
  assertEquals(renderRaw(new Uint8Array(300).fill(120)), `${"x".repeat(200)}... (300 bytes)`);
});
