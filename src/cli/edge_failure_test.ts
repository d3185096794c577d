import { assertEquals } from "@std/assert";
import { EdgeClientError, type EdgeClientErrorKind } from "../roles/edge/client_error.ts";
import { explainEdgeError } from "./edge_failure.ts";
import { CommandError } from "./failure.ts";

const ORIGINS = [{ host: "127.0.0.1", port: 8001 }];

Deno.test("explainEdgeError() gives each kind of failure its exit code, and a hint where one helps", () => {
  const away = "Cannot get a: Cannot POST 127.0.0.1:8001/origin/plan: connection refused";
  const cases: ReadonlyArray<readonly [EdgeClientErrorKind, string, exitCode: number, hint: string]> = [
    ["not-found", "Cannot get a: nobody has it", 1, ""],
    ["invalid-name", "Cannot take a file name: it is empty", 2, ""],
    ["network", away, 3, ". Is the origin running? Start it with: deno task cluster edge, or microcdn edge origin"],
    ["network", "Cannot get a: 10.0.0.1:4000: connection refused", 3, ""],
    ["refused", "Cannot remove a: it answers 401: no", 3, ". MICROCDN_TOKEN has to be the token of the servers"],
    ["refused", "Cannot send a: it answers 413: too large", 3, ""],
    ["integrity", "Cannot get a: other bytes", 4, ""],
    ["local", "Cannot get a: no room", 5, ""],
    ["changed", "Cannot send a: it changed meanwhile", 5, ""],
  ];
  for (const [kind, message, exitCode, hint] of cases) {
    const explained = explainEdgeError(new EdgeClientError(kind, message), ORIGINS) as CommandError;
    assertEquals([explained instanceof CommandError, explained.exitCode, explained.message], [
      true,
      exitCode,
      `${message}${hint}`,
    ]);
  }
  const other = new RangeError("x");
  assertEquals(explainEdgeError(other, ORIGINS), other);
});
