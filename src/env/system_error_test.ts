import { assertEquals, assertStrictEquals } from "@std/assert";
import { FileError, type FileErrorCode } from "./files.ts";
import { toFileError } from "./system_error.ts";

const CODES: readonly (readonly [systemCode: string, code: FileErrorCode])[] = [
  ["ENOENT", "not-found"],
  ["ENOTDIR", "not-found"],
  ["EEXIST", "exists"],
  ["EISDIR", "not-a-file"],
  ["ELOOP", "not-a-file"],
  ["EACCES", "denied"],
  ["EROFS", "denied"],
  ["ENOSPC", "full"],
  ["EDQUOT", "full"],
  ["EFBIG", "full"],
  ["EMFILE", "exhausted"],
  ["ENAMETOOLONG", "invalid-name"],
  ["EIO", "other"],
];

for (const [systemCode, code] of CODES) {
  Deno.test(`toFileError() makes ${systemCode} "${code}" and keeps the cause`, () => {
    const cause = Object.assign(new Error("disk on fire"), { code: systemCode });
    const error = toFileError(cause, "open a.txt");
    assertEquals(error.code, code);
    assertStrictEquals(error.cause, cause);
  });
}

Deno.test("toFileError() reads what is not known by its message", () => {
  const cause = Object.assign(new Error("disk on fire"), { code: "EIO" });
  assertEquals(toFileError(cause, "open a.txt").message, "Cannot open a.txt: disk on fire");
});

Deno.test("toFileError() knows Deno's errors that have no code, and lets an action give a code a meaning", () => {
  assertEquals(toFileError(new Deno.errors.NotCapable("no"), "open a.txt").code, "denied");
  assertEquals(toFileError(new Error("File too large (os error 27)"), "write a.txt").code, "full");
  assertEquals(toFileError(new Error("odd (os error 27)"), "write a.txt").code, "other");
  const noSpace = Object.assign(new Error("no"), { code: "ENOSPC" });
  assertEquals(toFileError(noSpace, "watch a", { ENOSPC: "exhausted" }).code, "exhausted");
});

Deno.test("toFileError() returns one of ours as it is", () => {
  const error = new FileError("full", "write a.txt");
  assertStrictEquals(toFileError(error, "copy a.txt"), error);
  assertEquals(toFileError("odd", "copy a.txt").code, "other");
});
