import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/usage_error.ts";
import { ownTarget, pickTargets, programPath, TARGETS } from "./targets.ts";

Deno.test("pickTargets() takes a system, all of them, or this one", () => {
  assertEquals(pickTargets(undefined), [undefined]);
  assertEquals(pickTargets("x86_64-apple-darwin"), ["x86_64-apple-darwin"]);
  assertEquals(pickTargets("all"), TARGETS);
  assertEquals(TARGETS.length, 5);
});

Deno.test("pickTargets() names the nearest system, or all that there are", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["x86_64-aple-darwin", "Unknown target x86_64-aple-darwin; did you mean x86_64-apple-darwin?"],
    ["windows", "Unknown target windows; did you mean x86_64-pc-windows-msvc?"],
    ["al", "Unknown target al; did you mean all?"],
    ["riscv", `Unknown target riscv: there are all, ${TARGETS.join(", ")}`],
    ["\x1b[2J", `Unknown target \\u001b[2J: there are all, ${TARGETS.join(", ")}`],
  ];
  for (const [given, message] of cases) {
    assertEquals(assertThrows(() => pickTargets(given), UsageError).message, message);
  }
});

Deno.test("programPath() has a folder for a system that was asked for, and Windows' ending", () => {
  const suffix = ownTarget().includes("windows") ? ".exe" : "";
  assertEquals(programPath("microcdn", undefined), `microcdn${suffix}`);
  assertEquals(programPath("microcdn", "x86_64-apple-darwin"), "x86_64-apple-darwin/microcdn");
  assertEquals(programPath("microcdn", "x86_64-pc-windows-msvc"), "x86_64-pc-windows-msvc/microcdn.exe");
});
