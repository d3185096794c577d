import { assertEquals, assertMatch } from "@std/assert";
import { changeOrder, lookOrder, receiveCommand, reportOrder } from "./orders.ts";

const LIBRARY = "# library";

Deno.test("orders are one function that is called at the very end, with every word quoted", () => {
  assertEquals(
    changeOrder(LIBRARY, "it's here", [["stop", "index", "5"], ["up", "a b", "$x\n'y'"]]),
    `# library
job() {
  open_folder './it'\\''s here'
  lock
  install_self '# library'
  stop 'index' '5'
  up 'a b' '$x
'\\''y'\\'''
  sweep
  tell done
}
job
`,
  );
  assertEquals(
    lookOrder(LIBRARY, "/srv/cdn", [["logs", "index", "20"]]),
    "# library\njob() {\n  open_folder '/srv/cdn'\n  logs 'index' '20'\n  tell done\n}\njob\n",
  );
});

Deno.test("reportOrder() says what a report may do", () => {
  const calls = [true, false].map((may) =>
    reportOrder(LIBRARY, "-x", { checksPrograms: may, mayLinger: !may }).split("\n")[2]
  );
  assertEquals(calls, ["  report './-x' 'check' '-'", "  report './-x' '-' 'allow'"]);
});

Deno.test("receiveCommand() is one line that any login shell passes on", () => {
  const command = receiveCommand({ folder: "~", program: "microcdn-index-ab", sha256: "ab" });
  assertMatch(command, /^sh -c '[^\n!]+' 'sh' '\.\/~' 'ab' 'microcdn-index-ab'$/);
});
