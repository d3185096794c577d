import { assertEquals, assertThrows } from "@std/assert";
import { replaceSection } from "./marked_section.ts";

const DOCUMENT = `# Title

Prose.

<!-- bench: begin -->

old
table

<!-- bench: end -->

More prose.
`;

Deno.test("replaceSection() replaces what is between the marks, and nothing else", () => {
  const replaced = replaceSection(DOCUMENT, "bench", ["", "new", "", "lines", ""]);
  assertEquals(replaced, DOCUMENT.replace("old\ntable", "new\n\nlines"));
  assertEquals(replaceSection(replaced, "bench", ["old", "table"]), DOCUMENT);
});

Deno.test("replaceSection() refuses a document without both marks, once each and in order", () => {
  const [begin, end] = ["<!-- bench: begin -->", "<!-- bench: end -->"];
  for (const document of ["", begin, end, `${end}${begin}`, `${begin}${begin}${end}`, `${begin}${end}${end}`]) {
    assertThrows(() => replaceSection(document, "bench", []), RangeError, "once each");
  }
});
