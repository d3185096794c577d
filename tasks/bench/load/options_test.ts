import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/cli/usage_error.ts";

import { httpTarget, lineTarget, targetArgs } from "./generator.ts";
import { readLoadOptions, unescapeText } from "./options.ts";

Deno.test("readLoadOptions() reads what targetArgs() writes", () => {
  const line = readLoadOptions(targetArgs(lineTarget(7001, { name: "a%20b", lengthBytes: 14 })));
  assertEquals(
    [line.port, line.request, line.head, line.expect, line.lengthBytes],
    [7001, "GET a%20b\\n", "line", "OK 14\\n", 14],
  );
  const web = readLoadOptions(targetArgs(httpTarget(8080, { name: "big", lengthBytes: 1e9 })));
  assertEquals([web.head, web.expect, web.lengthBytes], ["http", "HTTP/1.", 1e9]);
  const many = readLoadOptions(targetArgs({ port: 5050, request: "", requestsFile: "/f", head: "none", expect: "S" }));
  assertEquals([many.request, many.requestsFile, many.lengthBytes], [undefined, "/f", -1]);
});

Deno.test("readLoadOptions() refuses what makes no sense", () => {
  for (
    const [args, message] of [
      [[], "--port is needed"],
      [["--port", "1"], "--request or --requests is needed"],
      [["--port", "1", "--idle", "x"], 'there are only options, got "x"'],
      [["--port", "1", "--request", "x", "--head", "foot"], "--head must be none or line or http"],
    ] as const
  ) assertThrows(() => readLoadOptions(args), UsageError, message);
});

Deno.test("unescapeText() reads the escapes of C", () => {
  for (
    const [text, expected] of [
      ["", []],
      ["GET a\\n", [71, 69, 84, 32, 97, 10]],
      ["\\r\\n\\t\\\\", [13, 10, 9, 92]],
      ["\\x00\\xfF", [0, 255]],
      ["é", [195, 169]],
    ] as const
  ) assertEquals([...unescapeText(text)], [...expected]);
  for (const text of ["\\", "\\q", "\\x1", "\\xg0"]) assertThrows(() => unescapeText(text), UsageError, "escape");
});
