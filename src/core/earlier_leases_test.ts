import { assertEquals } from "@std/assert";
import { EarlierLeases } from "./earlier_leases.ts";

Deno.test("EarlierLeases.endMs() is the end of them all, but for files that began here", () => {
  const leases = new EarlierLeases(9_000);
  leases.noteFirst("first", 5);
  leases.noteFirst("late", 9_000);
  assertEquals(["first", "late", "other"].map((name) => leases.endMs(name)), [-Infinity, 9_000, 9_000]);
  assertEquals(new EarlierLeases(-Infinity).endMs("other"), -Infinity);
});
