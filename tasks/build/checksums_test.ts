import { assertEquals, assertRejects } from "@std/assert";
import { FileError } from "../../src/env/files.ts";
import { parseSums, renderSums, sumOf } from "./checksums.ts";

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Deno.test("renderSums() writes what sha256sum -c reads, by path, and parseSums() reads it back", () => {
  const sums = new Map([["b/c.exe", "0".repeat(64)], ["a b", EMPTY]]);
  const text = `${EMPTY}  a b\n${"0".repeat(64)}  b/c.exe\n`;
  assertEquals(renderSums(sums), text);
  assertEquals(parseSums(text), sums);
  assertEquals(parseSums(`${EMPTY} *a\n# no sum\nabc  d\n\n`), new Map([["a", EMPTY]]));
});

Deno.test("sumOf() is that of the bytes, and says what it cannot read", async () => {
  const path = await Deno.makeTempFile();
  assertEquals(await sumOf(path), EMPTY);
  await Deno.remove(path);
  const error = await assertRejects(() => sumOf(path), FileError);
  assertEquals(error.message, `Cannot read ${path}: no such file or folder`);
});
