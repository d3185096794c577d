import { assert, assertEquals } from "@std/assert";
import { TARGETS } from "../build/targets.ts";
import { targetOf } from "./system_target.ts";

Deno.test("targetOf() finds what runs on a machine", () => {
  const table: ReadonlyArray<readonly [system: string, target: string | undefined]> = [
    ["Linux x86_64", "x86_64-unknown-linux-gnu"],
    ["Linux aarch64", "aarch64-unknown-linux-gnu"],
    ["Linux arm64", "aarch64-unknown-linux-gnu"],
    ["Darwin arm64", "aarch64-apple-darwin"],
    ["Darwin x86_64", "x86_64-apple-darwin"],
    ["Linux armv7l", undefined],
    ["Linux constructor", undefined],
    ["FreeBSD amd64", undefined],
    ["", undefined],
  ];
  for (const [system, target] of table) {
    assertEquals(targetOf(system), target, system);
    assert(target === undefined || TARGETS.includes(target), target);
  }
});
