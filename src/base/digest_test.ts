import { assertEquals } from "@std/assert";
import { sha256 } from "./digest.ts";

const encoder = new TextEncoder();

Deno.test("sha256() gives the known digests of FIPS 180-2", () => {
  const table = [
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ];
  for (const [text, expected] of table) {
    const digest = sha256();
    for (const byte of encoder.encode(text)) digest.update(Uint8Array.of(byte));
    assertEquals(digest.hex(), expected);
  }
});

Deno.test("Digest.copy() goes on by itself", () => {
  const digest = sha256();
  digest.update(encoder.encode("ab"));
  const copy = digest.copy();
  digest.update(encoder.encode("x"));
  copy.update(encoder.encode("c"));
  assertEquals(copy.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  digest.hex();
});
