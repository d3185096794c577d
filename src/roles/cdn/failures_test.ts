import { assertEquals } from "@std/assert";
import type { ClientErrorKind } from "./client_error.ts";
import { Failures, type Fault } from "./failures.ts";

function failuresOf(faults: readonly Fault[]): Failures {
  const failures = new Failures();
  for (const [at, fault] of faults.entries()) failures.note(fault, `${fault} ${at}`);
  return failures;
}

Deno.test("Failures.explain() finds the kind that says most", () => {
  const table: [Fault[], isStuck: boolean, ClientErrorKind][] = [
    [["index"], false, "network"],
    [["not-found"], false, "not-found"],
    [["not-found", "unknown-file"], false, "not-found"],
    [["not-found", "unreachable"], false, "network"],
    [["unreachable", "unknown-file"], false, "network"],
    [["nonsense", "refused", "short", "stalled"], true, "network"],
    [["unreachable", "wrong-bytes"], false, "integrity"],
    [["overflow", "not-found"], false, "integrity"],
    [["other-version", "stalled"], false, "network"],
    [["other-version", "stalled"], true, "integrity"],
  ];
  for (const [faults, isStuck, kind] of table) assertEquals(failuresOf(faults).explain("a", { isStuck }).kind, kind);
});

Deno.test("Failures.explain() tells the last reasons, each once", () => {
  const failures = failuresOf(["index"]);
  failures.clear();
  for (let at = 0; at < 14; at++) failures.note("short", `reason ${at >> 1}`);
  const { message } = failures.explain("a", { isStuck: false });
  assertEquals(message, "Cannot get a: reason 2; reason 3; reason 4; reason 5; reason 6");
});
