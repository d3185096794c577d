import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteRanges } from "./byte_ranges.ts";
import { decodePartRecord, encodePartRecord } from "./part_record.ts";

const SHA = "0123456789abcdef".repeat(4);
const version = { sizeBytes: 100, sha256: SHA };

Deno.test("decodePartRecord() reads what encodePartRecord() writes", () => {
  const range = fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 50 }))
    .map(([start, length]) => ({ start, end: Math.min(100, start + length) }));
  fc.assert(fc.property(fc.string(), fc.option(fc.array(range), { nil: undefined }), (name, ranges) => {
    const have = ranges && new ByteRanges(ranges);
    const read = decodePartRecord(encodePartRecord({ name, version, have }));
    assertEquals([read?.name, read?.version], [name, version]);
    assertEquals(read?.have && [...read.have], have && [...have]);
  }));
});

Deno.test("decodePartRecord() refuses what is none, or contradicts itself", () => {
  const good = { format: "microcdn-part-1", name: "a", sizeBytes: 100, sha256: SHA, ranges: [[0, 5]] };
  assertEquals(decodePartRecord(JSON.stringify(good))?.have?.totalBytes, 5);
  const bad: Record<string, unknown>[] = [
    { format: "microcdn-part-2" },
    { name: 1 },
    { sizeBytes: -1 },
    { sizeBytes: 1.5 },
    { sizeBytes: "100" },
    { sha256: SHA.toUpperCase() },
    { sha256: SHA.slice(1) },
    { ranges: "all" },
    { ranges: [5] },
    { ranges: [[0, 5, 6]] },
    { ranges: [[5, 5]] },
    { ranges: [[-1, 5]] },
    { ranges: [[0, 101]] },
    { ranges: [[0, null]] },
    { ranges: null },
  ];
  for (const change of bad) assertEquals(decodePartRecord(JSON.stringify({ ...good, ...change })), undefined);
  const whole = JSON.stringify(good);
  for (const text of ["", "null", "[]", "1", whole.slice(0, -1), `${whole}x`]) {
    assertEquals(decodePartRecord(text), undefined);
  }
});

Deno.test("decodePartRecord() takes any text", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    decodePartRecord(text);
  }));
});
