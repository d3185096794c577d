import { assertEquals } from "@std/assert";
import { encodeReport, isSameMachine, mergeReports, parseReport } from "./report.ts";
import { comparingRow, growingRow, SAMPLE_MACHINE, sampleReport } from "./sample_report.ts";

Deno.test("parseReport() reads what encodeReport() writes", () => {
  const report = sampleReport(comparingRow("hot", [80, 95]), growingRow("files", [50, 250]));
  assertEquals(parseReport(encodeReport(report)), report);
});

Deno.test("parseReport() takes no other text for a report", () => {
  for (
    const text of [
      "",
      "{",
      "null",
      "3",
      "[]",
      "{}",
      '{"format":1}',
      '{"format":2,"rows":[]}',
      '{"format":1,"rows":[null]}',
    ]
  ) {
    assertEquals(parseReport(text), undefined, text);
  }
});

Deno.test("isSameMachine() looks at the machine and at every version, in whatever order", () => {
  const { versions } = SAMPLE_MACHINE;
  const reversed = Object.fromEntries(Object.entries(versions).reverse());
  for (
    const [other, expected] of [
      [SAMPLE_MACHINE, true],
      [{ ...SAMPLE_MACHINE, versions: reversed }, true],
      [{ ...SAMPLE_MACHINE, versions: { ...versions, deno: "3.0.0" } }, false],
      [{ ...SAMPLE_MACHINE, versions: { deno: "2.9.6" } }, false],
      [{ ...SAMPLE_MACHINE, cores: 2 }, false],
      [{ ...SAMPLE_MACHINE, kernel: "Linux 6.2" }, false],
    ] as const
  ) assertEquals(isSameMachine(SAMPLE_MACHINE, other), expected, JSON.stringify(other));
});

Deno.test("mergeReports() replaces rows that were measured anew, and keeps the others in order", () => {
  const kept = sampleReport(comparingRow("a", [1]), comparingRow("b", [2]), comparingRow("gone", [3]));
  const now = sampleReport(comparingRow("b", [20]), comparingRow("c", [30]));
  const merged = mergeReports(kept, now, ["a", "b", "c", "never"]);
  assertEquals(merged.rows, [comparingRow("a", [1]), comparingRow("b", [20]), comparingRow("c", [30])]);
});
