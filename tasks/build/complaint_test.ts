import { assertEquals } from "@std/assert";
import { lastLine, readComplaint, reasonOf } from "./complaint.ts";

const UNREACHABLE = `error: Writing deno compile executable to temporary file '/out/a.tmp-1'

Caused by:
    0: Setting up base binary.
    1: error sending request for url (https://host.example/base.zip): client error (Connect): dns error
    2: client error (Connect)
    3: dns error
    4: failed to lookup address information: Name or service not known

Stack backtrace:
   0: <unknown>
`;

Deno.test("readComplaint() and reasonOf() find what failed and the deepest reason", () => {
  const cases: ReadonlyArray<readonly [text: string, what: string, causes: number, reason: string]> = [
    [
      UNREACHABLE,
      "Writing deno compile executable to temporary file '/out/a.tmp-1'",
      5,
      "failed to lookup address information: Name or service not known",
    ],
    [
      "Check a.ts\nerror: Writing\n\nCaused by:\n    0: Writing binary bytes\n    1: I/O error: No space left on device (os error 28)\n",
      "Writing",
      2,
      "no space left on device",
    ],
    [
      "error: No such file or directory (os error 2)\n",
      "No such file or directory (os error 2)",
      0,
      "no such file or directory",
    ],
    ["error: A\n\nCaused by:\n    why it is so\n", "A", 1, "why it is so"],
    ["error: Type checking failed.\n", "Type checking failed.", 0, "Type checking failed."],
    ["one\ntwo\n\n", "two", 0, "two"],
    ["", "it says nothing", 0, "it says nothing"],
  ];
  for (const [text, what, causes, reason] of cases) {
    const complaint = readComplaint(text);
    assertEquals([complaint.what, complaint.causes.length, reasonOf(complaint)], [what, causes, reason]);
  }
});

Deno.test("lastLine() passes over blank lines", () => {
  assertEquals(lastLine("a\n b \n\n  \n"), "b");
});
