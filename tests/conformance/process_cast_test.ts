import { assertEquals, assertThrows } from "@std/assert";
import { splitCommand } from "./process_cast.ts";

Deno.test("splitCommand() splits at blanks, but not within quotes", () => {
  const table: [text: string, words: string[]][] = [
    ["python client.py {file}", ["python", "client.py", "{file}"]],
    ["  a   b  ", ["a", "b"]],
    [`"my program" --name='x "y"'z`, ["my program", `--name=x "y"z`]],
    [`a ""`, ["a", ""]],
  ];
  for (const [text, words] of table) assertEquals(splitCommand(text), words, text);
  for (const bad of ["", "  ", `a "b`, "'"]) assertThrows(() => splitCommand(bad), RangeError, "command line", bad);
});
