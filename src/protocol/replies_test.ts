import { assertEquals } from "@std/assert";
import { encodeError, parseError } from "./replies.ts";

Deno.test("parseError() tells an error reply from all others", () => {
  const table: [line: string, code: string | undefined][] = [
    ["ERROR FILE_NOT_FOUND", "FILE_NOT_FOUND"],
    ["ERROR not today", "not today"],
    ["ERROR", ""],
    ["ERROR ", ""],
    ["ERRORS", undefined],
    ["error x", undefined],
    [" ERROR x", undefined],
    ["OK 5", undefined],
    ["", undefined],
  ];
  for (const [line, code] of table) assertEquals(parseError(line), code, line);
});

Deno.test("encodeError() writes an error reply as the contract says", () => {
  assertEquals(encodeError("FILE_NOT_FOUND"), "ERROR FILE_NOT_FOUND");
});
