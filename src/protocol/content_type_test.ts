import { assertEquals } from "@std/assert";
import { contentTypeOf, UNKNOWN_CONTENT_TYPE } from "./content_type.ts";

Deno.test("contentTypeOf() goes by the end of the name", () => {
  const table: [name: string, type: string][] = [
    ["index.html", "text/html; charset=utf-8"],
    ["A/B.HTM", "text/html; charset=utf-8"],
    ["test.txt", "text/plain; charset=utf-8"],
    ["app.js", "text/javascript; charset=utf-8"],
    ["app.js.map", "application/json"],
    ["archive.tar.gz", "application/gzip"],
    ["photo.jpeg", "image/jpeg"],
    ["icon.svg", "image/svg+xml"],
    ["live/part1.ts", "video/mp2t"],
    ["README", UNKNOWN_CONTENT_TYPE],
    ["a.unheard-of", UNKNOWN_CONTENT_TYPE],
    ["a.txt/b", UNKNOWN_CONTENT_TYPE],
    [".html", UNKNOWN_CONTENT_TYPE],
    ["folder/.html", UNKNOWN_CONTENT_TYPE],
    ["a.", UNKNOWN_CONTENT_TYPE],
    ["a.html ", UNKNOWN_CONTENT_TYPE],
    ["a.constructor", UNKNOWN_CONTENT_TYPE],
    ["", UNKNOWN_CONTENT_TYPE],
  ];
  for (const [name, type] of table) assertEquals(contentTypeOf(name), type, name);
});
