import { assertEquals } from "@std/assert";
import { cutShares } from "./shares.ts";

Deno.test("cutShares() hands out each seed once, in shares that are worth a process", () => {
  for (const [from, seeds, jobs] of [[0, 200, 2], [300, 5_000, 2], [7, 10, 2], [0, 1, 4], [5, 0, 2]] as const) {
    const shares = cutShares({ from, seeds }, jobs);
    const all = shares.flatMap((share) => Array.from({ length: share.seeds }, (_, at) => share.from + at));
    assertEquals(all, Array.from({ length: seeds }, (_, at) => from + at));
  }
  assertEquals(cutShares({ from: 0, seeds: 200 }, 2).length, 8);
  assertEquals(cutShares({ from: 0, seeds: 10 }, 2).length, 2);
  assertEquals(cutShares({ from: 0, seeds: 5_000 }, 2).length, 12);
});
