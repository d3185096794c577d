import { assertEquals } from "@std/assert";
import { tabulate } from "./growth.ts";

Deno.test("tabulate() takes the median of each cell, and leaves empty what was not measured", () => {
  const columns = [{ name: "memory", unit: "MiB" }, { name: "rate", unit: "/s" }] as const;
  const growth = tabulate("files", columns, [
    { size: 10, rounds: [{ memory: 5 }, { memory: 7 }, { memory: 6 }] },
    { size: 1_000, rounds: [{ memory: 50, rate: 1.23456 }] },
  ]);
  assertEquals(growth, {
    of: "files",
    columns,
    lines: [
      { size: 10, values: { memory: 6, rate: null } },
      { size: 1_000, values: { memory: 50, rate: 1.235 } },
    ],
  });
});
