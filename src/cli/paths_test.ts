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
  for (const [name, expected] of cases) assertEquals(baseName(name), expected, name);
});
