import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkEdgeName, INVALID_NAME, MAX_EDGE_NAME_BYTES, readEdgePath, writeEdgePath } from "./edge_name.ts";
import { ProtocolError } from "./protocol_error.ts";

Deno.test("readEdgePath() reads the name that was meant", () => {
  const table: [path: string, name: string][] = [
    ["test.txt", "test.txt"],
    ["a%20b/c", "a b/c"],
    ["a+b", "a+b"],
    ["50%25", "50%"],
    ["%3F%23%5B%5D", "?#[]"],
    ["Gr%C3%B6%C3%9Fe", "Größe"],
    ["%F0%9F%98%80", "😀"],
    ["a%2Fb", "a/b"],
    ["line%0D%0Afeed", "line\r\nfeed"],
    ["...", "..."],
    ["..a/.b", "..a/.b"],
    ["a\\..\\b", "a\\..\\b"],
    ["C:", "C:"],
    // Composed and decomposed are two names.
    ["%C3%A9", "\u00e9"],
    ["e%CC%81", "e\u0301"],
    ["x".repeat(MAX_EDGE_NAME_BYTES), "x".repeat(MAX_EDGE_NAME_BYTES)],
  ];
  for (const [path, name] of table) {
    assertEquals(readEdgePath(path), name);
    assertEquals(readEdgePath(writeEdgePath(name)), name);
  }
});

Deno.test("readEdgePath() refuses what is no name, and says why", () => {
  const table: [path: string, reason: string][] = [
    ["", "it is empty"],
    ["/etc/passwd", 'it begins or ends with "/", or has "//" in it'],
    ["a/", 'it begins or ends with "/", or has "//" in it'],
    ["a//b", 'it begins or ends with "/", or has "//" in it'],
    ["..", 'it has a part ".."'],
    ["a/../b", 'it has a part ".."'],
    ["a/%2e%2E/b", 'it has a part ".."'],
    ["a%2F..%2Fb", 'it has a part ".."'],
    ["./a", 'it has a part "."'],
    ["a%00b", "it holds a NUL character"],
    ["a%", "it is not percent-encoded UTF-8"],
    ["a%zz", "it is not percent-encoded UTF-8"],
    ["%FF", "it is not percent-encoded UTF-8"],
    ["%C0%AF", "it is not percent-encoded UTF-8"],
    ["%ED%A0%80", "it is not percent-encoded UTF-8"],
    ["Größe", "it is not percent-encoded UTF-8"],
    ["\u{1f600}", "it is not percent-encoded UTF-8"],
    ["x".repeat(MAX_EDGE_NAME_BYTES + 1), "it has over 1024 bytes"],
    ["%C3%B6".repeat(MAX_EDGE_NAME_BYTES / 2) + "x", "it has over 1024 bytes"],
  ];
  for (const [path, reason] of table) {
    const error = assertThrows(() => readEdgePath(path), ProtocolError, `Cannot take a file name: ${reason}`);
    assertEquals(error.code, INVALID_NAME);
  }
});

Deno.test("checkEdgeName() takes a name of JSON as it is, percent signs and all", () => {
  assertEquals(checkEdgeName("a%20b"), "a%20b");
  assertEquals(checkEdgeName("50%"), "50%");
  assertThrows(() => checkEdgeName("a/../b"), ProtocolError, '".."');
  assertThrows(() => checkEdgeName("\ud800"), ProtocolError, "it is not Unicode");
});

Deno.test("readEdgePath(writeEdgePath(name)) is the name, whatever it is", () => {
  const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== "..");
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
    const name = parts.join("/");
    const path = writeEdgePath(name);
    assertEquals(readEdgePath(path), name);
    // It stands as it is in a request line, and no parser of URLs makes anything else of it.
    assertEquals(new URL(`http://host/get/${path}`).pathname, `/get/${path}`);
  }));
});
