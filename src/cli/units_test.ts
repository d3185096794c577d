import { assert, assertEquals } from "@std/assert";
import { formatBytes, formatDuration, parseRate } from "./units.ts";

Deno.test("formatBytes() writes any size in at most eight columns", () => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [0, "0 B"],
    [42, "42 B"],
    [999, "999 B"],
    [1000, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [10_240, "10 KiB"],
    [1_048_575, "1.0 MiB"],
    [1_048_576, "1.0 MiB"],
    [1_572_864, "1.5 MiB"],
    [5 * 1024 ** 3, "5.0 GiB"],
    [Number.MAX_SAFE_INTEGER, "8.0 PiB"],
  ];
  for (const [bytes, expected] of cases) assertEquals(formatBytes(bytes), expected);
  for (let bytes = 1; bytes < 2 ** 52; bytes = Math.ceil(bytes * 1.07)) assert(formatBytes(bytes).length <= 8);
});

Deno.test("formatDuration() writes minutes and hours, and what it does not know", () => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [0, "0:00"],
    [1, "0:01"],
    [7_000, "0:07"],
    [750_000, "12:30"],
    [3_723_000, "1:02:03"],
    [Infinity, "-:--"],
    [NaN, "-:--"],
    [1e12, "-:--"],
  ];
  for (const [durationMs, expected] of cases) assertEquals(formatDuration(durationMs), expected);
});

Deno.test("parseRate() reads k, M and G as curl does", () => {
  const cases: ReadonlyArray<readonly [string, number | undefined]> = [
    ["500", 500],
    ["500k", 512_000],
    ["2M", 2_097_152],
    ["1.5m", 1_572_864],
    ["1G", 1_073_741_824],
    ["0", undefined],
    ["0k", undefined],
    ["-5", undefined],
    ["2MB", undefined],
    ["k", undefined],
    ["", undefined],
    ["1e3", undefined],
    [`${"9".repeat(400)}`, undefined],
  ];
  for (const [text, expected] of cases) assertEquals(parseRate(text), expected, text);
});
