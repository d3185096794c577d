import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Progress, RateMeter, renderProgress } from "./progress.ts";
import { columnsOf } from "./columns.ts";

const MIB = 1024 ** 2;
const HALF: Progress = { name: "film.mp4", doneBytes: 42 * MIB, totalBytes: 100 * MIB, bytesPerSecond: 2 * MIB };

Deno.test("renderProgress() shows less where there is less room", () => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [120, "film.mp4  [############------------------]   42%  42 MiB of 100 MiB   2.0 MiB/s  0:29 left"],
    [80, "film.mp4  [#######------------]   42%  42 MiB of 100 MiB   2.0 MiB/s  0:29 left"],
    [70, "film.mp4   42%  42 MiB of 100 MiB   2.0 MiB/s  0:29 left"],
    [50, "film.mp4   42%   2.0 MiB/s  0:29 left"],
    [30, "film.mp4   42%  0:29 left"],
    [20, "film.mp4   42%"],
    [6, "film…"],
    [1, ""],
  ];
  for (const [columns, line] of cases) assertEquals(renderProgress(HALF, columns), line, String(columns));
});

Deno.test("renderProgress() never fills the last column, whatever the name", () => {
  const names = [
    "a",
    "a very long name of a very long film.mp4",
    "漢字漢字漢字漢字漢字漢字.txt",
    "🎉🎉🎉",
    "e\u0301e\u0301",
  ];
  for (const name of names) {
    for (let columns = 1; columns < 150; columns++) {
      const line = renderProgress({ ...HALF, name }, columns);
      assert(columnsOf(line) < columns, `${columns}: ${line}`);
    }
  }
});

Deno.test("renderProgress() shows what is known", () => {
  const cases: ReadonlyArray<readonly [Progress, string]> = [
    [{ name: "a", doneBytes: 0 }, "a  0 B"],
    [{ name: "a", doneBytes: 5, bytesPerSecond: 5 }, "a  5 B       5 B/s"],
    [{ name: "empty", doneBytes: 0, totalBytes: 0 }, "empty  [##############################]  100%  0 B of 0 B"],
    [
      { ...HALF, bytesPerSecond: 0 },
      "film.mp4  [#######------------]   42%  42 MiB of 100 MiB       0 B/s  -:-- left",
    ],
    [{ name: "a\x1b[2J\n", doneBytes: 0 }, "a\\u001b[2J\\u000a  0 B"],
  ];
  for (const [progress, line] of cases) assertEquals(renderProgress(progress, 80), line);
});

Deno.test("RateMeter.bytesPerSecond() measures the last seconds only", () => {
  const meter = new RateMeter();
  assertEquals(meter.bytesPerSecond(0), undefined);
  meter.note(0, 0);
  assertEquals(meter.bytesPerSecond(50), undefined);
  for (let ms = 20; ms <= 10_000; ms += 20) meter.note(ms, ms);
  assertAlmostEquals(meter.bytesPerSecond(10_000)!, 1_000, 25);
  for (let ms = 10_020; ms <= 20_000; ms += 20) meter.note(10_000 + (ms - 10_000) * 3, ms);
  assertAlmostEquals(meter.bytesPerSecond(20_000)!, 3_000, 75);
});

Deno.test("RateMeter.bytesPerSecond() falls to 0 when nothing arrives, and survives a new start", () => {
  const meter = new RateMeter();
  meter.note(0, 0);
  meter.note(1_000, 1_000);
  assertEquals(meter.bytesPerSecond(1_000), 1_000);
  assertEquals(meter.bytesPerSecond(2_000), 500);
  assertEquals(meter.bytesPerSecond(6_000), 0);
  meter.note(0, 7_000);
  assertEquals(meter.bytesPerSecond(7_000), undefined);
  meter.note(100, 8_000);
  assertEquals(meter.bytesPerSecond(8_000), 100);
});
