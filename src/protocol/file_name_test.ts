import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import {
  canonicalFileName,
  decodeFileName,
  encodeFileName,
  fileNameReadings,
  MAX_FILE_NAME_BYTES,
} from "./file_name.ts";

/** Names and their canonical forms, each the other's image. */
const NAMES: [name: string, canonical: string][] = [
  ["hello.txt", "hello.txt"],
  ["a/b/c", "a/b/c"],
  ["a b", "a%20b"],
  ["a%20b", "a%2520b"],
  ["100%", "100%25"],
  ["%", "%25"],
  ["%zz", "%25zz"],
  [" ", "%20"],
  ["..", ".."],
  ["../../etc/passwd", "../../etc/passwd"],
  ["a\0b", "a%00b"],
  ["a\tb\r\n", "a%09b%0D%0A"],
  ["\x7f", "%7F"],
  ["\x80", "%C2%80"],
  ["Größe 1.txt", "Gr%C3%B6%C3%9Fe%201.txt"],
  ["\u00e9", "%C3%A9"],
  ["e\u0301", "e%CC%81"],
  ["\uFEFFa", "%EF%BB%BFa"],
  ["a\uFEFF", "a%EF%BB%BF"],
  ["\uFFFD", "%EF%BF%BD"],
  ["😀", "%F0%9F%98%80"],
  ["+&?#\"'\\<>~", "+&?#\"'\\<>~"],
];

Deno.test("encodeFileName() writes the canonical form, and decodeFileName() undoes it", () => {
  for (const [name, canonical] of NAMES) {
    assertEquals(encodeFileName(name), canonical, name);
    assertEquals(decodeFileName(canonical), name, canonical);
    assertEquals(canonicalFileName(canonical), canonical, canonical);
  }
});

Deno.test("encodeFileName() writes visible ASCII only, and different names differently", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 });
  fc.assert(fc.property(name, name, (a, b) => {
    assertMatch(encodeFileName(a), /^[!-~]+$/);
    assertEquals(decodeFileName(encodeFileName(a)), a);
    if (a !== b) assertNotEquals(encodeFileName(a), encodeFileName(b));
  }));
});

Deno.test("encodeFileName() takes half of a surrogate pair for U+FFFD, as UTF-8 does", () => {
  for (const name of ["\ud83d", "\ude00", "\ud83d.txt", "\ude00\ud83d"]) {
    assertEquals(encodeFileName(name), encodeFileName(name.replace(/[\ud800-\udfff]/g, "\uFFFD")), name);
  }
});

Deno.test("encodeFileName() keeps composed and decomposed letters apart", () => {
  assertEquals("\u00e9".normalize("NFD"), "e\u0301");
  assertNotEquals(encodeFileName("\u00e9"), encodeFileName("e\u0301"));
});

Deno.test("decodeFileName() refuses a % that stands for nothing, and bytes that are not UTF-8", () => {
  const bad = ["%", "a%", "%2", "%zz", "%2g", "%%20", "100%", "%FF", "%C3", "%C3x%A9", "%C3é", "%ED%A0%80", "%C0%AF"];
  for (const text of bad) assertEquals(decodeFileName(text), undefined, text);
  assertEquals(decodeFileName("%C3%A9"), "é", "after what was refused");
});

Deno.test("decodeFileName() takes either case, needless encodings, and raw characters between", () => {
  const table: [text: string, name: string][] = [
    ["%c3%a9", "é"],
    ["%61%2Fb", "a/b"],
    ["%2e%2e", ".."],
    ["é%20é", "é é"],
    ["%25%32%30", "%20"],
    ["%2520", "%20"],
    ["%00", "\0"],
    ["", ""],
  ];
  for (const [text, name] of table) assertEquals(decodeFileName(text), name, text);
});

Deno.test("canonicalFileName() gives one form to all ways of writing a name", () => {
  for (const text of ["a b", "a%20b", "%61%20%62"]) assertEquals(canonicalFileName(text), "a%20b", text);
  for (const text of ["é", "%c3%a9", "%C3%A9"]) assertEquals(canonicalFileName(text), "%C3%A9", text);
  for (const text of ["50%", "50%25"]) assertEquals(canonicalFileName(text), "50%25", text);
});

Deno.test("canonicalFileName() refuses an empty name and one over 4096 bytes", () => {
  assertEquals(MAX_FILE_NAME_BYTES, 4096);
  assertEquals(canonicalFileName(""), undefined);
  assertEquals(canonicalFileName("x".repeat(4096))?.length, 4096);
  assertEquals(canonicalFileName("x".repeat(4097)), undefined);
  assertEquals(canonicalFileName("é".repeat(682))?.length, 4092);
  assertEquals(canonicalFileName("é".repeat(683)), undefined);
});

Deno.test("canonicalFileName() is its own canonical form, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
    const canonical = canonicalFileName(text)!;
    assertMatch(canonical, /^[!-~]+$/);
    assertEquals(canonicalFileName(canonical), canonical);
  }));
});

Deno.test("fileNameReadings() lists the encoded reading first, then the raw one", () => {
  const table: [text: string, readings: string[]][] = [
    ["hello.txt", ["hello.txt"]],
    ["a b", ["a%20b"]],
    ["a%20b", ["a%20b", "a%2520b"]],
    ["%41", ["A", "%2541"]],
    ["100%", ["100%25"]],
    ["100%25", ["100%25", "100%2525"]],
    ["%FF", ["%25FF"]],
    ["%2e%2e/x", ["../x", "%252e%252e/x"]],
    ["", []],
    ["x".repeat(4097), []],
    ["%41".repeat(1000), ["A".repeat(1000)]],
  ];
  for (const [text, readings] of table) assertEquals(fileNameReadings(text), readings, text);
});

Deno.test("fileNameReadings() finds every name as sent raw and as sent encoded", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (name) => {
    const canonical = encodeFileName(name);
    assertEquals(fileNameReadings(name).includes(canonical), true);
    assertEquals(fileNameReadings(canonical)[0], canonical);
  }));
});
