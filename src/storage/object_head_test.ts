import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { headBytesFor, MAX_HEAD_BYTES, type ObjectHead, readHead, readHeadBytes, writeHead } from "./object_head.ts";

const HEAD: ObjectHead = {
  name: "a/\u00e4\n\u{1f600}",
  object: {
    hash: 'h"\\\u0000',
    timestamp: "t",
    sha256: "f".repeat(64),
    generation: Number.MAX_SAFE_INTEGER,
    sizeBytes: Number.MAX_SAFE_INTEGER,
    modifiedMs: Number.MAX_SAFE_INTEGER,
  },
  body: { blockBytes: 131_072, blocks: "e".repeat(64) },
};

Deno.test("readHead() reads what writeHead() wrote", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string(), fc.string(), (name, hash, timestamp) => {
    const head = { ...HEAD, name, object: { ...HEAD.object, hash, timestamp } };
    const headBytes = headBytesFor(head);
    const bytes = writeHead(head, headBytes);
    assertEquals([bytes.length, bytes.length % 512, readHeadBytes(bytes)], [headBytes, 0, headBytes]);
    assertEquals(readHead(bytes), { ...head, headBytes });
  }));
});

Deno.test("headBytesFor() has room for the longest names and hashes, and refuses longer ones", () => {
  const longest = {
    name: "\u0001".repeat(1_024),
    object: { hash: "\u0001".repeat(128), timestamp: "\u0001".repeat(64) },
  };
  assert(headBytesFor(longest, 400) <= MAX_HEAD_BYTES);
  assertThrows(() => headBytesFor({ ...longest, name: "x".repeat(20_000) }), RangeError, "too long");
});

Deno.test("readHead() notices a change of any bit, and an end that came early", () => {
  const bytes = writeHead(HEAD, headBytesFor(HEAD));
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at]! ^= 1 << (at % 8);
    assertEquals(readHead(changed), undefined, `${at}`);
    if (at % 50 === 0) assertEquals(readHead(bytes.subarray(0, at)), undefined);
  }
});

Deno.test("readHead() throws at nothing", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => void readHead(bytes)));
});
