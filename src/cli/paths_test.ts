import { assertEquals } from "@std/assert";
import { baseName, isAbsolute, userPath } from "./paths.ts";

Deno.test("userPath() starts where the user is", () => {
  const at = (folder?: string): { variable: (name: string) => string | undefined } => ({
    variable: (name) => name === "INIT_CWD" ? folder : undefined,
  });
  assertEquals(userPath(at("/home/ann"), "content"), "/home/ann/content");
  assertEquals(userPath(at("/home/ann/"), "../bob"), "/home/ann/../bob");
  assertEquals(userPath(at("/home/ann"), "/srv"), "/srv");
  assertEquals(userPath(at("C:\\ann"), "D:\\srv"), "D:\\srv");
  assertEquals(userPath(at(), "content"), "content");
  assertEquals(userPath(at(""), "content"), "content");
});

Deno.test("isAbsolute() knows roots, drives and shares", () => {
  for (const path of ["/a", "C:\\a", "c:/a", "\\\\server\\a"]) assertEquals(isAbsolute(path), true, path);
  for (const path of ["a", "./a", "../a", "C:a", "", "~/a"]) assertEquals(isAbsolute(path), false, path);
});

Deno.test("baseName() is a name in the folder itself, or none", () => {
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ["hello.txt", "hello.txt"],
    ["a/b/c.txt", "c.txt"],
    ["..\\..\\evil.txt", "evil.txt"],
    ["a/", undefined],
    ["..", undefined],
    ["a/..", undefined],
    [".", undefined],
    ["", undefined],
    [".hidden", ".hidden"],
  ];
  for (const isWindows of [false, true]) {
    for (const [name, expected] of cases) assertEquals(baseName(name, { isWindows }), expected, name);
  }
});

Deno.test("baseName() is none on Windows if that would read another place in it", () => {
  const misread = [
    "C:x",
    "a:b",
    "a/C:",
    "NUL",
    "con",
    "aux.txt",
    "COM1",
    "lpt9.log",
    "NUL .txt",
    "CONOUT$",
    "COM\u00b9",
  ];
  for (const name of [...misread, "x.", "x ", "...", "a?", "a*", "a\x1b"]) {
    assertEquals(baseName(name, { isWindows: true }), undefined, name);
    assertEquals(baseName(name, { isWindows: false }), name.split("/").at(-1), name);
  }
  for (const name of ["console", "nul-1", "com", "COM10", ".x", "a b.c", "Größe 1.txt"]) {
    assertEquals(baseName(name, { isWindows: true }), name);
  }
});
