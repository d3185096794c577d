import { assertEquals } from "@std/assert";
import { compareHashes, type FileVersion, needsUpload } from "./file_version.ts";

const SHA = "ab".repeat(32), OTHER_SHA = "cd".repeat(32), MD5 = "ab".repeat(16);

Deno.test("compareHashes() compares what can be compared", () => {
  const table: [a: string, b: string, expected: ReturnType<typeof compareHashes>][] = [
    [SHA, SHA, "same"],
    [SHA, SHA.toUpperCase(), "same"],
    [SHA, OTHER_SHA, "different"],
    [MD5, MD5.toUpperCase(), "same"],
    [MD5, "cd".repeat(16), "different"],
    [SHA, MD5, "incomparable"],
    ["etag-1", "etag-1", "same"],
    ["etag-1", "ETAG-1", "different"],
    ["etag-1", SHA, "incomparable"],
    ["", "", "incomparable"],
    ["", SHA, "incomparable"],
  ];
  for (const [a, b, expected] of table) {
    assertEquals(compareHashes(a, b), expected, `${a} ${b}`);
    assertEquals(compareHashes(b, a), expected, `${b} ${a}`);
  }
});

Deno.test("needsUpload() goes by the hash, and by the time stamp where that says nothing", () => {
  const known: FileVersion = { hash: SHA, timestamp: "1" };
  const table: [offered: FileVersion, known: FileVersion | undefined, expected: boolean][] = [
    [{ hash: SHA, timestamp: "1" }, undefined, true],
    [{ hash: SHA, timestamp: "1" }, known, false],
    [{ hash: SHA, timestamp: "2" }, known, false],
    [{ hash: OTHER_SHA, timestamp: "1" }, known, true],
    [{ hash: MD5, timestamp: "1" }, known, false],
    [{ hash: MD5, timestamp: "2" }, known, true],
    [{ hash: "", timestamp: "1" }, known, false],
    [{ hash: "", timestamp: "" }, known, true],
    [{ hash: "", timestamp: "" }, { hash: "", timestamp: "" }, true],
  ];
  for (const [offered, present, expected] of table) {
    assertEquals(needsUpload(offered, present), expected, JSON.stringify({ offered, present }));
  }
});
