import { assertEquals } from "@std/assert";
import { editDistance, nearest } from "./suggestion.ts";

const FLAGS = ["--port", "--host", "--monitor-udp-port", "--monitor-host", "--timeout", "--log"];

Deno.test("editDistance() counts letters more, less, changed and swapped", () => {
  const cases: ReadonlyArray<readonly [string, string, number]> = [
    ["", "", 0],
    ["", "port", 4],
    ["port", "port", 0],
    ["prot", "port", 1],
    ["port", "ports", 1],
    ["kitten", "sitting", 3],
  ];
  for (const [a, b, edits] of cases) {
    assertEquals(editDistance(a, b), edits, `${a} ${b}`);
    assertEquals(editDistance(b, a), edits, `${b} ${a}`);
  }
});

Deno.test("nearest() finds what was meant, and nothing where nothing is near", () => {
  assertEquals(nearest("--prot", FLAGS), "--port");
  assertEquals(nearest("--monitor-port", FLAGS), "--monitor-udp-port");
  assertEquals(nearest("--port", ["--host", "--tcp-port", "--udp-port"]), "--tcp-port");
  assertEquals(nearest("--tiemout", FLAGS), "--timeout");
  assertEquals(nearest("--frobnicate", FLAGS), undefined);
  assertEquals(nearest("lst", ["ls", "get", "stat"]), "ls");
  assertEquals(nearest("x", ["ls", "get", "stat"]), undefined);
  assertEquals(nearest("x", []), undefined);
});
