import { assertEquals, assertThrows } from "@std/assert";
import { formatAddress, isLoopback, isWildcard, parseAddress } from "./address.ts";

Deno.test("parseAddress() reads what formatAddress() writes", () => {
  for (
    const [text, host, port] of [
      ["127.0.0.1:5050", "127.0.0.1", 5050],
      ["cs1.lab:1", "cs1.lab", 1],
      ["a:0", "a", 0],
      ["[::1]:65535", "::1", 65_535],
      ["[fe80::1%eth0]:80", "fe80::1%eth0", 80],
      ["[::ffff:10.0.0.1]:80", "::ffff:10.0.0.1", 80],
    ] as const
  ) {
    assertEquals(parseAddress(text), { host, port });
    assertEquals(formatAddress({ host, port }), text);
  }
});

Deno.test("parseAddress() refuses any other shape", () => {
  for (
    const text of [
      "",
      ":",
      ":80",
      "host",
      "host:",
      "host:65536",
      "host:-1",
      "host:1.5",
      "host:0x10",
      "host:123456",
      "host: 80",
      " host:80",
      "host:80 ",
      "host:80\n",
      "a b:80",
      "::1:80",
      "[::1]",
      "[::1]80",
      "[]:80",
      "[host]:80",
      "[abc]:80",
      "[::1%]:80",
      "http://host:80",
    ]
  ) {
    assertThrows(() => parseAddress(text), RangeError, "Cannot read an address", text);
  }
});

Deno.test("isLoopback() knows this machine's own addresses", () => {
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "::1"]) assertEquals(isLoopback(host), true, host);
  for (const host of ["10.0.0.1", "127.0.0.1.example", "0.0.0.0", "::", "", "x127.0.0.1", "localhost.example"]) {
    assertEquals(isLoopback(host), false, host);
  }
});

Deno.test("isWildcard() knows what stands for every address", () => {
  assertEquals(["0.0.0.0", "::", "127.0.0.1", "", "*"].map(isWildcard), [true, true, false, false, false]);
});
