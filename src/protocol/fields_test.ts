import { assertEquals } from "@std/assert";
import { MAX_SERVER_ID_BYTES, readCount, readHost, readPort, readServerId, readSha256 } from "./fields.ts";

/** What looks like a number to some languages and is none on the wire. */
const NO_NUMBERS = [
  "",
  " ",
  "-1",
  "+1",
  "1e3",
  "1.0",
  "1.",
  ".5",
  "0x10",
  "7x",
  "x7",
  "1_000",
  "1,000",
  " 1",
  "1 ",
  "\t1",
  "1\t",
  "1\r",
  "1\n",
  "1\0",
  "NaN",
  "Infinity",
  "null",
  "١",
  "１",
  "1n",
];

Deno.test("readCount() reads whole numbers from 0 to 2^53 - 1, leading zeros included", () => {
  const good: [word: string, count: number][] = [
    ["0", 0],
    ["1", 1],
    ["007", 7],
    ["0000000000000000", 0],
    ["65536", 65_536],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ];
  for (const [word, count] of good) assertEquals(readCount(word), count, word);
});

Deno.test("readCount() takes nothing else for a number", () => {
  const tooLarge = ["9007199254740992", "9007199254740993", "9999999999999999", "00000000000000001", "1".repeat(400)];
  for (const word of [...NO_NUMBERS, ...tooLarge]) assertEquals(readCount(word), undefined, JSON.stringify(word));
  assertEquals(readCount(undefined), undefined);
});

Deno.test("readPort() reads 1 to 65535 and nothing else", () => {
  for (const [word, port] of [["1", 1], ["07001", 7001], ["65535", 65_535]] as const) {
    assertEquals(readPort(word), port);
  }
  for (const word of [...NO_NUMBERS, "0", "00", "65536", "70000", "9007199254740992"]) {
    assertEquals(readPort(word), undefined, JSON.stringify(word));
  }
  assertEquals(readPort(undefined), undefined);
});

Deno.test("readServerId() reads 1 to 128 visible ASCII characters", () => {
  for (const id of ["CS1", "!", "~", "a/b:c%20", "x".repeat(MAX_SERVER_ID_BYTES)]) assertEquals(readServerId(id), id);
  const bad = [
    "",
    "x".repeat(MAX_SERVER_ID_BYTES + 1),
    "a b",
    "a\tb",
    "a\r",
    "a\n",
    "a\0",
    "\x7f",
    "é",
    "a\u00a0",
    "😀",
  ];
  for (const id of bad) assertEquals(readServerId(id), undefined, JSON.stringify(id));
  assertEquals(readServerId(undefined), undefined);
});

Deno.test("readHost() reads names and addresses without brackets, at most 255 characters", () => {
  const good = ["127.0.0.1", "::1", "fe80::1%eth0", "cs1.lab", "my_host-2", "a".repeat(255)];
  for (const host of good) assertEquals(readHost(host), host);
  const bad = ["", "a".repeat(256), "[::1]", "a b", "a/b", "a\r", "a\n", "a\0", "höst", "a,b", "a@b"];
  for (const host of bad) assertEquals(readHost(host), undefined, JSON.stringify(host));
  assertEquals(readHost(undefined), undefined);
});

Deno.test("readSha256() reads sha256: and 64 lower-case hex digits", () => {
  const hex = "0123456789abcdef".repeat(4);
  assertEquals(readSha256(`sha256:${hex}`), hex);
  const bad = ["", hex, "sha256:", `sha256:${hex}0`, `sha256:${hex.slice(1)}`, `sha256:${hex.toUpperCase()}`];
  const odd = [`SHA256:${hex}`, `md5:${hex}`, ` sha256:${hex}`, `sha256:${hex}\n`, `sha256: ${hex.slice(1)}`];
  for (const word of [...bad, ...odd]) assertEquals(readSha256(word), undefined, JSON.stringify(word));
  assertEquals(readSha256(undefined), undefined);
});
