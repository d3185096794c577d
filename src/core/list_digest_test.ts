import { assertEquals, assertNotEquals } from "@std/assert";
import { sha256 } from "../base/digest.ts";
import type { FileEntry } from "../protocol/cdn.ts";
import { ListDigest } from "./list_digest.ts";

function digestOf(files: readonly FileEntry[]): string {
  const digest = new ListDigest();
  for (const file of files) digest.add(file);
  return digest.hex();
}

/** SHA-256 of a whole text. */
function sha256Of(text: string): string {
  const digest = sha256();
  digest.update(new TextEncoder().encode(text));
  return digest.hex();
}

Deno.test("ListDigest is the SHA-256 that PROTOCOL.md describes", () => {
  assertEquals(digestOf([]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const files = [{ name: "hello.txt", sizeBytes: 6 }, { name: "a%20b", sizeBytes: 0 }];
  assertEquals(digestOf(files), sha256Of("hello.txt 6\na%20b 0\n"));
});

Deno.test("ListDigest is the same however long the list is that it is made of", () => {
  const files = Array.from({ length: 2_000 }, (_, at) => ({ name: `folder/file-${at}.bin`, sizeBytes: at * 7 }));
  assertEquals(digestOf(files), sha256Of(files.map(({ name, sizeBytes }) => `${name} ${sizeBytes}\n`).join("")));
});

Deno.test("ListDigest tells lists apart by names, lengths, order and repetition", () => {
  const a = { name: "a", sizeBytes: 1 };
  const b = { name: "b", sizeBytes: 1 };
  const all = [[a, b], [b, a], [a], [a, a], [a, { ...b, sizeBytes: 11 }], [{ name: "a1", sizeBytes: 1 }, b], []];
  assertEquals(new Set(all.map(digestOf)).size, all.length);
  assertNotEquals(digestOf([{ name: "a", sizeBytes: 11 }]), digestOf([{ name: "a1", sizeBytes: 1 }]));
});
